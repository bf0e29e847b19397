"""Modules by their owner's class: what they take is found, and the graph draws what they draw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import owners_models as models
import pytest
import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile, GanrtError, UsageError
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.class_rows import check_mixtures
from ganrt.exporter.graph import with_native_output
from ganrt.exporter.options import Settings
from ganrt.exporter.owner.call import Argument, Call
from ganrt.exporter.owner.candidate import read_module
from ganrt.exporter.owner.code import drawing_methods
from ganrt.exporter.owner.examine import examine
from ganrt.exporter.owner.parameters import Found
from ganrt.exporter.owner.probe import Prober
from ganrt.exporter.session import Session
from ganrt.spec import Labels

COUNT = 6
CLASSES = models.CLASSES


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(3)


def trained(module: nn.Module) -> nn.Module:
    """Eval mode, with running statistics that are not those of a fresh norm."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d) and part.running_mean is not None:
            nn.init.normal_(part.running_mean)
            nn.init.uniform_(part.running_var, 0.5, 2)
    return module.eval()


def candidate(module: nn.Module, **options: str) -> Candidate:
    return read_module(trained(module), Settings.read(options)).candidate


def drawn(made: Candidate, *inputs: Tensor) -> Any:
    """The graph's float pictures."""
    assert made.model is not None
    values = {name: value.numpy() for name, value in zip(made.spec.inputs, inputs, strict=True)}
    return Session(with_native_output(made.model)).run(values)[1]


def assumed(made: Candidate) -> set[str]:
    return {fact.name for fact in made.assumptions}


def z(dim: int) -> Tensor:
    return torch.randn(COUNT, dim)


NUMBERS = torch.arange(COUNT) % CLASSES
ROWS = torch.eye(CLASSES)[NUMBERS]
Z = z(12)
# module, inputs of the contract, how the owner calls it.
KINDS: dict[str, tuple[Callable[[], nn.Module], dict[str, str], tuple[Tensor, ...], Callable[[nn.Module], Any]]] = {
    "vector": (models.Vector, {}, (Z,), lambda m: m(Z)),
    "labels that it does not read": (models.Unread, {}, (Z,), lambda m: m(Z)),
    "labels that make no difference": (models.Unconditional, {}, (Z,), lambda m: m(Z, NUMBERS)),
    "sequential": (
        lambda: nn.Sequential(nn.Linear(12, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8))),
        {},
        (Z,),
        lambda m: m(Z),
    ),
    "deconvolved": (models.Deconvolved, {}, (Z[:, :7],), lambda m: m(Z[:, :7, None, None])),
    "labels first": (models.LabelsFirst, {}, (Z, ROWS), lambda m: m(NUMBERS, Z)),
    "a name that says nothing": (models.Kinds, {}, (Z, ROWS), lambda m: m(Z, NUMBERS)),
    "embedded": (models.Embedded, {}, (Z, ROWS), lambda m: m(Z, NUMBERS)),
    "one hot": (models.OneHot, {}, (Z, ROWS), lambda m: m(Z, NUMBERS)),
    "rows": (models.Rows, {"labels": "5"}, (Z, ROWS), lambda m: m(Z[..., None, None], ROWS[..., None, None])),
    "argmax": (models.ArgMax, {}, (Z, ROWS), lambda m: m(Z, ROWS)),
    "parts": (
        models.Parts,
        {"prior": "normal:8,onehot:3,uniform:2"},
        (Z := torch.cat([Z, z(1)], 1),),
        lambda m: m(Z[:, :8], Z[:, 8:11], Z[:, 11:]),
    ),
    "squeezed": (models.Squeezed, {}, (Z[:, :12],), lambda m: m(Z[:, :12])),
    "instance norms as batch norms": (models.Adaptive, {}, (Z[:, :12],), lambda m: m(Z[:, :12])),
    "its own spectral norm": (models.PowerNormed, {}, (Z[:, :12],), lambda m: m(Z[:, :12])),
}
Z = Z[:, :12]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_module_takes_is_found_and_its_graph_draws_the_same(kind: str) -> None:
    make, options, inputs, call = KINDS[kind]
    if kind == "parts":
        wide = inputs[0]
        call = lambda m: m(wide[:, :8], wide[:, 8:11], wide[:, 11:])  # noqa: E731
    module = make()
    made = candidate(module, **options)
    state = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    with torch.no_grad():
        expected = call(module).numpy()
    module.load_state_dict(state)
    assert np.abs(drawn(made, *inputs) - expected).max() < 1e-5
    colours = {"channel_order"} if made.spec.output.channels == 3 else set()
    assert assumed(made) - colours == (set() if "prior" in options else {"prior"})
    assert colours <= assumed(made)
    assert made.value_range == "tanh"


@pytest.mark.parametrize("make", [models.Embedded, models.OneHot, models.ArgMax, models.Rows])
def test_mixtures_of_classes_are_drawn(make: type[nn.Module]) -> None:
    module = make()
    made = candidate(module, labels="5")
    rows = torch.tensor([[0.5, 0, 0.25, 0, 0.25]]).expand(COUNT, -1)
    got = drawn(made, Z, rows)
    with torch.no_grad():
        if make is models.Rows:
            expected = module(Z[..., None, None], rows[..., None, None]).numpy()
        elif make is models.OneHot:
            expected = module.main(torch.cat([rows, Z], 1)).view(-1, 1, 8, 8).numpy()
        else:
            inner = module.inner if make is models.ArgMax else module
            expected = inner.main(Z * (rows @ inner.emb.weight)).view(-1, 1, 8, 8).numpy()
    assert np.abs(got - expected).max() < 1e-5
    assert check_mixtures(made.model, made.spec) == ""


def test_a_class_that_is_chosen_by_number_is_refused() -> None:
    with pytest.raises(BadInputFile, match="no meaning for mixtures"):
        candidate(models.Chosen())


def test_a_mixture_that_draws_one_class_is_noticed() -> None:
    from ganrt.exporter.graph import build_graph
    from ganrt.exporter.owner.call import Argument, Call, Owned

    made = candidate(models.ArgMax())
    call = Call((Argument("z", "vector", 12), Argument("labels", "rows", CLASSES)))
    from dataclasses import replace

    plain = build_graph(replace(made, module=Owned(trained(models.ArgMax()), call)))
    with pytest.raises(BadInputFile, match="draws one of the two"):
        check_mixtures(plain, made.spec)


def test_the_parts_of_z_are_asked_for() -> None:
    with pytest.raises(UsageError, match="--prior normal:62,onehot:10"):
        candidate(models.Parts())


@pytest.mark.parametrize("options", [{}, {"prior": "normal:8,onehot:3,uniform:2"}], ids=["", "prior"])
def test_where_z_is_cut_does_not_matter_if_its_parts_are_joined_again(options: dict[str, str]) -> None:
    module, vectors = models.Joined(), z(13)
    made = candidate(module, **options)
    with torch.no_grad():
        expected = module(vectors[:, :8], vectors[:, 8:]).numpy()
    assert np.abs(drawn(made, vectors) - expected).max() < 1e-5
    assert assumed(made) == (set() if options else {"prior"})


def test_which_number_is_that_of_the_classes_is_asked_where_nothing_says_it() -> None:
    with pytest.raises(UsageError, match=r"c: class weights \[n, 5\].*\nsay which: --latent 100, --labels 10"):
        candidate(models.JoinedLabels())
    assert candidate(models.JoinedLabels(), labels="5").spec.labels == Labels(count=5)


def test_a_flat_output_is_a_square_by_assumption_or_what_is_given() -> None:
    module = models.Flat()
    guessed, given = candidate(module), candidate(module, output_shape="1x9x16")
    with torch.no_grad():
        values = module(Z)[0].numpy()
    assert assumed(guessed) == {"prior", "output_shape"}
    assert assumed(given) == {"prior"}
    assert guessed.value_range == given.value_range == "sigmoid"
    assert np.abs(drawn(guessed, Z) - values.reshape(-1, 1, 12, 12)).max() < 1e-5
    assert np.abs(drawn(given, Z) - values.reshape(-1, 1, 9, 16)).max() < 1e-5


@pytest.mark.parametrize(
    ("last", "options", "found", "open_"),
    [
        ("sigmoid", {}, "sigmoid", False),
        ("linear", {}, "tanh", True),
        ("linear", {"range": "sigmoid"}, "sigmoid", False),
    ],
)
def test_the_range_is_read_assumed_or_given(last: str, options: dict[str, str], found: str, open_: bool) -> None:
    made = candidate(models.Vector(last=last), **options)
    assert made.value_range == found
    assert ("range" in assumed(made)) == open_


def test_a_range_that_the_last_operator_contradicts_is_refused() -> None:
    with pytest.raises(UsageError, match="expected tanh"):
        candidate(models.Vector(), range="sigmoid")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (models.Noisy, r"drop \(Always\) draws at random"),
        (models.OfTheBatch, "depends on the others of its batch"),
    ],
)
def test_modules_that_eval_does_not_settle_are_refused(make: type[nn.Module], message: str) -> None:
    with pytest.raises(BadInputFile, match=message):
        candidate(make())


def test_a_translator_with_a_style() -> None:
    module = models.Styled()
    source = torch.randint(0, 256, (2, 16, 24, 3), dtype=torch.uint8)
    native = source.permute(0, 3, 1, 2) / 127.5 - 1
    held = candidate(module, size="16x24", condition="1,0.5,-1,2")
    plain = candidate(module, size="16x24")
    assert "condition" in assumed(plain) - assumed(held)
    assert "size" in assumed(candidate(module)) - assumed(plain)
    for made, style in ((held, [1.0, 0.5, -1, 2]), (plain, [0.0] * 4)):
        with torch.no_grad():
            expected = module(native, torch.tensor([style] * 2))[0].numpy()
        assert np.abs(drawn(made, source) - expected).max() < 1e-5


def test_a_translator_whose_pictures_grow_and_lie_in_0_to_1() -> None:
    module = models.Enlarger()
    source = torch.randint(0, 256, (2, 16, 16, 1), dtype=torch.uint8)
    for made, given in (
        (candidate(module, size="16x16"), source.permute(0, 3, 1, 2) / 255),
        (candidate(module, size="16x16", source_range="tanh"), source.permute(0, 3, 1, 2) / 127.5 - 1),
    ):
        with torch.no_grad():
            expected = module(given).numpy()
        assert made.value_range == "sigmoid"
        assert made.spec.output.height == 32
        assert np.abs(drawn(made, source) - expected).max() < 1e-5


def test_a_given_range_of_a_translator_holds_for_what_goes_in() -> None:
    same = nn.Conv2d(3, 3, 3, padding=1)
    nn.init.dirac_(same.weight)
    nn.init.zeros_(same.bias)
    made = candidate(nn.Sequential(same), range="sigmoid", size="16x16")
    assert made.value_range == "sigmoid"


def test_a_live_module_stays_as_it_is() -> None:
    module = models.Deconvolved().train()
    state = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    read_module(module, Settings())
    assert module.training
    assert all(torch.equal(tensor, state[key]) for key, tensor in module.state_dict().items())


def test_lazy_layers_are_refused_with_the_mend() -> None:
    with pytest.raises(UsageError, match=r"lazy layers \(0.weight\)"):
        read_module(nn.Sequential(nn.LazyLinear(64), nn.Tanh()), Settings())


@pytest.mark.parametrize("module", [nn.LSTM(4, 4), 7])
def test_what_is_no_generator_is_refused_with_the_options(module: Any) -> None:
    with pytest.raises(GanrtError, match="--latent|expected a torch"):
        read_module(module, Settings())


@pytest.mark.parametrize(
    ("make", "message"),
    [(models.ByKeyword, "noise, labels by keyword alone"), (models.RowsOutside, "does not call shared")],
)
def test_what_needs_a_class_around_it_says_so(make: type[nn.Module], message: str) -> None:
    with pytest.raises(UsageError, match=rf"{message}(.|\n)*a class around it"):
        read_module(make(), Settings())


class Counting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(12, 256)

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(self.first(z)).view(-1, 1, 16, 16) + torch.zeros(len(z), 1, 1, 1)


class Looping(Counting):
    def forward(self, z: Tensor) -> Tensor:
        return torch.stack([torch.tanh(self.first(row)).view(1, 16, 16) for row in z])


@pytest.mark.parametrize("make", [Counting, Looping])
def test_a_forward_that_counts_pictures_is_told_how_to_go_without(make: type[nn.Module]) -> None:
    with pytest.raises(BadInputFile, match=r"draws one number of pictures only(.|\n)*z\.size\(0\)") as caught:
        read_module(make(), Settings(latent=12))
    assert "len(" not in str(caught.value)


def test_what_makes_no_difference_is_said() -> None:
    assert "label made no difference to trial pictures: 0 is given" in " ".join(candidate(models.Unconditional()).notes)
    assert "no difference" not in " ".join(candidate(models.Vector()).notes)


def test_the_largest_of_several_pictures_is_an_assumption() -> None:
    module = models.Several()
    made, told = candidate(module), candidate(module, image_output="0")
    assert made.spec.output.height == 16
    assert "image_output" in assumed(made)
    assert "image_output" not in assumed(told)
    with torch.no_grad():
        assert np.abs(drawn(told, Z) - module(Z)[0].numpy()).max() < 1e-5
    with pytest.raises(UsageError, match="another --image-output"):
        candidate(models.FeaturesFirst(), image_output="0")
    assert candidate(models.FeaturesFirst(), image_output="1").spec.output.height == 16
    for wrong, message in (("picture", "expected the number of an output"), ("7", "--image-output 7: it gives 2")):
        with pytest.raises(UsageError, match=message):
            candidate(module, image_output=wrong)


def test_pictures_that_begin_with_blue() -> None:
    module = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.Tanh()).requires_grad_(False)
    made = candidate(module, size="16x16", channel_order="bgr")
    source = torch.randint(0, 256, (2, 16, 16, 3), dtype=torch.uint8)
    expected = module(source.flip(3).permute(0, 3, 1, 2) / 127.5 - 1).flip(1).numpy()
    assert np.abs(drawn(made, source) - expected).max() < 1e-5
    assert "range" not in assumed(made)


def test_rounding_is_no_dependence_on_the_batch() -> None:
    found = Found(Call((Argument("z", "vector", 12),)))
    assert 1e-4 < examine(models.Rounding().eval(), found).rounding < 1e-2
    with pytest.raises(BadInputFile, match="depends on the others of its batch"):
        examine(models.Rounding(mixed=True).eval(), found)
    assert examine(models.Vector().eval(), found).rounding == 0


def test_a_class_that_draws_by_another_method_says_so_and_is_drawn_by_a_class_around_it() -> None:
    module = models.Restyled()
    made = candidate(module, size="8x8")
    (fact,) = [fact for fact in made.assumptions if fact.name == "what draws"]
    assert "encode, decode" in fact.note
    around = models.Wrapped()
    around.net = module
    assert drawing_methods(models.Vector()) == drawing_methods(around) == []
    call = Prober(around, {}, Settings.read({"size": "8x8", "condition": "1,-1,2,0.5"})).find()
    picture, style = torch.rand(COUNT, 3, 8, 8) * 2 - 1, torch.tensor([[1.0, -1, 2, 0.5]])
    with torch.no_grad():
        expected = module.decode(module.encode(picture)[0], style.expand(COUNT, 4))
        assert torch.equal(call.owned(around)(picture), expected)
