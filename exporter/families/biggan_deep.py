"""BigGAN-deep (Brock et al. 2019, arXiv:1809.11096) in the layout of huggingface/pytorch-pretrained-BigGAN.

Spectral norm is folded into the weights, and of the last convolution, which computes as many channels as the
generator is wide, only the three that make the picture are kept; both change nothing but rounding.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.biggan_deep_config import START, Config, expected_shapes
from ganrt.exporter.families.biggan_deep_layers import Generator
from ganrt.exporter.families.biggan_deep_reading import SETTINGS, read_config
from ganrt.exporter.families.imagenet import class_labels
from ganrt.exporter.families.loading import load_strictly, require_fit
from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import KeyCondition, Keyed
from ganrt.exporter.families.spectral_norm import fold_spectral_norm, plain_names
from ganrt.exporter.families.statistics import SETTINGS as STATISTICS_SETTINGS
from ganrt.exporter.families.statistics import Frozen, Grid, frozen_from, frozen_row, statistics_spec
from ganrt.exporter.hub import config_of
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import GeneratorSpec, Latent, Output

THRESHOLD = 2.0  # of the library's truncated_noise_sample
_PARTS = ("theta", "phi", "g", "o_conv")


class BigGANDeep(Keyed):
    """The family `biggan-deep`: see `ganrt.exporter.families.protocol.Family`."""

    settings: Mapping[str, str] = {**STATISTICS_SETTINGS, **SETTINGS}
    spectral = True
    keys = KeyCondition(all_of=("embeddings.weight", "generator.gen_z.weight", "generator.bn.running_means"))

    page = Page(
        title="BigGAN-deep",
        origin="`huggingface/pytorch-pretrained-BigGAN`: DeepMind's biggan-deep-128, -256 and -512, and other "
        "configurations",
        formats="a folder with `config.json` and `model.safetensors` or `pytorch_model.bin`; or the weights' file, "
        "with or without `config.json` beside it",
        gives="pictures of 128, 256 or 512 px, or of what the blocks make; z is normal, truncated at 2, and scaled; "
        "labels are weights of classes, `truncation` also selects the batch-norm statistics",
        traps=(
            "z goes before the class in the condition, and the first layer's features are in TensorFlow's order",
            "the attention counts in the list of blocks, and has no 1/sqrt(d)",
            "truncation above 0 and at most 1, in tables that begin with a row for 0",
            "values between two rows of statistics: linear and continuous, where the original library jumps at every "
            "row; `--freeze truncation=T --statistics-rule library` gives the library's pictures",
            "spectral norm divides by that of all output channels of the last convolution, of which three are used",
            "`output_dim` and `class_embed_dim` of config.json, which nothing uses",
        ),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        """See `Family.build`; any configuration that the layout allows."""
        state = source.tensors
        facts = Facts(settings)
        config, notes = read_config(plain_names(state), config_of(source), facts)
        frozen = frozen_from(settings, config.grid)
        plain, folding = fold_spectral_norm(state)
        what = f"a BigGAN-deep generator of {config.side}x{config.side} pixels with {len(config.layers)} blocks"
        require_fit(_expected(config), plain, what)
        packed = pack(plain, config, frozen)
        labels, named = class_labels(config.num_classes)
        return Candidate(
            module=load_strictly(lambda: Generator(config, frozen=frozen is not None), packed, what),
            spec=GeneratorSpec(
                name="biggan-deep",
                family="biggan-deep",
                latent=Latent(dim=config.z_dim, prior="truncated_normal", threshold=THRESHOLD, psi_mode="scale"),
                labels=labels,
                statistics=statistics_spec(config.grid, frozen),
                output=Output(height=config.side, width=config.side, channels=3),
            ),
            value_range="tanh",
            matched=f"all {len(state)} keys match ({config.side} px, {len(config.layers)} blocks)",
            facts=tuple(facts.found),
            notes=(*notes, *named, *(["spectral norm folded with the stored u and v"] if folding else [])),
        )


def _expected(config: Config) -> dict[str, Tensor]:
    return {key: torch.empty(shape, device="meta") for key, shape in expected_shapes(config).items()}


def pack(state: State, config: Config, frozen: Frozen | None) -> State:
    """A checkpoint without spectral norm, its keys and shapes checked, as `Generator` keeps it."""
    first = config.layers[0].inputs
    packed = {
        "embeddings.weight": state["embeddings.weight"],
        "gen_z.weight": _channels_first(state["generator.gen_z.weight"], first),
        "gen_z.bias": _channels_first(state["generator.gen_z.bias"], first),
        "conv_to_rgb.weight": state["generator.conv_to_rgb.weight"][:3].contiguous(),
        "conv_to_rgb.bias": state["generator.conv_to_rgb.bias"][:3].contiguous(),
    }
    for block in range(len(config.layers)):
        for name in (f"{config.index(block)}.conv_{k}.{part}" for k in range(4) for part in ("weight", "bias")):
            packed[f"layers.{name}"] = state[f"generator.layers.{name}"]
    if config.attention is not None:
        packed |= _attention(state, config.attention)
    return packed | _norms(state, config, frozen)


def _channels_first(rows: Tensor, channels: int) -> Tensor:
    """Rows in the order height, width, channels, as TensorFlow flattens a feature map -> channels, height, width."""
    ordered = rows.reshape(START, START, channels, *rows.shape[1:]).movedim(2, 0)
    return ordered.flatten(0, 2).contiguous()


def _attention(state: State, index: int) -> dict[str, Tensor]:
    weights = {part: state[f"generator.layers.{index}.snconv1x1_{part}.weight"] for part in _PARTS}
    weights["o_conv"] = weights["o_conv"] * state[f"generator.layers.{index}.gamma"]
    return {f"layers.{index}.{part}.weight": weight for part, weight in weights.items()}


def _norms(state: State, config: Config, frozen: Frozen | None) -> dict[str, Tensor]:
    """All norms side by side: gains and shifts as one matrix, and the statistics as one table or folded into it."""
    names = [f"generator.layers.{config.index(block)}.bn_{k}" for block in range(len(config.layers)) for k in range(4)]
    last, unconditional = "generator.bn", torch.zeros(config.channel_width, 2 * config.z_dim)
    gains = torch.cat([*(state[f"{name}.scale.weight"] for name in names), unconditional]).double()
    shifts = torch.cat([*(state[f"{name}.offset.weight"] for name in names), unconditional]).double()
    conditional = len(gains) - config.channel_width
    # A conditional norm's gain is 1 + scale.
    gain = torch.cat([torch.ones(conditional), state[f"{last}.weight"]]).double()
    shift = torch.cat([torch.zeros(conditional), state[f"{last}.bias"]]).double()
    means, variances = (
        torch.cat([state[f"{name}.{part}"] for name in (*names, last)], dim=1)
        for part in ("running_means", "running_vars")
    )
    if bool((variances < 0).any()):
        raise BadInputFile("its running_vars hold negative variances\nexport another checkpoint: this one is damaged")
    packed: dict[str, Tensor] = {}
    if frozen is None:
        packed["norms.statistics.table"] = torch.cat([means, variances], dim=1)
    else:
        mean, deviation = _frozen(means, variances, config, frozen)
        gains, gain = gains / deviation[:, None], gain / deviation
        shifts, shift = shifts - mean[:, None] * gains, shift - mean * gain
    packed["norms.affine.weight"] = torch.cat([gains, shifts]).float()
    packed["norms.affine.bias"] = torch.cat([gain, shift]).float()
    return packed


def _frozen(means: Tensor, variances: Tensor, config: Config, frozen: Frozen) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of every channel at the frozen truncation, float64 [c]."""
    grid: Grid = config.grid
    return frozen_row(means, grid, frozen), (frozen_row(variances, grid, frozen) + config.eps).sqrt()
