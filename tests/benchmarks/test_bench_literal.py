"""The literal peers: the network as its authors wrote it draws what ganrt's export draws, from far more operators."""

import numpy as np
import onnx
import precision_models
import pytest
import torch
from biggan_models import SMALL, library_config, library_model, save_folder
from cyclegan_models import resnet_state
from safetensors.torch import save_file
from shared import made_once
from sources import read_checkpoint

from ganrt.benchmarks.inputs import Agreement, make_batches
from ganrt.benchmarks.runners import LITERAL, open_runner, parse_names
from ganrt.benchmarks.runners.literal_file import literal_file, main
from ganrt.benchmarks.runners.protocol import Request
from ganrt.benchmarks.runners.reference import reference_module
from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import BackendUnavailable
from ganrt.exporter.export import export
from ganrt.exporter.options import Settings
from ganrt.runtime.models import resolve_model
from ganrt.runtime.sampling import sampler

# Exporting takes a while. literal-torch-compile is literal-torch-eager's module, compiled as torch-compile's is.
CASES = [
    ("biggan", "literal-torch-eager"),
    ("cyclegan", "literal-torch-eager"),
    *(
        pytest.param(*case, marks=pytest.mark.slow)
        for case in (
            ("biggan", "literal-onnxruntime"),
            ("biggan", "literal-openvino"),
            ("cyclegan", "literal-openvino"),
        )
    ),
]


@pytest.fixture(scope="module", autouse=True)
def work(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANRT_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def biggan(tmp_path_factory):
    """(checkpoint with spectral norm as the library saves it, its ONNX file)."""
    folder = tmp_path_factory.mktemp("biggan")
    checkpoint = save_folder(folder / "checkpoint", library_model(library_config(SMALL)))
    return checkpoint, precision_models.exported(folder, "biggan-deep").path  # of the same weights


@pytest.fixture(scope="module")
def cyclegan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cyclegan")
    save_file(resnet_state(blocks=1), folder / "checkpoint.safetensors")
    return _exported(folder / "checkpoint.safetensors", folder, Settings(size=(24, 16)))


def _exported(checkpoint, folder, settings=None):
    path = folder / "model.onnx"

    def make():
        export(checkpoint, folder / "made.onnx", sampler=sampler, settings=settings or Settings())
        return (folder / "made.onnx").read_bytes()

    path.write_bytes(made_once(f"literal-{folder.name.rstrip('0123456789')}.onnx", make))
    return checkpoint, path


def _make_here(request, path):
    main(str(request.model), str(request.checkpoint), str(request.batch_size), str(path))


@pytest.mark.parametrize(("model", "name"), CASES)
def test_a_literal_peer_draws_what_ours_draws(model, name, request, monkeypatch):
    """CycleGAN's literal file is made in a process of its own, as always; BigGAN's in this one, which has torch."""
    if model == "biggan":
        monkeypatch.setattr("ganrt.benchmarks.runners.literal_file._make", _make_here)
    checkpoint, path = request.getfixturevalue(model)
    spec = read_onnx(path).spec()
    batches = make_batches(path, spec, 2, seed=1)
    runner = open_runner(name, Request(path, spec, threads=1, device="cpu", batch_size=2, checkpoint=checkpoint))
    agreement = Agreement().with_pictures(runner.run(batches.input(0)), batches.reference(0))
    runner.close()
    assert agreement.max_error <= 1
    assert np.ptp(batches.reference(0)) > 100  # a picture, not a flat area that anything would match


@pytest.mark.slow
def test_the_literal_export_is_what_the_authors_wrote_and_is_made_once(biggan):
    checkpoint, path = biggan
    request = Request(path, read_onnx(path).spec(), checkpoint=checkpoint, batch_size=2)
    literal = literal_file(request)
    written = literal.stat().st_mtime_ns
    assert literal_file(request).stat().st_mtime_ns == written
    ours, theirs = (onnx.load(file).graph for file in (path, literal))
    colours = [
        [weight for weight in graph.initializer if len(weight.dims) == 4 and weight.dims[0] == 3]
        for graph in (ours, theirs)
    ]
    assert (len(colours[0]), len(colours[1])) == (1, 0)  # the authors' last convolution makes channels that nobody sees


def test_weights_without_spectral_norm_go_into_a_network_that_has_it(biggan, tmp_path):
    from ganrt.exporter.families.spectral_norm import fold_spectral_norm

    checkpoint, path = biggan
    folded, _ = fold_spectral_norm(read_checkpoint(checkpoint).tensors)
    plain = tmp_path / "plain"
    plain.mkdir()
    save_file({key: value.contiguous() for key, value in folded.items()}, plain / "model.safetensors")
    (plain / "config.json").write_bytes((checkpoint / "config.json").read_bytes())
    spec = read_onnx(path).spec()
    with_norm, without = (reference_module(Request(path, spec, checkpoint=made)) for made in (checkpoint, plain))
    z, labels = torch.randn(2, 12), torch.eye(7)[:2]
    with torch.inference_mode():
        error = (with_norm(z, labels) - without(z, labels)).abs().max()
    assert error < 1e-5


def test_literal_names_are_a_group_of_their_own():
    assert parse_names("literal") == list(LITERAL)
    assert not set(LITERAL) & set(parse_names("all"))


@pytest.mark.parametrize(
    ("name", "reason"), [("literal-torch-eager", "no literal peers"), ("literal-openvino", "--checkpoint FILE")]
)
def test_a_network_without_a_reference_or_a_checkpoint_says_so(name, reason):
    path = resolve_model("avatars")
    with pytest.raises(BackendUnavailable, match=reason):
        open_runner(name, Request(path, read_onnx(path).spec(), batch_size=1))
