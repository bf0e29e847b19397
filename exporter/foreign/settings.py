"""Which options a whole network of no listed family takes."""

from __future__ import annotations

from collections.abc import Mapping

SETTINGS: Mapping[str, str] = {
    "trust": "run the code that TorchScript and .pt2 files hold; needed for both, meaningless for ONNX",
    "latent": "the latent's dimension, default what the file declares; TorchScript declares none",
    "prior": "normal, uniform (from -1 to 1), truncated_normal, or parts (normal:62,onehot:10); default normal",
    "threshold": "where truncated_normal is cut off, default 2",
    "range": "tanh (-1 to 1), sigmoid (0 to 1) or uint8 (0 to 255); default from a last Tanh, Sigmoid or uint8",
    "layout": "nchw or nhwc, default whichever axis has 1, 3 or 4 channels",
    "labels": "how many classes the second input takes, as rows or as numbers; default what an embedding looks up",
    "z_shape": "the shape of z with n and dim, such as n,dim,1,1; default what the file declares or takes",
    "source_range": "of a translator's own pictures: tanh or sigmoid, default as --range",
    "size": "of a translator's pictures, where the file leaves it open; default 256x256",
    "image_output": "the ONNX output that holds the picture, where there are several",
}
