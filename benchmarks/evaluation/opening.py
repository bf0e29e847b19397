"""Opens the extractor that a command line names."""

from __future__ import annotations

import re
from pathlib import Path

from ganrt.benchmarks.evaluation.extractors import DEFAULT, Extractor, ExtractorOptions
from ganrt.errors import UsageError


def open_extractor(given: str, options: ExtractorOptions) -> Extractor:
    """Opens an extractor.

    Args:
        given: `colour-and-edges-1`; the path of an ONNX file; or `torchvision:NAME:WEIGHTS`, a torchvision
            classifier's name and the path of its weights.

    Raises:
        BadInputFile: the file is missing, damaged or takes or gives something else than pictures and features.
        BackendUnavailable: what runs it is not installed. UsageError: options that are missing or do not fit.
    """
    if given == DEFAULT:
        from ganrt.benchmarks.evaluation.colour_and_edges import ColourAndEdges

        if options != ExtractorOptions(device=options.device, threads=options.threads):
            raise UsageError(f"--normalise, --feature-size and the outputs' names: {DEFAULT} needs none of them")
        return ColourAndEdges()
    if given.startswith("torchvision:"):
        from ganrt.benchmarks.evaluation.torchvision_extractor import open_torchvision

        _, name, weights = [*given.split(":", 2), "", ""][:3]
        if not re.fullmatch(r"[a-z0-9_]+", name) or not weights:
            raise UsageError(f"--features {given}: expected torchvision:NAME:WEIGHTS, as torchvision:resnet50:r50.pth")
        return open_torchvision(name, Path(weights), options)
    if Path(given).suffix.lower() != ".onnx":
        raise UsageError(
            f"--features {given}: expected {DEFAULT}, an .onnx file or torchvision:NAME:WEIGHTS\n"
            "another network: export it with torch.onnx.export, with one image input and one feature output"
        )
    from ganrt.benchmarks.evaluation.onnx_extractor import OnnxExtractor

    return OnnxExtractor(Path(given), options)
