"""Generator families: one a file, found through one lazy table; the generic one is asked last."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ganrt.errors import UsageError

if TYPE_CHECKING:
    from ganrt.exporter.families.protocol import Family

FAMILIES: dict[str, str] = {
    "dcgan": "ganrt.exporter.families.chain:DCGAN",
    "csc413": "ganrt.exporter.families.csc413:CSC413",
    "csc413-cyclegan": "ganrt.exporter.families.csc413:CSC413Cycle",
    "biggan-deep": "ganrt.exporter.families.biggan_deep:BigGANDeep",
    "biggan-hub": "ganrt.exporter.families.biggan_hub:BigGANHub",
    "biggan-deep-hub": "ganrt.exporter.families.biggan_hub:BigGANDeepHub",
    "cyclegan": "ganrt.exporter.families.cyclegan:CycleGAN",
    "animegan": "ganrt.exporter.families.animegan:AnimeGAN",
    "ugatit": "ganrt.exporter.families.ugatit:UGATIT",
    "unet": "ganrt.exporter.families.unet:UNets",
    "whitebox": "ganrt.exporter.families.whitebox:WhiteBox",
    "biggan": "ganrt.exporter.families.biggan:BigGAN",
    "biggan-deep-ajbrock": "ganrt.exporter.families.biggan:BigGANDeepAjbrock",
    "biggan-ivclab": "ganrt.exporter.families.biggan_tables:BigGANIvclab",
    "bigbigan-128": "ganrt.exporter.families.biggan:BigBiGAN128",
    "bigbigan": "ganrt.exporter.families.bigbigan:BigBiGAN",
    "bigbigan-encoder": "ganrt.exporter.families.bigbigan:BigBiGANEncoder",
    "stylegan2": "ganrt.exporter.families.stylegan2:StyleGAN2",
    "stylegan2-tensorflow": "ganrt.exporter.families.stylegan2_ports:StyleGAN2TensorFlow",
    "stylegan2-rosinality": "ganrt.exporter.families.stylegan2_ports:StyleGAN2Rosinality",
    "stylegan3": "ganrt.exporter.families.stylegan3:StyleGAN3",
    "mimicry": "ganrt.exporter.families.resnet.scripts:Mimicry",
    "studiogan": "ganrt.exporter.families.resnet.scripts:StudioGAN",
    "sngan": "ganrt.exporter.families.resnet.scripts:SNGAN",
    "wgan-gp": "ganrt.exporter.families.resnet.scripts:WGANGP",
    "sagan-resnet": "ganrt.exporter.families.resnet.scripts:ResNetSAGAN",
    "sagan": "ganrt.exporter.families.sagan:SAGAN",
    "keras": "ganrt.exporter.families.keras:Keras",
    "chain": "ganrt.exporter.families.chain:PlainChain",
}
GENERIC = "chain"


def load_family(name: str) -> Family:
    """The family called `name`.

    Raises:
        UsageError: there is none; the message names those there are.
    """
    if name not in FAMILIES:
        raise UsageError(f"unknown family {name!r}\nexpected --family with one of: {', '.join(FAMILIES)}")
    module, _, cls = FAMILIES[name].partition(":")
    family: Family = getattr(import_module(module), cls)()
    return family
