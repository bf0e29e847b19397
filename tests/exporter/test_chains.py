"""Plain chains of layers: state dicts and pickled modules of made-up classes, against those classes themselves."""

from __future__ import annotations

import os
import pickle
import random
import re
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from sources import source
from torch import Tensor, nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.chain import PlainChain
from ganrt.exporter.layers.chain import read_chain
from ganrt.exporter.layers.items import items_of, natural
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.readers.pickles import read_pickle
from ganrt.exporter.recognise import recognise

CLOSE = 1e-5


class Chain(nn.Module):
    """A Sequential under a name of its own, and what happens before it."""

    def __init__(self, *layers: nn.Module, name: str = "main") -> None:
        super().__init__()
        self.add_module(name, nn.Sequential(*layers))

    def forward(self, z: Tensor) -> Tensor:
        (layers,) = self.children()
        return layers(z)  # type: ignore[no-any-return]


def dcgan(activation: nn.Module | None = None, last: nn.Module | None = None, eps: float = 1e-5) -> Chain:
    activation, last = activation or nn.ReLU(), last or nn.Tanh()
    layers: list[nn.Module] = [nn.ConvTranspose2d(6, 8, 4, 1, 0, bias=False), nn.BatchNorm2d(8, eps), activation]
    layers += [nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4, eps), activation, nn.Dropout(0.3)]
    return Chain(nn.Unflatten(1, (6, 1, 1)), *layers, nn.ConvTranspose2d(4, 3, 4, 2, 1), last, name="layers")


class Upsampling(nn.Module):
    """A linear layer, a norm of the picture, and convolutions between upsamplings: two Sequentials."""

    def __init__(self) -> None:
        super().__init__()
        self.l1 = nn.Sequential(nn.Linear(6, 8 * 16))
        self.conv_blocks = nn.Sequential(
            nn.BatchNorm2d(8), nn.Upsample(scale_factor=2), nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8, 0.8),
            nn.LeakyReLU(0.2), nn.Upsample(scale_factor=2), nn.Conv2d(8, 4, 3, padding=1), nn.BatchNorm2d(4, 0.8),
            nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 3, padding=1), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z: Tensor) -> Tensor:
        return self.conv_blocks(self.l1(z).view(-1, 8, 4, 4))  # type: ignore[no-any-return]


class Leading(nn.Module):
    """The second Sequential begins with an upsampling."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(6, 8 * 16))
        self.rest = nn.Sequential(
            nn.Upsample(scale_factor=2), nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.LeakyReLU(0.2),
            nn.Upsample(scale_factor=2), nn.Conv2d(8, 4, 3, padding=1), nn.LeakyReLU(0.2),
            nn.Conv2d(4, 1, 3, padding=1), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z: Tensor) -> Tensor:
        return self.rest(self.first(z).view(-1, 8, 4, 4))  # type: ignore[no-any-return]


class Attributes(nn.Module):
    """Convolutions first and norms after them, ReLU as a function."""

    def __init__(self) -> None:
        super().__init__()
        self.up1, self.up2, self.up3 = (
            nn.ConvTranspose2d(a, b, 4, s, p) for a, b, s, p in ((6, 8, 1, 0), (8, 8, 2, 1), (8, 1, 2, 1))
        )
        self.bn1, self.bn2 = nn.BatchNorm2d(8), nn.BatchNorm2d(8)

    def forward(self, z: Tensor) -> Tensor:
        x = self.bn1(self.up1(z[:, :, None, None])).relu()
        return self.up3(self.bn2(self.up2(x)).relu()).tanh()  # type: ignore[no-any-return]


class Flat(Chain):
    """Linear layers; the picture is the last one's values."""

    def __init__(self) -> None:
        super().__init__(nn.Linear(6, 16), nn.LeakyReLU(0.2), nn.Linear(16, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.2),
                         nn.Linear(64, 192), nn.Tanh(), name="model")  # fmt: skip

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z).view(-1, 3, 8, 8)


class Shuffled(Chain):
    def __init__(self) -> None:
        super().__init__(nn.Linear(6, 8 * 16), nn.Unflatten(1, (8, 4, 4)), nn.Conv2d(8, 16, 3, padding=1),
                         nn.PixelShuffle(2), nn.ReLU(), nn.Conv2d(4, 3, 3, padding=1), nn.Tanh())  # fmt: skip


class Multiplied(Upsampling):
    """Class numbers through an embedding that multiplies z."""

    def __init__(self) -> None:
        super().__init__()
        self.label_emb = nn.Embedding(5, 6)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(z * self.label_emb(labels))


class Branches(nn.Module):
    """z and one-hot classes, each through a layer of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.deconv1_1, self.deconv1_1_bn = nn.ConvTranspose2d(6, 4, 4), nn.BatchNorm2d(4)
        self.deconv1_2, self.deconv1_2_bn = nn.ConvTranspose2d(5, 4, 4), nn.BatchNorm2d(4)
        self.deconv2, self.deconv2_bn = nn.ConvTranspose2d(8, 4, 4, 2, 1), nn.BatchNorm2d(4)
        self.deconv3 = nn.ConvTranspose2d(4, 1, 4, 2, 1)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        given = nn.functional.one_hot(labels, 5).float()[:, :, None, None]
        x = self.deconv1_1_bn(self.deconv1_1(z[:, :, None, None])).relu()
        x = torch.cat([x, self.deconv1_2_bn(self.deconv1_2(given)).relu()], 1)
        return self.deconv3(self.deconv2_bn(self.deconv2(x)).relu()).tanh()  # type: ignore[no-any-return]


class Swapped(nn.Module):
    """Linear branches, that of the classes first in the file, and where they are joined or not."""

    def __init__(self, first: bool = True) -> None:
        super().__init__()
        self.of_classes, self.of_z, self.first = nn.Linear(5, 8), nn.Linear(6, 16), first
        self.fc2, self.fc3 = nn.Linear(24, 32), nn.Linear(32, 64)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        act = nn.LeakyReLU(0.2)
        parts = [act(self.of_classes(nn.functional.one_hot(labels, 5).float())), act(self.of_z(z))]
        x = torch.cat(parts if self.first else parts[::-1], 1)
        return self.fc3(act(self.fc2(x))).tanh().view(-1, 1, 8, 8)  # type: ignore[no-any-return]


class Joined(nn.Module):
    """The same of linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1_1, self.fc1_1_bn, self.fc1_2 = nn.Linear(6, 16), nn.BatchNorm1d(16), nn.Linear(5, 8)
        self.fc2, self.fc3 = nn.Linear(24, 32), nn.Linear(32, 64)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        act = nn.LeakyReLU(0.2)
        x = act(self.fc1_1_bn(self.fc1_1(z)))
        x = torch.cat([x, act(self.fc1_2(nn.functional.one_hot(labels, 5).float()))], 1)
        return self.fc3(act(self.fc2(x))).tanh().view(-1, 1, 8, 8)  # type: ignore[no-any-return]


def trained(network: nn.Module) -> nn.Module:
    """With statistics and weights that no mistake leaves unseen."""
    torch.manual_seed(0)
    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        if name.endswith("running_var") or (name.endswith("weight") and tensor.ndim == 1):
            tensor.data.uniform_(0.5, 1.5)
        elif tensor.is_floating_point():
            tensor.data.normal_(0, 0.4)
    return network.eval().requires_grad_(False)


def read(network: nn.Module, **given: str) -> Candidate:
    return PlainChain().build(source(dict(network.state_dict())), Settings.read(given))


def worst(candidate: Candidate, network: nn.Module, classes: int = 0) -> float:
    z, labels = torch.randn(4, 6), torch.arange(4) % max(classes, 1)
    given = (nn.functional.one_hot(labels, classes).float(),) if classes else ()
    expected = network(z, labels) if classes else network(z)
    made = candidate.module(z, *given)
    assert made.shape == expected.shape
    return float((made - expected).abs().max())


def opened(candidate: Candidate) -> set[str]:
    return {fact.option for fact in candidate.assumptions}


CHAINS: dict[str, tuple[Callable[[], nn.Module], dict[str, str]]] = {
    "as most": (dcgan, {}),
    "upsampling": (Upsampling, {}),
    "leading upsampling": (Leading, {}),
    "attributes": (Attributes, {}),
    "linear layers": (Flat, {"norm_eps": "1e-5"}),
    "pixel shuffle": (Shuffled, {"activation": "relu"}),
}


@pytest.mark.parametrize("name", CHAINS)
def test_state_dicts_of_chains(name: str) -> None:
    make, given = CHAINS[name]
    network = trained(make())
    candidate = read(network, **given)
    assert worst(candidate, network) <= CLOSE
    said = {"--" + key.replace("_", "-") for key in given}
    assert not said & opened(candidate)
    assert "certain" not in candidate.certainty


class Unused(Upsampling):
    """An embedding that `forward` leaves out."""

    def __init__(self) -> None:
        super().__init__()
        self.label_emb = nn.Embedding(5, 6)


class Entering(nn.Module):
    """Classes beside z, in either order: one-hot, or as rows of an embedding."""

    def __init__(self, *, first: bool, embedded: bool) -> None:
        super().__init__()
        self.first, self.embedding = first, nn.Embedding(5, 5) if embedded else None
        self.model = nn.Sequential(nn.Linear(11, 32), nn.LeakyReLU(0.2), nn.Linear(32, 64), nn.Tanh())

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        rows = nn.functional.one_hot(labels, 5).float() if self.embedding is None else self.embedding(labels)
        return self.model(torch.cat([rows, z] if self.first else [z, rows], 1)).view(-1, 1, 8, 8)  # type: ignore[no-any-return]


class Shape(nn.Module):
    """A flat output that is no square."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 16), nn.LeakyReLU(0.2), nn.Linear(16, 192), nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z).view(-1, 3, 4, 16)  # type: ignore[no-any-return]


def strided(stride: int, padding: int) -> Chain:
    """28 x 28 pixels by a last kernel of 4 with this padding; 49 with stride 3."""
    layers = [nn.ConvTranspose2d(6, 8, 7, 1, 0), nn.BatchNorm2d(8), nn.ReLU(), nn.ConvTranspose2d(8, 4, 4, 2, 1)]
    last = nn.ConvTranspose2d(4, 1, 4, stride, padding)
    return Chain(nn.Unflatten(1, (6, 1, 1)), *layers, nn.BatchNorm2d(4), nn.ReLU(), last, nn.Tanh())


def normed(*eps: float) -> Chain:
    layers = [nn.Linear(6, 16), nn.BatchNorm1d(16, eps[0]), nn.ReLU(), nn.Linear(16, 32), nn.BatchNorm1d(32, eps[1])]
    return Chain(*layers, nn.ReLU(), nn.Linear(32, 64), nn.Unflatten(1, (1, 8, 8)), nn.Tanh())


def unpooled() -> Chain:
    """A dropout stands where most have an upsampling."""
    layers = [nn.ConvTranspose2d(6, 8, 8), nn.ReLU(), nn.Dropout(0.3), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()]
    return Chain(nn.Unflatten(1, (6, 1, 1)), *layers, nn.Conv2d(8, 3, 3, padding=1), nn.Tanh())


def grouped() -> Chain:
    layers = [nn.ConvTranspose2d(6, 8, 4), nn.GroupNorm(1, 8), nn.ReLU(), nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Tanh()]
    return Chain(nn.Unflatten(1, (6, 1, 1)), *layers)


def weight_normed(network: nn.Module) -> nn.Module:
    """Both of torch's spellings, over either axis."""
    older, newer = nn.utils.weight_norm, nn.utils.parametrizations.weight_norm
    parts = [part for part in network.modules() if isinstance(part, nn.ConvTranspose2d)]
    with pytest.warns(FutureWarning):
        older(parts[0])
    newer(parts[1], dim=1), newer(parts[2])
    return network


# An assumption -> a network that it is wrong of, its classes, the option that the answer names, and its value.
OPEN: dict[str, tuple[Callable[[], nn.Module], int, dict[str, str]]] = {
    "activation": (lambda: dcgan(nn.LeakyReLU(0.2)), 0, {"activation": "leaky_relu:0.2"}),
    "last": (lambda: dcgan(last=nn.Sigmoid()), 0, {"last": "sigmoid"}),
    "one epsilon": (lambda: dcgan(eps=0.5), 0, {"norm_eps": "0.5"}),
    "several epsilons": (lambda: normed(0.3, 1e-5), 0, {"norm_eps": "0.3,1e-5", "activation": "relu"}),
    "stride": (lambda: strided(3, 1), 0, {"stride": "1,2,3", "padding": "0,1,1", "size": "41x41"}),
    "padding": (lambda: strided(1, 0), 0, {"stride": "1,2,1", "padding": "0,1,0"}),
    "an upsampling that is none": (unpooled, 0, {"activation": "relu", "size": "8x8"}),
    "the kind of norm": (grouped, 0, {"norm": "layer"}),
    "output shape": (Shape, 0, {"output_shape": "3x4x16"}),
    "labels beside z": (lambda: Entering(first=False, embedded=False), 5, {"labels": "5"}),
    "labels before z": (lambda: Entering(first=True, embedded=False), 5, {"labels": "5", "label_join": "before"}),
    "rows before z": (lambda: Entering(first=True, embedded=True), 5, {"label_join": "before"}),
    "branches in another order": (lambda: Swapped(first=False), 5, {"label_join": "after"}),
    "an embedding that is not used": (Unused, 0, {"label_join": "none"}),
}


@pytest.mark.parametrize("name", OPEN)
def test_the_named_option_repairs_what_was_assumed(name: str) -> None:
    make, classes, given = OPEN[name]
    network = trained(make())
    named = {"--" + key.replace("_", "-") for key in given} - {"--labels"}  # which a file without an embedding lacks
    plain, mended = read(network), read(network, **given)
    mentioned = {word.strip("(),;") for fact in plain.assumptions for word in fact.sentence().split()}
    assert named <= mentioned | ({"--label-join"} if "labels" in given else set())
    z, labels = torch.randn(4, 6), torch.arange(4) % max(classes, 1)
    with torch.no_grad():
        expected = network(z, labels) if classes else network(z)
    wrong = plain.spec != mended.spec or worst(plain, network, classes) > 1e-3
    assert wrong
    rows = (nn.functional.one_hot(labels, 5).float(),) if classes else ()
    assert torch.allclose(mended.module(z, *rows), expected, atol=CLOSE)
    assert not named & opened(mended)


def test_the_values_of_z_and_of_the_pictures_are_said_by_their_options() -> None:
    network = trained(dcgan())
    spec = recognise_state(network, prior="uniform").spec
    assert spec.latent is not None
    assert spec.latent.prior == "uniform"
    assert "--prior" in opened(recognise_state(network))
    bare = read(network, last="none")
    assert "--range" in opened(bare)
    assert read(network, last="none", range="sigmoid").value_range == "sigmoid"


def recognise_state(network: nn.Module, **given: str) -> Candidate:
    with tempfile.TemporaryDirectory() as folder:
        torch.save(network.state_dict(), Path(folder) / "a.pth")
        return recognise(read_file(Path(folder) / "a.pth"), None, Settings.read(given)).candidate


@pytest.mark.parametrize("values", ["0.8,0.8,0.8", "0.8,0.8,0.8,0.1"])
def test_as_many_epsilons_as_norms(values: str) -> None:
    with pytest.raises(UsageError, match="one for each of 2 norms"):
        read(trained(dcgan()), norm_eps=values)


def test_weight_norm_is_folded() -> None:
    network = trained(weight_normed(dcgan()))
    assert worst(read(network), network) <= CLOSE
    state = dict(network.state_dict())
    state["layers.1.weight_g"] = torch.ones(3, 1, 1, 1)
    with pytest.raises(BadInputFile, match="g is"):
        PlainChain().build(source(state), Settings())


def test_norms_that_take_no_empty_batch() -> None:
    layers = [nn.ConvTranspose2d(6, 8, 4), nn.InstanceNorm2d(8, affine=True), nn.ReLU()]
    network = trained(Chain(nn.Unflatten(1, (6, 1, 1)), *layers, nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Tanh()))
    assert worst(read(network), network) <= CLOSE


def test_layers_of_a_larger_network_are_no_generator(tmp_path: Path) -> None:
    """The last layers of a super-resolution network are a chain, of what is no latent."""
    tail = {f"{i}.weight": torch.zeros(c, 16, 3, 3) for i, c in ((0, 16), (2, 3))}
    torch.save({f"conv3.{k}": t for k, t in tail.items()} | {"conv1.weight": torch.zeros(16, 3, 3, 3)}, tmp_path / "a")
    with pytest.raises(BadInputFile, match="no known family"):
        recognise(read_file(tmp_path / "a"), None, Settings())
    with pytest.raises(BadInputFile, match="3x3 pixels"):
        recognise(read_file(tmp_path / "a"), None, Settings(network="conv3"))


def test_a_range_follows_the_last_activation() -> None:
    network = trained(dcgan(last=nn.Sigmoid()))
    assert read(network, last="sigmoid").value_range == "sigmoid"
    assert worst(read(network), network) > 0.01


class Besides(nn.Module):
    """Of `Joined`, where the classes' layer alone has a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1_1, self.fc1_2, self.fc1_2_bn = nn.Linear(6, 16), nn.Linear(5, 8), nn.BatchNorm1d(8, 0.5)
        self.fc2, self.fc3 = nn.Linear(24, 32), nn.Linear(32, 64)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        act = nn.LeakyReLU(0.2)
        rows = act(self.fc1_2_bn(self.fc1_2(nn.functional.one_hot(labels, 5).float())))
        return self.fc3(act(self.fc2(torch.cat([act(self.fc1_1(z)), rows], 1)))).tanh().view(-1, 1, 8, 8)  # type: ignore[no-any-return]


def test_the_norms_of_the_classes_layers_count_last() -> None:
    network = trained(Besides())
    assert worst(read(network, norm_eps="0.5"), network, classes=5) <= CLOSE
    assert worst(read(network), network, classes=5) > 1e-3
    both = Branches()
    both.deconv1_2_bn.eps = 0.5
    assert worst(read(trained(both), norm_eps="1e-5,1e-5,0.5"), both, classes=5) <= CLOSE
    with pytest.raises(UsageError, match="one for each of 3 norms"):
        read(both, norm_eps="1e-5,0.5")


def test_which_upsampling_a_size_leaves_out_is_said() -> None:
    """A dropout may stand for any of the three."""
    part = [nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(8, 8, 3, padding=1)]
    layers = [nn.ConvTranspose2d(6, 8, 4), *part, *part, nn.ReLU(), nn.Dropout(), nn.Conv2d(8, 3, 3, padding=1)]
    network = trained(Chain(nn.Unflatten(1, (6, 1, 1)), *layers, nn.Tanh()))
    said = [fact.sentence() for fact in read(network, size="16x16", stride="1", padding="0,1,1,1").assumptions]
    assert [words for words in said if re.search(r"no upsampling before main\.\d+, and others may be meant", words)]
    assert not [fact for fact in read(network).assumptions if "no upsampling" in fact.sentence()]


def test_a_bias_tells_which_way_a_convolution_goes() -> None:
    """Both ways fit 512 values, and an even kernel is most often transposed."""
    layers = [nn.Linear(6, 512), nn.Conv2d(8, 32, 2), nn.Conv2d(32, 3, 3, padding=1)]
    chain = read_chain(
        items_of({f"c{i}.{k}": v for i, m in enumerate(layers) for k, v in m.state_dict().items()}), True
    )
    assert [op.kind for op in chain.ops if op.item] == ["linear", "conv", "conv"]


def test_numbers_that_are_none() -> None:
    state = {key.replace("layers.1", "layers.1²"): value for key, value in trained(dcgan()).state_dict().items()}
    assert natural(items_of(state))


@pytest.mark.parametrize("make", [Multiplied, Branches, Joined, Swapped])
def test_classes(make: Callable[[], nn.Module]) -> None:
    network = trained(make())
    candidate = read(network)
    assert candidate.spec.labels is not None
    assert candidate.spec.labels.count == 5
    assert worst(candidate, network, classes=5) <= CLOSE


@pytest.mark.parametrize("order", ["torch", "safetensors"])
def test_keys_in_any_order_where_the_file_does_not_keep_it(order: str) -> None:
    network = trained(dcgan())
    state = dict(network.state_dict())
    shuffled = dict(sorted(state.items())) if order == "safetensors" else state
    made = PlainChain().build(source(shuffled), Settings())
    assert worst(made, network) <= CLOSE


@pytest.mark.parametrize("size", ["1000x1000", "7x9"])
def test_sizes_that_no_strides_give(size: str) -> None:
    with pytest.raises(UsageError, match=f"--size {size}"):
        read(trained(dcgan()), size=size)


@pytest.mark.parametrize("kept", ["weight_orig", "conv.weight"])
def test_equalised_learning_rates_are_called_so(tmp_path: Path, kept: str) -> None:
    """The weights of a chain that its forward multiplies with a factor: under another name, or beside their bias."""
    state = trained(dcgan()).state_dict()
    first = [key for key, tensor in state.items() if tensor.ndim == 4]
    names = {key: key.replace("weight", kept) for key in first}
    biases = {key.replace("weight", "bias"): torch.ones(state[key].shape[1]) for key in first}
    torch.save({names.get(key, key): tensor for key, tensor in {**state, **biases}.items()}, tmp_path / "a.pth")
    with pytest.raises(BadInputFile, match=r"equalised learning rate, as ProGAN's(.|\n)*--code") as caught:
        recognise(read_file(tmp_path / "a.pth"), None, Settings())
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize("make", [dcgan, Upsampling, Attributes, Flat, Shuffled])
def test_pickled_modules(tmp_path: Path, make: Callable[[], nn.Module]) -> None:
    network = trained(make())
    torch.save({"net": network, "epoch": 3}, tmp_path / "a.pt")
    candidate = recognise(read_file(tmp_path / "a.pt"), None, Settings()).candidate
    assert worst(candidate, network) <= CLOSE
    assert any("forward" in fact.words for fact in candidate.assumptions)


def test_a_sequential_holds_all_but_the_latents(tmp_path: Path) -> None:
    network = trained(nn.Sequential(*next(iter(dcgan(nn.LeakyReLU(0.1), nn.Sigmoid(), 0.3).children()))))
    torch.save(network, tmp_path / "a.pt")
    candidate = recognise(read_file(tmp_path / "a.pt"), None, Settings(prior="uniform")).candidate
    assert candidate.certainty.startswith("certain: ")
    assert candidate.spec.latent is not None
    assert candidate.spec.latent.prior == "uniform"
    assert worst(candidate, network) <= CLOSE


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("touch exploited",)


class Nested:
    """A storage whose own pickle is hostile: torch's loader of it would run that."""

    def __reduce__(self) -> tuple[object, ...]:
        return torch.storage._load_from_bytes, (pickle.dumps(Evil()),)


@pytest.mark.parametrize("value", [Evil(), {"a": [Evil()]}, Nested(), {"state": Nested()}])
@pytest.mark.parametrize("legacy", [False, True])
def test_hostile_pickles_run_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: object, legacy: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(value, "a.pth", _use_new_zipfile_serialization=not legacy)
    Path("b.pkl").write_bytes(pickle.dumps(value, protocol=4))
    for name in ("a.pth", "b.pkl"):
        with pytest.raises(BadInputFile):
            read_file(Path(name))
    assert not Path("exploited").exists()


def test_tuples_without_end_are_refused(tmp_path: Path) -> None:
    value: tuple[object, ...] = ()
    for _ in range(60):
        value = (value, value)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({value: 1} if len(value) < 2 else [value], protocol=4))
    with pytest.raises(BadInputFile, match="damaged"):
        read_pickle(tmp_path / "a.pkl", "torch-legacy")


def test_gigabytes_that_a_pickle_only_speaks_of_are_not_made_room_for(tmp_path: Path) -> None:
    """The first was found by the fuzzers; the second has no frame, which would notice."""
    kept = Path(__file__).parents[1] / "fixtures" / "hostile" / "bytearray.pkl"
    bare = tmp_path / "a.pkl"
    bare.write_bytes(b"\x80\x05\x96" + (2**33).to_bytes(8, "little") + b"ab.")
    tracemalloc.start()
    try:
        for path in (kept, bare):
            with pytest.raises(BadInputFile, match="damaged"):
                read_pickle(path, "torch-legacy")
        assert tracemalloc.get_traced_memory()[1] < 2**26
    finally:
        tracemalloc.stop()


def test_flipped_bytes_are_bad_input_or_the_same_kind_of_thing(tmp_path: Path) -> None:
    torch.save({"net": trained(Flat()), "epoch": 3}, tmp_path / "a.pt")
    data, path = (tmp_path / "a.pt").read_bytes(), tmp_path / "b.pt"
    chance = random.Random(5)
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(3):
            damaged[chance.randrange(min(len(data), 6000))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            recognise(read_file(path), None, Settings())
        except BadInputFile as error:
            assert len(str(error).splitlines()) <= 3


def test_many_keys_and_cycles(tmp_path: Path) -> None:
    state: dict[str, object] = {f"layer{i}.weight": torch.ones(2, 2) for i in range(3000)}
    state["self"] = state
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"a": {"b": 1}, "state": dict(list(state.items())[:-1])}))
    with pytest.raises(BadInputFile):
        recognise(read_file(tmp_path / "a.pkl"), None, Settings())
