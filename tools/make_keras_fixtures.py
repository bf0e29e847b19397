"""Makes tests/fixtures/keras.tar.xz: small generators saved by real TensorFlow and Keras, with z and pictures.

Run by hand in an environment of its own, which the exporter never needs:

    pip install tensorflow-cpu tf_keras keras h5py
    python tools/make_keras_fixtures.py tests/fixtures/keras.tar.xz

Every model has random weights, biases and batch-norm statistics far from their defaults, so that each wrong constant
shows. `expected.npz` holds, for each model, z, TensorFlow's float32 pictures [n, h, w, c] and, for the one trained
under mixed_float16, also its own pictures.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
import tf_keras

SAMPLES = 3
Model = Any


def tutorial(k: ModuleType, side: int, strides: tuple[int, ...], channels: int) -> Model:
    """TensorFlow's DCGAN tutorial and its variants, with few channels."""
    layers = k.layers
    widths = {3: (4, 3), 6: (4, 4, 3, 3, 3)}[len(strides)]
    model = k.Sequential([layers.Dense(side * side * 5, use_bias=False, input_shape=(6,))])
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU())
    model.add(layers.Reshape((side, side, 5)))
    for width, stride in zip(widths, strides, strict=False):
        model.add(layers.Conv2DTranspose(width, 5, strides=stride, padding="same", use_bias=False))
        model.add(layers.BatchNormalization())
        model.add(layers.LeakyReLU())
    last = {"strides": strides[-1], "padding": "same", "use_bias": False, "activation": "tanh"}
    model.add(layers.Conv2DTranspose(channels, 5, **last))
    return model


def anime(k: ModuleType) -> Model:
    """The functional generator of learnopencv: batch norms with epsilon 0.8, input [n, 1, 1, dim]."""
    layers = k.layers
    x = z = k.Input((1, 1, 6))
    for i, (width, stride) in enumerate([(6, 4), (4, 2), (4, 2), (3, 2), (3, 2)], start=1):
        last = {"activation": "tanh"} if i == 5 else {}
        options = {"strides": stride, "padding": "same", "use_bias": False, "name": f"conv_transpose_{i}", **last}
        x = layers.Conv2DTranspose(width, 4, **options)(x)
        if i < 5:
            x = layers.BatchNormalization(momentum=0.1, epsilon=0.8, center=1.0, scale=0.02, name=f"bn_{i}")(x)
            x = layers.ReLU(name=f"relu_{i}")(x)
    return k.Model(z, x)


def general(k: ModuleType) -> Model:
    """One of everything, with odd kernels and strides."""
    layers = k.layers
    leaky = k.layers.LeakyReLU(0.15) if k is keras else k.layers.LeakyReLU(alpha=0.15)
    stack = [
        layers.Dense(9, activation="leaky_relu"),
        layers.Dropout(0.3),
        layers.Dense(3 * 4 * 3),
        layers.Reshape((3, 4, 3)),
        layers.Conv2DTranspose(4, 3, strides=2, padding="same"),
        layers.BatchNormalization(scale=False, epsilon=0.01),
        layers.ReLU(),
        layers.Conv2DTranspose(4, 2, strides=3, padding="same", activation="relu"),
        layers.Conv2D(5, 5, strides=2, padding="same", activation="leaky_relu"),
        layers.BatchNormalization(center=False),
        layers.Activation("relu"),
        layers.UpSampling2D(2),
        layers.Conv2D(4, 4, strides=2, padding="same", use_bias=False),
        leaky,
        layers.Conv2DTranspose(4, (5, 4), strides=(2, 1), padding="same"),
        layers.Conv2D(4, 3, strides=2, padding="same"),
        layers.ZeroPadding2D(((1, 2), (0, 1))),
        layers.Conv2DTranspose(3, 3, strides=2, padding="valid", activation="sigmoid"),
        layers.UpSampling2D((2, 3), interpolation="bilinear"),
        layers.Cropping2D(((1, 0), (2, 3))),
        layers.Flatten(),
        layers.Reshape((-1, 42, 5)),
        layers.Conv2D(7, (4, 3), padding="same", activation="tanh"),
        layers.Conv2DTranspose(3, 2, strides=3, padding="valid", activation="sigmoid"),
    ]
    return k.Sequential([k.Input((6,)) if k is keras else layers.InputLayer(input_shape=(6,)), *stack])


def randomise(model: Model, seed: int) -> None:
    """Weights that keep the values' spread, statistics and affine terms far from 0 and 1."""
    random = np.random.default_rng(seed)
    values = []
    for variable in model.weights:
        name, shape = getattr(variable, "path", variable.name), tuple(variable.shape)
        if "kernel" in name:
            inputs = shape[-1] if "transpose" in name else shape[-2]
            values.append(random.normal(0, 1.0 / np.sqrt(inputs * max(1, np.prod(shape[:-2]) / 3)), shape))
        elif "variance" in name:
            values.append(random.uniform(0.3, 2.5, shape))
        elif "gamma" in name:
            values.append(random.uniform(0.6, 1.5, shape))
        else:
            values.append(random.normal(0, 0.4, shape))
    model.set_weights(values)


def named(k: ModuleType, make: Any, seed: int) -> Model:
    """The second of two equal models, so that names of layers have numbers that begin anywhere."""
    make(k)
    model = make(k)
    randomise(model, seed)
    return model


def save_keras3(folder: Path, name: str, model: Model) -> None:
    model.save(folder / f"{name}.k3.keras")
    model.save(folder / f"{name}.k3.h5")
    model.save_weights(folder / f"{name}.k3.weights.h5")
    tf.train.Checkpoint(generator=model).write(str(folder / f"{name}-k3"))


def save_keras2(folder: Path, name: str, model: Model) -> None:
    model.save(folder / f"{name}.k2.h5")
    model.save_weights(folder / f"{name}.k2-weights.h5")
    tf.train.Checkpoint(generator=model).write(str(folder / f"{name}-k2"))


def save_tar(folder: Path, name: str, model: Model, mode: str) -> None:
    """A SavedModel in a tar, as it is published."""
    saved = folder / "generator"
    model.save(saved, save_format="tf")
    # The graph of the computation is large, is not read, and would not fit.
    (saved / "saved_model.pb").write_bytes(b"")
    with tarfile.open(folder / name, mode) as archive:
        archive.add(saved, "generator")
    shutil.rmtree(saved)


def pictures(model: Model, z: np.ndarray) -> np.ndarray:
    return np.asarray(model(z, training=False), np.float32)


def main(output: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_all(Path(folder))
        # One solid archive: the same weights in many formats compress to a tenth.
        with tarfile.open(output, "w:xz") as archive:
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file():
                    archive.add(path, path.relative_to(folder), filter=_anonymous)
    print(output.stat().st_size, "bytes")


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


def make_all(folder: Path) -> None:
    random = np.random.default_rng(5)
    extra = (1, 1, 2, 1, 1, 2)
    makers = {
        "tutorial-mnist": lambda k: tutorial(k, 7, (1, 2, 2), 1),
        "mnist-extra": lambda k: tutorial(k, 7, extra, 1),
        "cifar10-extra": lambda k: tutorial(k, 8, extra, 3),
        "anime": anime,
        "general": general,
    }
    expected: dict[str, np.ndarray] = {}
    for seed, (name, make) in enumerate(makers.items()):
        z = random.normal(size=(SAMPLES, 6)).astype(np.float32)
        shaped = z.reshape(-1, 1, 1, 6) if name == "anime" else z
        new, old = named(keras, make, seed), named(tf_keras, make, seed)
        expected[f"{name}.z"], expected[name] = z, pictures(new, shaped)
        assert np.abs(expected[name] - pictures(old, shaped)).max() < 5e-6, name
        assert 0.05 < expected[name].std() < 0.75, (name, expected[name].std())
        print(name, expected[name].shape, "spread", expected[name].std())
        if name == "cifar10-extra":
            keras.mixed_precision.set_global_policy("mixed_float16")
            tf_keras.mixed_precision.set_global_policy("mixed_float16")
            new, old = named(keras, make, seed), named(tf_keras, make, seed)
            expected[f"{name}.mixed"] = pictures(new, shaped)
            keras.mixed_precision.set_global_policy("float32")
            tf_keras.mixed_precision.set_global_policy("float32")
        save_keras3(folder, name, new)
        save_keras2(folder, name, old)
        if name in ("anime", "general"):
            save_tar(folder, f"{name}.tar", old, "w")
        if name == "tutorial-mnist":
            save_tar(folder, f"{name}.tar.gz", old, "w:gz")
            old.save(folder / f"{name}.k2.keras")
            old.save_weights(folder / f"{name}.k2.weights.h5")
            tf.train.Checkpoint(
                generator=old,
                discriminator=tutorial(tf_keras, 1, (1, 2, 2), 1),
                generator_optimizer=tf_keras.optimizers.Adam(),
            ).save(str(folder / "training_checkpoints" / "ckpt"))
            new.export(folder / "exported", verbose=False)
            (folder / "exported" / "saved_model.pb").write_bytes(b"")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **expected)
    (folder / "expected.npz").write_bytes(buffer.getvalue())
    for extra_file in [*folder.rglob("fingerprint.pb")]:
        extra_file.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
