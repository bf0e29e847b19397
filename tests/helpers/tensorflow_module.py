"""Run by a Python that has TensorFlow: a BigGAN-deep as a graph of TensorFlow 1, saved as a Hub module, and pictures.

python tensorflow_module.py WEIGHTS.npz FOLDER PICTURES.npz

WEIGHTS.npz holds the variables by name, the norms' tables (mean, variance, ... as table0, table1, ...), `layers` (up,
inputs, outputs of each block), `attention` (the block before which it lies), and z, y and truncations to draw with.
Written from the paper and the modules' published names alone: nothing of ganrt is used.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

EPS, AVERAGE = 1e-4, "ema_0.9999"


class Net:
    def __init__(self, given: Any) -> None:
        self.given = given
        self.norms = 0

    def variable(self, name: str) -> Any:
        """The average of a variable; u0 has none."""
        used = name if name.endswith("/u0") else f"{name}/{AVERAGE}"
        if used != name:
            tf.get_variable(name, initializer=self.given[name])
        return tf.get_variable(used, initializer=self.given[used])

    def normed(self, name: str) -> Any:
        w, u = self.variable(f"{name}/w"), self.variable(f"{name}/u0")
        matrix = tf.reshape(w, [-1, w.shape[-1]])
        v = tf.nn.l2_normalize(tf.matmul(u, matrix, transpose_b=True), epsilon=EPS)
        u = tf.nn.l2_normalize(tf.matmul(v, matrix), epsilon=EPS)
        return w / tf.squeeze(tf.matmul(tf.matmul(v, matrix), u, transpose_b=True))

    def conv(self, x: Any, name: str, bias: bool = True) -> Any:
        made = tf.nn.conv2d(x, self.normed(name), 1, "SAME")
        return made + self.variable(f"{name}/b") if bias else made

    def norm(self, x: Any, name: str, truncation: Any, condition: Any = None) -> Any:
        k, self.norms = self.norms, self.norms + 1
        rows = []
        for part in (0, 1):
            tf.stack([tf.shape(x)[0], 1])  # other stacks lie between, as in the modules
            table = tf.stack([tf.constant(row) for row in self.given[f"table{2 * k + part}"]])
            rows.append(tf.gather(table, tf.cast(tf.round(truncation * 50), tf.int32)))
        tf.stack([tf.shape(x)[0], 2])
        mean, variance = rows
        if condition is None:
            gain, shift = (tf.reshape(self.variable(f"{name}/{part}"), [-1]) for part in ("scale", "offset"))
        else:
            gain, shift = (tf.matmul(condition, self.normed(f"{name}/{p}"))[:, None, None] for p in ("scale", "offset"))
            gain += 1
        return tf.nn.relu((x - mean) * tf.math.rsqrt(variance + EPS) * gain + shift)

    def block(self, x: Any, name: str, condition: Any, truncation: Any, up: bool, outputs: int) -> Any:
        h = x
        for k in range(4):
            norm = f"{name}/BatchNorm{f'_{k}' if k else ''}"
            h = self.norm(h, norm, truncation, condition)
            h = self.conv(doubled(h) if up and k == 1 else h, f"{name}/conv{k}")
        kept = x[..., :outputs]
        return h + (doubled(kept) if up else kept)

    def attention(self, x: Any) -> Any:
        theta, phi, g = (self.conv(x, f"Generator/attention/{part}", bias=False) for part in ("theta", "phi", "g"))
        phi, g = (tf.nn.max_pool2d(part, 2, 2, "VALID") for part in (phi, g))
        flat = [tf.reshape(part, [tf.shape(x)[0], -1, part.shape[-1]]) for part in (theta, phi, g)]
        weights = tf.nn.softmax(tf.matmul(flat[0], flat[1], transpose_b=True))
        seen = tf.reshape(tf.matmul(weights, flat[2]), [-1, *x.shape[1:3], g.shape[-1]])
        return x + self.variable("Generator/attention/gamma") * self.conv(
            seen, "Generator/attention/o_conv", bias=False
        )

    def picture(self, z: Any, y: Any, truncation: Any) -> Any:
        condition = tf.concat([z, tf.matmul(y, self.variable("linear/w"))], 1)
        layers = self.given["layers"]
        name = "Generator/GenZ/G_linear"
        x = tf.matmul(condition, self.normed(name)) + self.variable(f"{name}/b")
        x = tf.reshape(x, [-1, 4, 4, layers[0][1]])
        for i, (up, _, outputs) in enumerate(layers):
            x = self.attention(x) if i == self.given["attention"] else x
            x = self.block(x, f"Generator/GBlock{f'_{i}' if i else ''}", condition, truncation, bool(up), outputs)
        x = self.norm(x, "Generator/BatchNorm", truncation)
        return tf.tanh(self.conv(x, "Generator/conv_to_rgb")[..., :3])


def doubled(x: Any) -> Any:
    return tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)


def main(weights: str, folder: str, pictures: str) -> None:
    given = np.load(weights)
    tf.disable_eager_execution()
    with tf.Graph().as_default(), tf.Session() as session:
        z = tf.placeholder(tf.float32, [None, given["z"].shape[1]], "z")
        y = tf.placeholder(tf.float32, [None, given["y"].shape[1]], "y")
        truncation = tf.placeholder(tf.float32, [], "truncation")
        made = Net(given).picture(z, y, truncation)
        session.run(tf.global_variables_initializer())
        signature = tf.saved_model.predict_signature_def({"z": z, "y": y, "truncation": truncation}, {"default": made})
        builder = tf.saved_model.Builder(folder)
        builder.add_meta_graph_and_variables(session, [], {"default": signature})
        builder.add_meta_graph(["train"], {"default": signature})
        builder.save()
        rows = [
            session.run(made, {z: given["z"][i : i + 1], y: given["y"][i : i + 1], truncation: value})
            for i, value in enumerate(given["truncation"])
        ]
    Path(folder, "tfhub_module.pb").write_bytes(b"\x08\x03")
    np.savez(pictures, pictures=np.concatenate(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
