"""ResNet generators and SAGANs: the families against classes of our own with the scripts' names."""

from __future__ import annotations

from pathlib import Path

import pytest
import resnet_models as models
import torch
from dcgan_reference import built_from, draw, said_by
from sources import find_family
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.export import export
from ganrt.spec import Labels, Output

CLOSE = 1e-5
KINDS = {
    "mimicry": (lambda: models.Mimicry(), 0, 6, 32),
    "mimicry, classes": (lambda: models.Mimicry(classes=5), 5, 6, 32),
    "mimicry, SAGAN": (lambda: models.Mimicry(classes=5, attention=True), 5, 6, 32),
    "studiogan": (lambda: models.StudioGAN(), 0, 6, 32),
    "studiogan, classes": (lambda: models.StudioGAN(classes=5), 5, 6, 32),
    "studiogan, attention": (lambda: models.StudioGAN(classes=5, attention=True), 5, 6, 32),
    "studiogan, BigGAN": (lambda: models.StudioGAN(classes=5, embedding=7, attention=True), 5, 12, 32),
    "studiogan, chunks": (lambda: models.StudioGAN(chunks=True), 0, 12, 32),
    "sngan": (models.SNGAN, 0, 6, 16),
    "wgan-gp": (models.WGANGP, 0, 6, 16),
    "sagan-resnet": (lambda: models.ResNetSAGAN(5), 5, 6, 32),
    "sagan": (models.SAGAN, 0, 6, 32),
}


def of_kind(kind: str) -> nn.Module:
    make, classes, dim, _ = KINDS[kind]
    return models.trained(make(), classes=classes, dim=dim)


def saved(path: Path, module: nn.Module) -> Path:
    torch.save({"model_state_dict": module.state_dict(), "step": 7}, path)
    return path


def drawn(candidate: Candidate, z: Tensor, y: Tensor | None, classes: int) -> Tensor:
    rows = () if y is None else (nn.functional.one_hot(y, classes).float(),)
    return candidate.module(z, *rows)  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", KINDS)
def test_they_draw_what_the_scripts_draw(tmp_path: Path, kind: str) -> None:
    module, (_, classes, dim, side) = of_kind(kind), KINDS[kind]
    made = built_from(saved(tmp_path / "G.pth", module))
    assert made.spec.family == kind.partition(",")[0]
    assert made.spec.latent is not None
    assert made.spec.latent.dim == dim
    assert made.spec.labels == (Labels(count=classes) if classes else None)
    assert made.spec.output == Output(channels=3, height=side, width=side)
    z = torch.randn(4, dim, generator=torch.Generator().manual_seed(5))
    y = torch.tensor([0, 4, 2, 2]) if classes else None
    with torch.no_grad():
        # Some spectral norms iterate in evaluation too: the first pass is the file's.
        wanted = module(z, *(() if y is None else (y,)))
    assert wanted.std() > 0.05, "a flat picture proves nothing"
    error = (drawn(made, z, y, classes) - wanted).abs().max()
    assert error <= CLOSE, f"max error {error}"


@pytest.mark.parametrize(
    ("kind", "option"),
    [("mimicry", {"norm_eps": "0.1"}), ("sngan", {"activation": "leaky_relu:0.2"}), ("wgan-gp", {"last": "sigmoid"})],
)
def test_what_is_assumed_is_listed_and_its_option_changes_the_picture(
    tmp_path: Path, kind: str, option: dict[str, str]
) -> None:
    path = saved(tmp_path / "G.pth", of_kind(kind))
    ((name, _),) = option.items()
    usual, other = built_from(path), built_from(path, option)
    z = torch.randn(2, 6)
    assert f"--{name.replace('_', '-')}" in said_by(usual)
    assert f"--{name.replace('_', '-')}" not in said_by(other)
    assert (usual.module(z) - other.module(z)).abs().max() > 1e-3


def test_classes_or_chunks_is_a_question_only_where_both_fit(tmp_path: Path) -> None:
    chunks = saved(tmp_path / "chunks.pth", of_kind("studiogan, chunks"))
    assert "--labels" in said_by(built_from(chunks))
    assert "--labels" not in said_by(built_from(saved(tmp_path / "c.pth", of_kind("studiogan, classes"))))
    as_classes = built_from(chunks, {"labels": "3"})
    assert as_classes.spec.labels == Labels(count=3)
    assert as_classes.spec.latent is not None
    assert as_classes.spec.latent.dim == 3


def test_mixtures_of_classes_are_mixtures_of_gains(tmp_path: Path) -> None:
    module = of_kind("mimicry, classes")
    assert isinstance(module, models.Mimicry)
    made = built_from(saved(tmp_path / "G.pth", module))
    mixture = torch.tensor([[0.25, 0, 0.75, 0, 0]])
    with torch.no_grad():
        for table in [part for part in module.modules() if isinstance(part, models.Table)]:
            table.embed.weight[1] = mixture[0] @ table.embed.weight
    z = torch.randn(1, 6)
    assert (made.module(z, mixture) - module(z, torch.tensor([1]))).abs().max() <= CLOSE


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_its_own_family_matches(kind: str) -> None:
    assert find_family(of_kind(kind).state_dict()) == kind.partition(",")[0]


@pytest.mark.parametrize(
    ("kind", "key", "said"),
    [
        ("mimicry", "block3.c2.weight", "missing: block3.c2.weight"),
        ("studiogan, classes", "blocks.1.0.bn2.gain.weight", "blocks.1.0.bn2.gain.weight"),
        ("sngan", "model.2.running_var", "model.2.running_var"),
        ("sagan", "attn1.key_conv.bias", "key_conv.bias"),
        ("sagan-resnet", "self_attn.sigma", "self_attn.sigma"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, kind: str, key: str, said: str) -> None:
    state = of_kind(kind).state_dict()
    del state[key]
    torch.save(state, tmp_path / "G.pth")
    with pytest.raises(BadInputFile, match=said):
        built_from(tmp_path / "G.pth", family=kind.partition(",")[0])


def test_a_chain_without_attention_is_no_sagan(tmp_path: Path) -> None:
    chain = {key: tensor for key, tensor in of_kind("sagan").state_dict().items() if not key.startswith("attn")}
    torch.save(chain, tmp_path / "G.pth")
    with pytest.raises(BadInputFile, match="no self-attention: no query_conv"):
        built_from(tmp_path / "G.pth", family="sagan")


@pytest.mark.parametrize(
    ("kind", "key", "shape"),
    [
        ("mimicry", "l1.weight", (100, 6)),
        ("mimicry, classes", "block2.b1.embed.weight", (5, 15)),
        ("mimicry", "c5.weight", (2, 8, 3, 3)),
        ("wgan-gp", "rb1.conv_1.conv.conv.weight", (4, 8, 2, 2)),
        ("studiogan, BigGAN", "shared.weight", (5, 20)),
        ("sagan", "attn2.value_conv.weight", (5, 5, 1, 1)),
    ],
)
def test_odd_shapes_are_refused(tmp_path: Path, kind: str, key: str, shape: tuple[int, ...]) -> None:
    torch.save({**of_kind(kind).state_dict(), key: torch.zeros(shape)}, tmp_path / "G.pth")
    with pytest.raises(BadInputFile):
        built_from(tmp_path / "G.pth", family=kind.partition(",")[0])


def test_blocks_of_a_class_that_nobody_knows_are_no_chain(tmp_path: Path) -> None:
    """Their keys could be read as a chain that doubles the side nine times, and draws something else."""
    names = {"l1": "first", "block": "stage", "c_sc": "shortcut", "b5": "norm", "c5": "out"}
    state = of_kind("mimicry").state_dict()
    for old, new in names.items():
        state = {key.replace(old, new): tensor for key, tensor in state.items()}
    torch.save(state, tmp_path / "G.pth")
    with pytest.raises(BadInputFile, match="stage2, stage3, stage4 are blocks of a class of its own"):
        built_from(tmp_path / "G.pth")


def test_a_chain_makes_huge_pictures_only_where_they_were_asked_for(tmp_path: Path) -> None:
    layers: list[nn.Module] = [nn.Linear(4, 64), nn.Unflatten(1, (4, 4, 4))]
    for _ in range(9):
        layers += [nn.ConvTranspose2d(4, 4, 4, 2, 1), nn.ReLU()]
    torch.save(nn.Sequential(*layers, nn.ConvTranspose2d(4, 3, 3, 1, 1)).state_dict(), tmp_path / "G.pth")
    with pytest.raises(BadInputFile, match="would make pictures of 4096x4096"):
        built_from(tmp_path / "G.pth")
    spec = built_from(tmp_path / "G.pth", {"size": "2048x2048"}).spec
    assert spec.output == Output(channels=3, height=2048, width=2048)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mimicry, SAGAN", "studiogan, BigGAN", "sagan"])
def test_the_whole_export(tmp_path: Path, kind: str) -> None:
    result = export(saved(tmp_path / "G.pth", of_kind(kind)), tmp_path / "g.onnx", sampler=draw)
    assert result.verification.max_error <= 1e-4
