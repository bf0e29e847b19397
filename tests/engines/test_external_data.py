"""No file but the model's own is read for a picture, wherever the model names one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from dcgan_reference import draw
from hostile_onnx import PLACES, external, plant
from onnx import numpy_helper
from tiny_networks import onnx_net
from tiny_onnx import save_tiny, tiny_model, tiny_spec

from ganrt.engines.onnx_file import derived, read_onnx
from ganrt.errors import BadInputFile
from ganrt.exporter.export import export
from ganrt.exporter.foreign.onnx_model import parse
from ganrt.graphs.wire import fields


@pytest.fixture(autouse=True)
def _in_a_folder_with_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("../secret.bin").write_bytes(np.float32(3).tobytes())
    Path("link.bin").symlink_to("../secret.bin")


@pytest.mark.parametrize("place", PLACES)
def test_a_model_file_is_whole(place: str) -> None:
    Path("beside.bin").write_bytes(np.float32(3).tobytes())
    data = plant(tiny_model(tiny_spec()), place, external(location="beside.bin")).SerializeToString()
    path = Path("hostile.onnx")
    path.write_bytes(data)
    refusal = "weight 'elsewhere' lies in another file"
    with pytest.raises(BadInputFile, match=refusal):
        read_onnx(path)
    with pytest.raises(BadInputFile, match=refusal):
        derived(read_onnx(save_tiny(Path("good.onnx"))), data, "merge")


@pytest.mark.parametrize("place", PLACES)
def test_the_same_places_are_searched_for_nan(place: str) -> None:
    nan = numpy_helper.from_array(np.full(1, np.nan, np.float32), "hidden")
    path = Path("nan.onnx")
    path.write_bytes(plant(tiny_model(tiny_spec()), place, nan).SerializeToString())
    with pytest.raises(BadInputFile, match="has local functions" if "function" in place else "'hidden' holds NaN"):
        read_onnx(path)


@pytest.mark.parametrize("within", [False, True], ids=["graph", "graph within"])
def test_operators_of_others_are_refused_in_a_model_file(within: bool) -> None:
    model = tiny_model(tiny_spec())
    node = onnx.helper.make_node("Gelu", ["g"], ["h"], domain="com.microsoft")
    inner = onnx.helper.make_graph([node], "inner", [], [])
    model.graph.node.append(onnx.helper.make_node("If", ["c"], ["h"], then_branch=inner) if within else node)
    onnx.save(model, "foreign.onnx")
    with pytest.raises(BadInputFile, match=r"com.microsoft.Gelu is not an operator of ONNX.*\n.*ganrt export"):
        read_onnx(Path("foreign.onnx"))
    del model.metadata_props[:]  # somebody else's file may have them
    onnx.save(model, "theirs.onnx")
    assert read_onnx(Path("theirs.onnx")).foreign == ("com.microsoft.Gelu",)


def test_local_functions_are_refused_with_the_way_to_inline_them() -> None:
    model = plant(tiny_model(tiny_spec()), "function", numpy_helper.from_array(np.ones(1, np.float32)))
    onnx.save(model, "model.onnx")
    with pytest.raises(BadInputFile, match=r"model.onnx has local functions \(Shift\).*\n.*inline_local_functions"):
        read_onnx(Path("model.onnx"))
    onnx.save(onnx.inliner.inline_local_functions(model), "inlined.onnx")
    assert read_onnx(Path("inlined.onnx")).functions == ()


@pytest.mark.parametrize("place", PLACES)
def test_a_foreign_network_reads_no_file_elsewhere(place: str) -> None:
    """Its weights may lie in a file beside it, and nowhere else."""
    path = Path("foreign.onnx")
    for location in ("../secret.bin", str(Path("../secret.bin").resolve()), "link.bin"):
        data = plant(onnx_net(), place, external(location=location)).SerializeToString()
        path.write_bytes(data)
        refusal = "lie in link.bin, which is a link" if location == "link.bin" else "which is no file beside it"
        with pytest.raises(BadInputFile, match=refusal):
            parse(data, path)
        with pytest.raises(BadInputFile, match=refusal):
            export(path, Path("out.onnx"), sampler=draw)
        assert not Path("out.onnx").exists()


def test_a_field_number_beyond_32_bits_is_refused() -> None:
    """Other readers cut it down to 32 bits: they would see field 13, external data, where this one sees none."""
    key = (13 << 3 | 2) | 1 << 32
    tag = bytes([key & 0x7F | 0x80, *[(key >> shift) & 0x7F | 0x80 for shift in (7, 14, 21)], key >> 28])
    with pytest.raises(ValueError, match="field number"):
        list(fields(memoryview(tag + b"\x00")))
