"""A torchvision classifier with weights from a file: features are what its last linear layer takes, classes its output.

Nothing is downloaded. The weights are read as data (`ganrt.exporter.readers`), and every key must fit.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.evaluation.extractors import Extractor, ExtractorOptions, Outputs, normalised
from ganrt.errors import BackendUnavailable, BadInputFile, UsageError
from ganrt.spec import ImageInput

_SIDE, _IMAGENET = 224, 1000  # pixels and classes


class TorchClassifier(Extractor):
    """A torch module float [n, 3, h, w] -> [n, k] as extractor."""

    gives_classes = True

    def __init__(self, module: Any, name: str, sha256: str, size: tuple[int, int], options: ExtractorOptions) -> None:
        torch = import_module("torch")
        if options.device == "cuda" and not torch.cuda.is_available():
            raise BackendUnavailable("device 'cuda': this torch finds no CUDA device\nleave --device out")
        self.device = "cuda" if options.device != "cpu" and torch.cuda.is_available() else "cpu"
        if options.threads is not None:
            torch.set_num_threads(options.threads)
        self.name, self.sha256 = name, sha256
        self.takes = ImageInput(height=size[0], width=size[1], channels=3)
        self._normalise = options.normalise or "imagenet"
        self._torch, self._module = torch, module.eval().to(self.device)
        layer, last = last_linear(module)
        last.register_forward_pre_hook(self._keep)
        self.description = f"torch, input ({self._normalise}), features: what '{layer}' takes, classes: its output"

    def run(self, pictures: NDArray[np.uint8]) -> Outputs:
        """See `Extractor.run`."""
        with self._torch.inference_mode():
            source = self._torch.from_numpy(normalised(pictures, self._normalise)).to(self.device)
            classes = self._module(source)
        return Outputs(self._kept.flatten(1).cpu().numpy(), classes.cpu().numpy())

    def _keep(self, _: Any, inputs: tuple[Any, ...]) -> None:
        self._kept = inputs[0].float()


def last_linear(module: Any) -> tuple[str, Any]:
    """The last linear layer and its dotted name.

    Raises:
        UsageError: there is none.
    """
    linear = import_module("torch").nn.Linear
    found = [(name, layer) for name, layer in module.named_modules() if isinstance(layer, linear)]
    if not found:
        raise UsageError("this network has no linear layer, whose input would be the features; give an ONNX file")
    return found[-1]


def open_torchvision(name: str, weights: Path, options: ExtractorOptions) -> TorchClassifier:
    """Opens the torchvision classifier `name` with the weights of a `.pth` or `.safetensors` file.

    Pictures have the size that torchvision states for the network's own weights, unless `options.size` is given.

    Raises:
        BackendUnavailable: torch or torchvision is missing, or the two do not fit together.
        UsageError: torchvision knows no such classifier. BadInputFile: the weights are not its weights.
    """
    models = _models()
    if name not in models.list_models(module=models):
        raise UsageError(f"torchvision:{name}: torchvision knows no classifier of that name, such as resnet50")
    files = import_module("ganrt.exporter.readers.files")
    checkpoint = files.source_of(files.read_file(weights).only())
    layer = f"{last_linear(_network(models, name))[0]}.weight"
    if layer not in checkpoint.tensors:
        raise BadInputFile(f"{weights} holds no weights of {name}: there is no '{layer}' in it")
    module = _network(models, name, num_classes=len(checkpoint.tensors[layer]))
    try:
        module.load_state_dict(dict(checkpoint.tensors))
    except RuntimeError as error:
        first = str(error).partition("\n")[2].strip().partition("\n")[0]
        raise BadInputFile(f"{weights} does not hold the weights of {name}: {first[:160]} ...") from error
    if hasattr(module, "transform_input"):  # torchvision sets it for its own weights, which are what files hold
        module.transform_input = True
    side = getattr(models.get_model_weights(name).DEFAULT.transforms(), "crop_size", [_SIDE])[0]
    return TorchClassifier(module, f"torchvision {name}", checkpoint.sha256, options.size or (side, side), options)


def _network(models: Any, name: str, num_classes: int = _IMAGENET) -> Any:
    # Two networks draw their first weights slowly, and warn that they do, unless told not to.
    quick = {"init_weights": False} if name in ("inception_v3", "googlenet") else {}
    return models.get_model(name, weights=None, num_classes=num_classes, **quick)


def _models() -> Any:
    try:
        return import_module("torchvision.models")
    except (ImportError, RuntimeError) as error:  # RuntimeError: built for another torch
        raise BackendUnavailable(
            f"torchvision is missing, or does not fit the installed torch: {error}\n"
            'install both: pip install "ganrt[export]" torchvision'
        ) from error
