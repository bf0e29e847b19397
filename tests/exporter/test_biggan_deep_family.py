"""BigGAN-deep against the original library, through the graph in ONNX Runtime; every trap has a test that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest
import torch
from biggan_graphs import traced
from biggan_models import (
    LAYERS,
    ODD,
    SMALL,
    examples,
    library_config,
    library_model,
    library_pictures,
    relative_error,
    save_folder,
)
from numpy.typing import NDArray
from torch import Tensor

from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.resnet.network import Attention, DeepBlock, Generator, Norm, upsample
from ganrt.exporter.families.resnet.network import Statistics as Stored
from ganrt.exporter.families.resnet.reading import channels_first
from ganrt.exporter.graph import build_graph, with_native_output
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import recognise
from ganrt.exporter.session import Session
from ganrt.spec import Labels, Latent, Output, Statistics

TOLERANCE = 1e-4
TRUNCATIONS = np.array([0.1, 0.4, 0.5, 1.0, 0.4, 0.1], np.float32)
Reference = tuple[Path, Any]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    model = library_model(library_config(SMALL))
    return save_folder(tmp_path_factory.mktemp("biggan"), model), model


def built_from(folder: Path, *, frozen: str | None = None, statistics_rule: str | None = None) -> Candidate:
    """With the statistics frozen at a truncation, if one is given."""
    given = {"freeze": f"truncation={frozen}" if frozen else None, "statistics_rule": statistics_rule}
    return recognise(read_file(folder), None, Settings.read(given)).candidate


def session_of(model: ir.Model) -> Session:
    return Session(with_native_output(model))


def drawn(session: Session, z: Tensor, labels: Tensor, truncation: NDArray[np.float32] | None = None) -> Any:
    inputs = {"z": z.numpy(), "labels": labels.numpy()}
    return session.run(inputs if truncation is None else {**inputs, "truncation": truncation})[1]


def expected_of(model: Any, z: Tensor, labels: Tensor) -> Tensor:
    """The library's pictures at `TRUNCATIONS`."""
    return library_pictures(model, z, labels, np.round(TRUNCATIONS.astype(np.float64), 6))


def test_truncation_as_an_input(reference: Reference) -> None:
    _, model = reference
    z, labels = examples(model.config, len(TRUNCATIONS))
    expected = expected_of(model, z, labels)
    session = session_of(traced("biggan-deep"))
    error = relative_error(drawn(session, z, labels, TRUNCATIONS), expected)
    assert error <= TOLERANCE, f"{error:.2e}"
    assert float(expected.std()) > 0.05
    other = drawn(session, z, labels, np.full(len(z), 0.9, np.float32))
    assert relative_error(other, expected) > 0.05


@pytest.mark.parametrize("fields", [SMALL, ODD], ids=["small", "odd"])
def test_any_configuration(fields: dict[str, Any], tmp_path: Path) -> None:
    config = library_config(fields)
    model = library_model(config, seed=1)
    built = built_from(save_folder(tmp_path, model))
    assert (built.spec.family, built.notes) == ("biggan-deep", ("spectral norm folded with the stored u and v",))
    assert built.spec.latent == Latent(dim=config.z_dim, prior="truncated_normal", threshold=2.0, psi_mode="scale")
    assert built.spec.statistics == Statistics(mode="input", low=0.0, high=1.0, default=1.0)
    assert built.spec.output == Output(height=config.output_dim, width=config.output_dim, channels=3)
    assert built.spec.labels == Labels(count=config.num_classes)
    z, labels = examples(config, len(TRUNCATIONS))
    error = relative_error(built.module(z, labels, torch.from_numpy(TRUNCATIONS)), expected_of(model, z, labels))
    assert error <= TOLERANCE, f"{error:.2e}"


@pytest.mark.parametrize("truncation", ["0.45", "0.58", "0.3", "0.333", "0.14", "1"])
def test_frozen_with_the_librarys_own_rule(reference: Reference, truncation: str) -> None:
    folder, model = reference
    built = built_from(folder, frozen=truncation, statistics_rule="library")
    assert (built.spec.statistics.mode, built.spec.statistics.value) == ("frozen", float(truncation))
    z, labels = examples(model.config, 4)
    expected = library_pictures(model, z, labels, np.full(4, float(truncation)))
    pictures = built.module(z, labels)
    assert relative_error(pictures, expected) <= TOLERANCE
    if truncation in ("0.333", "0.58", "0.14"):  # at 0.45, halfway, and on clean rows the rules agree
        linear = built_from(folder, frozen=truncation).module(z, labels)
        assert relative_error(linear, expected) > 100 * TOLERANCE


def test_frozen_and_input_agree_between_two_rows(reference: Reference) -> None:
    folder, model = reference
    z, labels = examples(model.config, 3)
    frozen = built_from(folder, frozen="0.333").module(z, labels)
    given = built_from(folder).module(z, labels, torch.full((3,), 0.333))
    assert relative_error(given, frozen) <= TOLERANCE


def test_folding_keeps_what_spectral_norm_gives(reference: Reference) -> None:
    """The library's own weights after a forward pass, and ours; only three of the last layer's channels are kept."""
    folder, model = reference
    module = built_from(folder).module
    model(*examples(model.config, 1), 1.0)
    used = model.generator.conv_to_rgb.weight
    last = module.output_layer[2]
    assert last.weight.shape == (3, 8, 3, 3)
    assert relative_error(last.weight, used[:3]) <= 1e-6
    for ours, theirs in ((0, 0), (3, 4)):  # the attention counts in theirs
        weight = model.generator.layers[theirs].conv_1.weight
        assert relative_error(module.blocks[ours][0].conv2.weight, weight) <= 1e-6


Trap = Callable[[Generator, pytest.MonkeyPatch], None]


def _norms(module: Generator) -> list[Norm]:
    return [part for part in module.modules() if isinstance(part, Norm)]


def _tables(module: Generator) -> list[Tensor]:
    return [table for part in module.modules() if isinstance(part, Stored) for table in part.buffers()]


def _attention(module: Generator) -> Attention:
    (found,) = (part for part in module.modules() if isinstance(part, Attention))
    return found


def _class_before_z(module: Generator, patch: pytest.MonkeyPatch) -> None:
    module.rules = replace(module.rules, latent_first=False)


def _channels_first(module: Generator, patch: pytest.MonkeyPatch) -> None:
    rows = module.linear.weight.reshape(-1, 4, 4, module.linear.in_features)
    module.linear.weight.copy_(rows.permute(1, 2, 0, 3).flatten(0, 2))


def _no_one_plus(module: Generator, patch: pytest.MonkeyPatch) -> None:
    for norm in _norms(module):
        norm.rules = replace(norm.rules, offset=0.0)


def _another_epsilon(module: Generator, patch: pytest.MonkeyPatch) -> None:
    for norm in _norms(module):
        norm.rules = replace(norm.rules, eps=1e-5)


def _attention_a_block_off(module: Generator, patch: pytest.MonkeyPatch) -> None:
    at = next(i for i, layers in enumerate(module.blocks) if len(layers) > 1)
    module.blocks[at - 1].append(module.blocks[at].pop(1))


def _scaled_attention(module: Generator, patch: pytest.MonkeyPatch) -> None:
    theta = _attention(module).theta
    theta.weight.div_(theta.out_channels**0.5)


def _no_attention(module: Generator, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Attention, "forward", lambda self, x: x)


def _second_half(module: Generator, patch: pytest.MonkeyPatch) -> None:
    right = DeepBlock.forward

    def forward(self: DeepBlock, x: Tensor, *rest: Any) -> Tensor:
        moved = x[:, -self.outputs :] - x[:, : self.outputs]
        return right(self, x, *rest) + (upsample(moved) if self.doubles else moved)

    patch.setattr(DeepBlock, "forward", forward)


def _rows_from_the_other_end(module: Generator, patch: pytest.MonkeyPatch) -> None:
    for table in _tables(module):
        table.copy_(table.flip(0))


def _first_row_at_a_step(module: Generator, patch: pytest.MonkeyPatch) -> None:
    for table in _tables(module):
        table.copy_(table.roll(-1, dims=0))


TRAPS = (
    _class_before_z,
    _channels_first,
    _no_one_plus,
    _another_epsilon,
    _attention_a_block_off,
    _scaled_attention,
    _no_attention,
    _second_half,
    _rows_from_the_other_end,
    _first_row_at_a_step,
)


@pytest.mark.parametrize("trap", [None, *TRAPS], ids=lambda trap: getattr(trap, "__name__", "right"))
def test_each_trap_shows(reference: Reference, trap: Trap | None, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, model = reference
    module = built_from(folder).module
    assert isinstance(module, Generator)
    z, labels = examples(model.config, len(TRUNCATIONS))
    expected = expected_of(model, z, labels)
    if trap is not None:
        trap(module, monkeypatch)
    error = relative_error(module(z, labels, torch.from_numpy(TRUNCATIONS)), expected)
    assert error > 10 * TOLERANCE if trap else error <= TOLERANCE, f"{error:.2e}"


def test_the_order_of_the_first_features_is_that_of_the_checkpoint() -> None:
    """Height, width, channels in the checkpoint; channels, height, width here."""
    rows = torch.arange(16 * 5 * 2).reshape(16 * 5, 2).float()
    ordered = channels_first(rows, 5, 4).reshape(5, 4, 4, 2)
    for y, x, channel in ((0, 0, 0), (1, 2, 3), (3, 3, 4)):
        assert torch.equal(ordered[channel, y, x], rows[(y * 4 + x) * 5 + channel])


@pytest.mark.full_size
def test_the_published_128_pixels(tmp_path: Path) -> None:
    config = library_config({})
    model = library_model(config)
    built = built_from(save_folder(tmp_path, model))
    assert built.spec.output == Output(height=128, width=128, channels=3)
    z, labels = examples(config, 2)
    labels[1] = 0
    labels[1, 947], labels[1, 992] = 0.3, 0.7
    truncation = np.array([0.4, 1.0], np.float32)
    z *= torch.from_numpy(truncation)[:, None]
    expected = library_pictures(model, z, labels, np.round(truncation.astype(np.float64), 6))
    del model
    error = relative_error(drawn(session_of(build_graph(built)), z, labels, truncation), expected)
    assert error <= TOLERANCE, f"{error:.2e}"


def test_the_layers_of_the_helper_are_of_every_kind() -> None:
    assert {(up, before == after) for up, before, after in LAYERS} == {
        (False, True), (True, False), (False, False)
    }  # fmt: skip
