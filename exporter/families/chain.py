"""Any plain chain of layers, from a state dict or a pickled module: the family that is asked last.

Linear layers, convolutions, transposed convolutions, norms, activations, upsampling, pixel shuffle; a vector in, a
picture out. See `ganrt.exporter.layers`.

The reference PyTorch DCGAN (Radford et al. 2016, arXiv:1511.06434; pytorch/examples) is such a chain: `main.{3i}`
ConvTranspose2d with kernel 4, `main.{3i+1}` BatchNorm2d and ReLU after all but the last. Copies change any of that and
keep the keys, so it is read as the chain that it is, and only its name is its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ganrt.exporter.candidate import Candidate, Facts, of_family
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.spectral_norm import fold_spectral_norm, fold_weight_norm, plain_names, transposed_layers
from ganrt.exporter.layers.building import build_chain
from ganrt.exporter.layers.chain import Chain, read_chain
from ganrt.exporter.layers.items import Item, NotAChain, items_of, items_of_module, owner_classes
from ganrt.exporter.layers.labels import plan_of, split_embedding
from ganrt.exporter.layers.network import Network, picture_shape, weights_of
from ganrt.exporter.layers.presets import preset_of
from ganrt.exporter.loading import check_variances, load_strictly
from ganrt.exporter.options import EACH, Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import Latent, Output

_LEAST_SIDE = 4


class PlainChain(Family):
    name: ClassVar[str] = "chain"
    one_sequential: ClassVar[bool] = False  # whose forward has nothing to add
    open_prior = True
    settings: Mapping[str, str] = {
        "activation": "of the hidden layers: relu (default behind transposed convolutions), leaky_relu:0.2, ...",
        "last": "the last activation: tanh (default), sigmoid or none",
        "range": "of the pictures, where the last activation is none",
        "norm_eps": f"the norms' epsilon, default 1e-05; {EACH}",
        "norm": "of norms without statistics: instance (default) or layer",
        "size": "of the picture, which settles strides, paddings and upsampling",
        "stride": "of the convolutions in their order",
        "padding": "of the convolutions in their order",
        "labels": "how many of the first layer's inputs are classes; an embedding's rows are counted",
        "label_join": "how classes enter: times, after, before, or none where an embedding is not used",
        "output_shape": "of a picture that a linear layer makes",
    }

    def match(self, source: Source) -> int | None:
        """0 where the layers make a chain: every other family is more specific."""
        return None if self.why_not(source) else 0

    def why_not(self, source: Source) -> str:
        """Why this is no plain chain; "" if it is one."""
        try:
            _refuse_equalised(source.tensors)
            _, items = split_embedding(_items(source, plain_names(fold_weight_norm(source.tensors))))
            _read(source, items)
        except NotAChain as error:
            return str(error)
        return ""

    def build(self, source: Source, settings: Settings) -> Candidate:
        facts = Facts(settings)
        _refuse_equalised(source.tensors)
        state = fold_weight_norm(source.tensors)
        state, folding = fold_spectral_norm(state, transposed_layers(state))
        check_variances(state)
        every = _items(source, state)
        embedding, items = split_embedding(every)
        chain = _read(source, items)
        built = build_chain(chain, items, facts)
        plan = plan_of(chain, built, embedding, facts, "before" if preset_of(items) else "after")
        if plan.dim < 1 or (embedding is not None and 0 in embedding.weight.shape):
            raise NotAChain("takes nothing: its first layer, or its embedding of classes, has no inputs")
        module = load_strictly(lambda: Network(plan.runs), weights_of(plan.runs), "a plain chain of layers")
        try:
            shape = picture_shape(module, plan.dim, plan.classes)
        except (RuntimeError, ValueError, IndexError) as error:  # torch's, for shapes that do not fit
            raise NotAChain(f"has layers that do not fit: {str(error).splitlines()[0][:100]}") from error
        if len(shape) != 3:
            raise NotAChain(f"makes {list(shape)}, which is no picture")
        if min(shape[1:]) < _LEAST_SIDE:
            raise NotAChain(f"makes pictures of {shape[1]}x{shape[2]} pixels; expected {_LEAST_SIDE} a side at least")
        if not (self.one_sequential and source.module is None):
            _order_of(source, items, facts)
        return of_family(
            self.name,
            module,
            facts,
            f"all {len(source.tensors)} keys fit a chain of {len(built.layers)} layers",
            latent=Latent(dim=plan.dim, prior="normal", psi_mode="resample"),
            labels=plan.classes,
            output=Output(channels=shape[0], height=shape[1], width=shape[2]),
            value_range=built.value_range,
            notes=folding,
        )


def _refuse_equalised(state: State) -> None:
    """Raises NotAChain for layers that scale their weights when they run, as ProGAN's do (Karras et al. 2018,
    arXiv:1710.10196): `weight_orig` with no vector of a spectral norm nor a mask, or a bias outside of its layer."""
    beside = any(key.endswith(("weight_u", "weight_v", "weight_mask")) for key in state)
    scaled = [] if beside else [key for key in state if key.endswith(".weight_orig")]
    around = dict.fromkeys(key.rsplit(".", 2)[0] for key in state if key.endswith(".weight") and key.count(".") > 1)
    scaled += [f"{owner}.bias" for owner in around if f"{owner}.bias" in state and f"{owner}.weight" not in state]
    if scaled:
        raise NotAChain(
            f"{scaled[0]} belongs to a layer of an equalised learning rate, as ProGAN's: its weights are scaled when "
            "it runs, by a factor that is not in the file; --code runs its class"
        )


def _read(source: Source, items: list[Item]) -> Chain:
    own = source.module is not None and bool(owner_classes(source.module))
    return read_chain(items, source.format != "safetensors", own)


def _items(source: Source, state: State) -> list[Item]:
    return items_of_module(source.module, state) if source.module is not None else items_of(state)


def _order_of(source: Source, items: list[Item], facts: Facts) -> None:
    """What `forward` does is in no file; of a preset, and of torch's own classes, it is known."""
    value, mend = "its layers one after another", "--code runs it"
    if source.module is None:
        if not preset_of(items):
            note = f"a skip, a factor or bilinear enlarging leaves no trace: {mend}"
            facts.open("what forward does", value, note)
    elif own := sorted(owner_classes(source.module)):
        facts.open(f"what the forward of {', '.join(own)[:80]} does", value, mend)


class DCGAN(PlainChain):
    name = "dcgan"
    one_sequential = True
    # A DCGAN discriminator also has main.0.weight, but its main.1 is an activation and has no statistics.
    keys = KeyCondition(all_of=("main.0.weight", "main.1.running_mean", "main.3.weight"))
    spectral = True
    match = Family.match
