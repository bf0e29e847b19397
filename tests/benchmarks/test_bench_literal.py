"""The literal peers: the network as its authors wrote it draws what ganrt's export draws, from far more operators."""

import numpy as np
import pytest
from biggan_models import SMALL, library_config, library_model
from cyclegan_models import resnet_state
from safetensors.torch import save_file

from ganrt.benchmarks.inputs import Agreement, make_batches
from ganrt.benchmarks.models import random_biggan_deep
from ganrt.benchmarks.subjects import LITERAL, open_subject, parse_names
from ganrt.benchmarks.subjects.literal_file import literal_file
from ganrt.benchmarks.subjects.protocol import Request
from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import BackendUnavailable
from ganrt.exporter.export import export
from ganrt.runtime.models import resolve_model
from ganrt.runtime.sampling import sampler


@pytest.fixture(scope="module", autouse=True)
def work(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANRT_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def biggan(tmp_path_factory):
    """(checkpoint with spectral norm as the library saves it, its ONNX file)."""
    from biggan_models import save_folder

    folder = tmp_path_factory.mktemp("biggan")
    return _exported(save_folder(folder / "checkpoint", library_model(library_config(SMALL))), folder)


@pytest.fixture(scope="module")
def cyclegan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cyclegan")
    save_file(resnet_state(), folder / "checkpoint.safetensors")
    return _exported(folder / "checkpoint.safetensors", folder, {"height": "24", "width": "16"})


def _exported(checkpoint, folder, settings=None):
    export(checkpoint, folder / "model.onnx", sampler=sampler, settings=settings or {})
    return checkpoint, folder / "model.onnx"


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if "compile" in n else n for n in LITERAL])
@pytest.mark.parametrize("model", ["biggan", "cyclegan"])
def test_a_literal_peer_draws_what_ours_draws(name, model, request):
    checkpoint, path = request.getfixturevalue(model)
    spec = read_onnx(path).spec()
    batches = make_batches(path, spec, 2, seed=1)
    subject = open_subject(name, Request(path, spec, threads=1, device="cpu", batch_size=2, checkpoint=checkpoint))
    agreement = Agreement().with_pictures(subject.run(batches.input(0)), batches.wanted(0))
    subject.close()
    assert agreement.max_error <= 1
    assert np.ptp(batches.wanted(0)) > 100  # a picture, not a flat area that anything would match
