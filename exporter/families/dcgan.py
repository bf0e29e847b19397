"""The reference PyTorch DCGAN generator: Radford et al. 2016 (arXiv:1511.06434), as in pytorch/examples.

`main.{3i}` ConvTranspose2d with kernel 4 (the first stride 1, padding 0 on one pixel; the others stride 2, padding 1),
`main.{3i+1}` BatchNorm2d and ReLU after all but the last, which a tanh follows. Copies change any of that and keep the
keys, so it is read as the chain that it is, and only its name is its own.
"""

from __future__ import annotations

from ganrt.exporter.families.chain import PlainChain
from ganrt.exporter.families.protocol import Family, KeyCondition


class DCGAN(PlainChain):
    name = "dcgan"
    # A DCGAN discriminator also has main.0.weight, but its main.1 is an activation and has no statistics.
    keys = KeyCondition(all_of=("main.0.weight", "main.1.running_mean", "main.3.weight"))
    spectral = True
    match = Family.match
