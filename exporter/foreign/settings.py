"""Which options a whole network of no listed family takes."""

from __future__ import annotations

from collections.abc import Mapping

from ganrt.errors import UsageError
from ganrt.exporter.options import Settings

SETTINGS: Mapping[str, str] = {
    "trust": "run the code that TorchScript and .pt2 files hold; needed for both, meaningless for ONNX",
    "latent": "the latent's dimension, default what the file declares; TorchScript declares none",
    "prior": "normal, uniform (from -1 to 1) or truncated_normal; default normal",
    "threshold": "where truncated_normal is cut off, default 2",
    "range": "tanh (-1 to 1), sigmoid (0 to 1) or uint8 (0 to 255); default from a last Tanh, Sigmoid or uint8",
    "layout": "nchw or nhwc, default whichever axis has 1, 3 or 4 channels",
    "labels": "how many classes the second input takes, as float one-hot rows; default none",
    "z_shape": "the shape of z with n and dim, such as n,dim,1,1; default what the file declares or takes",
    "image_output": "the ONNX output that holds the picture, where there are several",
}
_DEFAULT_THRESHOLD = 2.0


def check_settings(settings: Settings) -> None:
    """Refuses options that a whole network does not take.

    Raises:
        UsageError: it names the option and the accepted ones.
    """
    settings.refuse(SETTINGS, "a whole network of no listed family")
    if settings.threshold is not None and settings.prior != "truncated_normal":
        given = settings.prior or "the normal prior"
        raise UsageError(f"--threshold {settings.threshold:g}: expected --prior truncated_normal with it, not {given}")


def prior_of(settings: Settings) -> tuple[str, float | None]:
    """What z is drawn from, and where it is cut off."""
    prior = settings.prior or "normal"
    return prior, (settings.threshold or _DEFAULT_THRESHOLD) if prior == "truncated_normal" else None
