"""Spectral norm in checkpoints: every spelling gives the weights that its own code would use."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_models
import torch
from dcgan_reference import built_from
from emoji_models import cycle_state, generator_state, reference_cycle, reference_generator
from slow_layers import State
from spectral_models import SPELLINGS, with_spectral_norm

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.spectral_norm import fold_iterated, fold_spectral_norm

_FOUR = [(i, j) for i in (0, 1) for j in (0, 1)]
LAYERS = {
    "A": ["linear_bn.0", "upconv1.1", "upconv2.1", "upconv3.1"],
    "D": ["linear_bn.1", "upconv2.1"],
    "deconv": ["deconv1.0", "deconv2.0", "deconv4.0"],
}


def built(tmp_path: Path, state: State) -> Candidate:
    return built_from(tiny_models.save_checkpoint(tmp_path / "G.pkl", state))


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("variant", LAYERS)
def test_the_generator(tmp_path: Path, variant: str, spelling: str) -> None:
    state, plain = with_spectral_norm(generator_state(variant, noise=12), LAYERS[variant], spelling)
    made = built(tmp_path, state)
    z = 2 * torch.rand(3, 12) - 1
    error = (made.module(z) - reference_generator(plain, z)).abs().max()
    assert error <= 1e-5, f"max error {error}"
    note = next(note for note in made.notes if note.startswith("spectral norm of"))
    assert all(layer in note for layer in LAYERS[variant])
    assert ("one power iteration" in note) is (spelling == "wrapper")
    assert f"all {len(state)} keys" in made.certainty


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("up", ["upconv", "deconv"])
def test_the_cycle_generator(tmp_path: Path, up: str, spelling: str) -> None:
    layers = ["conv1.0", "resnet_block.conv_layer.0", "upconv1.1" if up == "upconv" else "deconv1.0"]
    state, plain = with_spectral_norm(cycle_state(up), layers, spelling)
    x = 2 * torch.rand(2, 3, 32, 32) - 1
    assert (built(tmp_path, state).module(x) - reference_cycle(plain, x)).abs().max() <= 1e-5


def test_the_wrapper_iterates_once_and_the_hook_never() -> None:
    """With vectors far from converged the two differ, and so do one and two iterations."""
    weight = torch.randn(6, 5, 3, 3, generator=torch.Generator().manual_seed(0))
    u, v = torch.eye(6)[0], torch.eye(45)[0]
    wrapper = {"a.module.weight_bar": weight, "a.module.weight_u": u, "a.module.weight_v": v}
    hook = {"a.weight_orig": weight, "a.weight_u": u, "a.weight_v": v}
    by_wrapper, by_hook = (fold_spectral_norm(state)[0]["a.weight"] for state in (wrapper, hook))
    matrix = weight.reshape(6, -1).double()
    right = matrix.T @ u.double()  # v of the iteration; sigma is then the norm of W v
    once = (matrix @ (right / right.norm())).norm()
    assert torch.allclose(by_wrapper, (weight / once).float(), rtol=1e-6)
    assert torch.allclose(by_hook, weight / weight[0, 0, 0, 0], rtol=1e-6)
    exact = torch.linalg.matrix_norm(matrix, 2)
    assert abs(exact - once) / exact > 0.05


def test_transposed_layers_are_read_by_columns_only_where_torch_does() -> None:
    weight, u, v = torch.randn(5, 5, 1, 1), torch.rand(5), torch.rand(5)
    state = {"deconv1.0.weight_orig": weight, "deconv1.0.weight_u": u, "deconv1.0.weight_v": v}
    plain = {"other.weight_orig": weight, "other.weight_u": u, "other.weight_v": v}
    matrix = weight[:, :, 0, 0]
    folded, _ = fold_spectral_norm(state | plain, transposed=("deconv",))
    assert torch.allclose(folded["deconv1.0.weight"], weight / (u @ matrix.T @ v), rtol=1e-4)
    assert torch.allclose(folded["other.weight"], weight / (u @ matrix @ v), rtol=1e-4)


def test_biases_come_along() -> None:
    state = {
        "a.module.weight_bar": torch.eye(2),
        "a.module.weight_u": torch.ones(2),
        "a.module.weight_v": torch.ones(2),
    }
    folded, _ = fold_spectral_norm(state | {"a.module.bias": torch.ones(2), "b.bias": torch.zeros(1)})
    assert set(folded) == {"a.weight", "a.bias", "b.bias"}
    assert fold_spectral_norm({"b.bias": torch.zeros(1)})[1] == ()


def refused(state: State, *words: str) -> None:
    with pytest.raises(BadInputFile) as caught:
        fold_spectral_norm(state)
    for word in words:
        assert word in str(caught.value)


def test_what_cannot_be_folded() -> None:
    whole = {"a.weight_orig": torch.ones(2, 3), "a.weight_u": torch.ones(2), "a.weight_v": torch.ones(3)}
    bar = {"b.module.weight_bar": torch.ones(2, 3), "b.module.weight_u": torch.ones(2)}
    refused({"a.weight_orig": torch.ones(2, 3)} | bar, "missing: a.weight_u, a.weight_v, b.module.weight_v")
    refused(whole | {"a.weight": torch.ones(2, 3)}, "unexpected: a.weight")
    refused(whole | {"a.weight_u": torch.ones(3)}, "a.weight_u has shape [3]", "expected [2]")
    refused(whole | {"a.weight_v": torch.ones(2)}, "a.weight_v has shape [2]", "expected [3]")
    refused(whole | {"a.weight_orig": torch.ones(2)}, "a.weight_orig has shape [2]")
    refused(whole | {"a.weight_u": torch.zeros(2)}, "a: its spectral norm is 0", "untrained")


def test_leftovers_of_the_norm_are_unexpected(tmp_path: Path) -> None:
    state = generator_state("A") | {"upconv1.1.weight_u": torch.ones(6)}
    with pytest.raises(BadInputFile, match=r"unexpected: upconv1\.1\.weight_u"):
        built(tmp_path, state)


def test_the_mixin_iterates_once_and_bounds_its_norms() -> None:
    """ajbrock's: v = u W over its norm, sigma = |v W^T|; norms below the epsilon count as the epsilon."""
    weight = torch.randn(6, 5, 3, 3, generator=torch.Generator().manual_seed(0))
    state = {"a.weight": weight, "a.u0": torch.eye(6)[:1], "a.sv0": torch.ones(1), "a.bias": torch.ones(6)}
    folded, notes = fold_iterated(state | {"b.weight": weight, "c.sv0": torch.ones(1)}, 1e-6)
    matrix = weight.reshape(6, -1).double()
    v = matrix[0] / matrix[0].norm()
    assert torch.allclose(folded["a.weight"], (weight / (matrix @ v).norm()).float(), rtol=1e-6)
    assert set(folded) == {"a.weight", "a.bias", "b.weight", "c.sv0"}
    assert torch.equal(folded["b.weight"], weight)
    assert notes[0].startswith("spectral norm of 1 layers folded after one power iteration")
    assert fold_iterated({"b.weight": weight}, 1e-6)[1] == ()
    bounded, _ = fold_iterated(state, 100.0)
    image = matrix @ (matrix[0] / 100)
    assert torch.allclose(bounded["a.weight"], (weight / (image @ image / 100)).float(), rtol=1e-5)


def test_v_of_the_hook_over_channels_last() -> None:
    weight, u, v = torch.randn(2, 3, 2, 2), torch.rand(2), torch.rand(12)
    state = {"a.weight_orig": weight, "a.weight_u": u, "a.weight_v": v}
    sigma = sum(u[o] * weight[o, c, i, j] * v[(2 * i + j) * 3 + c] for o in (0, 1) for c in range(3) for i, j in _FOUR)
    assert torch.allclose(fold_spectral_norm(state, channels_last=True)[0]["a.weight"], weight / sigma, rtol=1e-4)
    assert not torch.allclose(fold_spectral_norm(state)[0]["a.weight"], weight / sigma, rtol=1e-2)


def test_of_many_layers_a_note_says_how_many() -> None:
    one = {"weight_orig": torch.ones(2, 3), "weight_u": torch.ones(2), "weight_v": torch.ones(3)}
    state = {f"a{i}.{key}": tensor for i in range(9) for key, tensor in one.items()}
    assert fold_spectral_norm(state)[1][0].startswith("spectral norm of 9 layers folded")
