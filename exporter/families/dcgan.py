"""The reference PyTorch DCGAN generator: Radford et al. 2016 (arXiv:1511.06434), as in pytorch/examples.

`main.{3i}` ConvTranspose2d with kernel 4 (the first stride 1, padding 0 on one pixel; the others stride 2, padding 1),
`main.{3i+1}` BatchNorm2d and ReLU after all but the last, which a tanh follows. Copies change any of that and keep the
keys, so it is read as the chain that it is, and only its name is its own.
"""

from __future__ import annotations

from ganrt.exporter.families.chain import PlainChain
from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import KeyCondition, Keyed


class DCGAN(Keyed, PlainChain):
    """The family `dcgan`: see `ganrt.exporter.families.protocol.Family`."""

    name = "dcgan"
    open_prior = True
    # A DCGAN discriminator also has main.0.weight, but its main.1 is an activation and has no statistics.
    keys = KeyCondition(all_of=("main.0.weight", "main.1.running_mean", "main.3.weight"))
    spectral = True
    page = Page(
        title="Reference PyTorch DCGAN",
        origin="`pytorch/examples`' dcgan, the PyTorch DCGAN tutorial, and the many scripts written after them",
        formats=PlainChain.page.formats,
        gives="square pictures, 1, 3 or 4 channels, any widths, kernels and latent size",
        traps=(
            "prefixes of DataParallel, torch.compile and Lightning; averages beside the weights; spectral norm",
            "convolution biases and dropout that some copies have",
            "activations, batch norm's epsilon and the distribution of z, which the file does not hold: what is "
            "assumed is listed, and each of it has an option",
            "a discriminator has nearly the same keys: its missing batch norm at `main.1` tells",
        ),
    )
