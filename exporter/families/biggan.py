"""BigGAN and BigGAN-deep as ajbrock/BigGAN-PyTorch trains and saves them, and two ports in their layouts.

All are `ganrt.exporter.families.resnet` networks (Brock et al. 2018, arXiv:1809.11096). BigGAN's `linear` takes the
latent, or its first chunk where it is hierarchical; its batch norms take (class embedding, chunk), in this order;
without chunks the embedding alone; without a shared embedding they hold rows of gains and of biases for each class.

BigGAN-deep (appendix B) gives the whole latent and the class embedding to `linear` and to every batch norm: first the
embedding, then z, as published. A proposed correction (its pull request 72) has z first, and a last convolution with
more outputs than the picture has channels.

ivclab's port has the arithmetic of DeepMind's module: conditions are (chunk, class embedding), the channels of the
first 4x4 picture are last, all epsilons are 1e-4. Row r of 50 rows of statistics belongs to truncation 0.02 * (r + 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.biggan_checkpoint import SETTINGS, TF_EPS, Plain, class_labels, read_plain
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.resnet.network import Rules
from ganrt.exporter.families.resnet.reading import CHANNELS, Named, Script, candidate, channels_first, read_shape
from ganrt.exporter.families.spectral_norm import fold_spectral_norm
from ganrt.exporter.families.statistics import SETTINGS as STATISTICS
from ganrt.exporter.families.statistics import Frozen, Grid, frozen_from, frozen_row, statistics_spec
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import Latent

EPS = 1e-4
GRID = Grid(rows=50, first=0.02, step=0.02)
TF_PRIOR = Latent(dim=1, prior="truncated_normal", threshold=2.0, psi_mode="scale")
RGB = 3
_LAST = "output_layer.2"
_SHARED = "shared.weight"
_TABLES = (".standing_means", ".standing_vars")
AJBROCK = Script(
    name="biggan",
    what="a BigGAN generator",
    names={
        **{f"block.bn{k}.bn": f"blocks.{{i}}.0.bn{k}" for k in range(1, 5)},
        "block": "blocks.{i}.0",
        "attention": "blocks.{i}.1",
        "output_layer.0.weight": "output_layer.0.gain",
    },
    endings={".running_mean": ".stored_mean", ".running_var": ".stored_var"},
    counts=range(3, 8),  # 32 to 512 pixels
    published=True,
    by_class=True,
)
AJBROCK_DEEP = replace(
    AJBROCK, name="biggan-deep-ajbrock", what="ajbrock's BigGAN-deep", counts=range(6, 16, 2), deep=True
)
IVCLAB = Script(
    name="biggan-ivclab",
    what="ivclab's BigGAN",
    names={
        "block.bn1.bn": "gblock{i}.hyperbn.crossreplicabn",
        "block.bn1.gain": "gblock{i}.hyperbn.gamma",
        "block.bn1.bias": "gblock{i}.hyperbn.beta",
        "block.bn2.bn": "gblock{i}.hyperbn_1.crossreplicabn",
        "block.bn2.gain": "gblock{i}.hyperbn_1.gamma",
        "block.bn2.bias": "gblock{i}.hyperbn_1.beta",
        "block.conv1": "gblock{i}.conv0",
        "block.conv2": "gblock{i}.conv1",
        "block": "gblock{i}",
        "attention.o": "attention.o_conv",
        "shared": "linear",
        "linear": "g_z.g_linear",
        "output_layer.0.bn": "scaledcrossreplicabn",
        "output_layer.0": "scaledcrossreplicabn",
        "output_layer.2": "conv_2d",
    },
    endings={".means": _TABLES[0], ".variances": _TABLES[1]},
    number=lambda i: f"_{i}" if i else "",
    attended=lambda blocks: {5: 3, 6: 4, 7: 3}[blocks],
    counts=(5, 6, 7),  # 128, 256 or 512 pixels
    published=True,
    unused=r".*\.running_(mean|var)",
)


def ajbrock_rules(plain: Plain, *, latent_first: bool = False) -> Rules:
    """What the training code computes: gains are one more than a condition gives."""
    return Rules(
        eps=plain.bn_eps,
        last_eps=plain.output_bn_eps,
        hidden=nn.ReLU,
        last=nn.Tanh(),
        offset=1.0,
        added=plain.gain_added,
        latent_first=latent_first,
    )


def ajbrock_candidate(source: Source, plain: Plain, script: Script, *, latent_first: bool = False) -> Candidate:
    """A generator of `plain`, its spectral norm folded.

    Raises:
        BadInputFile: keys or shapes do not fit; the message names them.
    """
    _require_statistics(plain.state)
    keys = Named(plain.state, script)
    rules, facts = ajbrock_rules(plain, latent_first=latent_first), Facts(found=list(plain.facts))
    built = candidate(source, keys, read_shape(keys, facts), rules, facts, notes=plain.notes)
    return named(built)


def named(built: Candidate) -> Candidate:
    """With ImageNet's names, if there are a thousand classes."""
    if built.spec.labels is None:
        return built
    labels, naming = class_labels(built.spec.labels.count)
    return replace(built, spec=replace(built.spec, labels=labels), notes=built.notes + naming)


def _require_statistics(state: State) -> None:
    if "output_layer.0.stored_mean" in state and "blocks.0.0.bn1.stored_mean" not in state:
        raise BadInputFile(
            "has no statistics in its blocks: trained with norm_style gn or nonorm, which is not supported\n"
            "expected norm_style bn; export such a network as TorchScript or ONNX"
        )


class BigGAN(Family):
    settings: Mapping[str, str] = SETTINGS
    keys = KeyCondition(
        all_of=("linear.weight", "blocks.0.0.conv_sc.weight", "blocks.0.0.bn1.gain.weight", "output_layer.2.weight"),
        none_of=("blocks.0.0.conv4.weight",),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        plain = read_plain(source.tensors, settings)
        built = ajbrock_candidate(source, plain, AJBROCK)
        return with_prior(built, TF_PRIOR) if plain.converted else built


def with_prior(built: Candidate, prior: Latent) -> Candidate:
    """With z drawn as `prior` says."""
    assert built.spec.latent is not None
    return replace(built, spec=replace(built.spec, latent=replace(prior, dim=built.spec.latent.dim)))


class BigBiGAN128(Family):
    """The family `bigbigan-128`, of BigBiGAN (Donahue and Simonyan 2019, arXiv:1907.02544).

    It is ajbrock's BigGAN whose classes all have the same embedding: one learned vector, repeated.
    """

    settings: Mapping[str, str] = {
        **SETTINGS,
        "norm_eps": f"batch norm's epsilon within the blocks, default {TF_EPS:g}",
        "sn_eps": f"spectral norm's epsilon, default {TF_EPS:g}",
    }

    def match(self, source: Source) -> int | None:
        """ajbrock's BigGAN generator's keys, and all classes are the same."""
        same = BigGAN.keys.holds(source.tensors) and constant_class(source.tensors)
        return BigGAN.keys.specificity + 1 if same else None

    def build(self, source: Source, settings: Settings) -> Candidate:
        state = source.tensors
        if _SHARED in state and not constant_class(state):
            raise BadInputFile(f"{_SHARED} has classes that differ: a BigGAN\nexport it with --family biggan")
        first = {key: tensor[:1] if key == _SHARED else tensor for key, tensor in state.items()}
        plain = read_plain(first, settings, tf_epsilons=True)
        built = ajbrock_candidate(source, plain, replace(AJBROCK, name="bigbigan-128"))
        return replace(built, matched=f"{built.matched}, and all classes are equal")


def constant_class(state: State) -> bool:
    """Whether there are several classes, all with the same embedding."""
    if _SHARED not in state:
        return False
    shared = state[_SHARED]
    return shared.ndim == 2 and shared.shape[0] > 1 and bool((shared == shared[:1]).all())


class BigGANDeepAjbrock(Family):
    settings: Mapping[str, str] = SETTINGS
    keys = KeyCondition(
        all_of=("shared.weight", "linear.weight", "blocks.0.0.conv4.weight", "blocks.0.0.bn4.gain.weight")
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        plain = read_plain(source.tensors, settings)
        last = plain.state.get(f"{_LAST}.weight")
        spare = last is not None and last.ndim == 4 and last.shape[0] > RGB and last.shape[0] not in CHANNELS
        if not spare:
            return ajbrock_candidate(source, plain, AJBROCK_DEEP)
        used = (f"{_LAST}.weight", f"{_LAST}.bias")
        state = {key: tensor[:RGB] if key in used else tensor for key, tensor in plain.state.items()}
        order = ("the last convolution has spare outputs: conditions (z, class), as in pull request 72",)
        built = ajbrock_candidate(source, replace(plain, state=state), AJBROCK_DEEP, latent_first=True)
        return replace(built, notes=built.notes + order)


class BigGANIvclab(Family):
    settings: Mapping[str, str] = {
        "norm_eps": f"batch norm's epsilon, default {EPS:g}",
        "freeze": STATISTICS["freeze"],
    }
    keys = KeyCondition(all_of=("g_z.g_linear.weight_orig", "gblock.hyperbn.crossreplicabn.standing_means"))

    def build(self, source: Source, settings: Settings) -> Candidate:
        plain, folding = fold_spectral_norm(source.tensors, channels_last=True)
        _require_grid(plain)
        return standing_candidate(source, plain, GRID, settings, folding)


def standing_candidate(
    source: Source, state: State, grid: Grid, settings: Settings, notes: tuple[str, ...] = ()
) -> Candidate:
    """A generator in ivclab's layout whose tables have the rows of `grid`; of one row they are those of truncation 1.

    Raises:
        BadInputFile: keys or shapes do not fit; the message names them. UsageError: a truncation outside of the table.
    """
    frozen = Frozen(grid.last, "linear") if grid.rows == 1 else frozen_from(settings, grid)
    if grid.rows == 1 and settings.freeze not in (None, grid.last):
        raise UsageError(
            f"--freeze truncation={settings.freeze:g}: it has statistics of truncation {grid.last:g} alone"
        )
    facts = Facts(settings)
    eps = facts.assume("norm_eps", EPS)
    state = dict(state)
    if frozen is not None and grid.rows > 1:
        state |= {k: frozen_row(t, grid, frozen)[None].float() for k, t in state.items() if k.endswith(_TABLES)}
    keys = Named(state, IVCLAB)
    shape = read_shape(keys, facts)
    for name in (keys.spell("linear.weight"), keys.spell("linear.bias")):
        rows = (shape.width * shape.bottom**2,)
        if name in keys.state and keys.state[name].shape[:1] == rows:  # strict loading names another shape
            keys.state[name] = channels_first(keys.state[name], shape.width, shape.bottom)
    used = grid if frozen is None else replace(grid, rows=1)
    rules = Rules(eps=eps, hidden=nn.ReLU, last=nn.Tanh(), offset=1.0, latent_first=True, grid=used)
    built = named(candidate(source, keys, shape, rules, facts, notes=notes))
    spec = replace(built.spec, statistics=statistics_spec(grid, frozen))
    return with_prior(replace(built, spec=spec), TF_PRIOR)


def _require_grid(state: State) -> None:
    """Raises BadInputFile for tables of another number of rows, whose truncations are not known."""
    for key, tensor in state.items():
        if key.endswith(_TABLES) and (tensor.ndim != 2 or tensor.shape[0] != GRID.rows):
            raise BadInputFile(f"{key} has shape {list(tensor.shape)}\nexpected {GRID.rows} rows, truncation 0.02 to 1")
