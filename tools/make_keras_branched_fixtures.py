"""Makes tests/fixtures/keras-branched.tar.xz: nested and branched Keras models with random weights and their pictures.

    pip install keras torch h5py
    KERAS_BACKEND=torch python tools/make_keras_branched_fixtures.py

The pictures are Keras' own, by its backend for torch. `gan` expects those of its generator.
"""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

OUTPUT = Path(__file__).parents[1] / "tests" / "fixtures" / "keras-branched.tar.xz"
DIM, CLASSES = 12, 5


def generator() -> Any:
    return keras.Sequential(
        [
            layers.Input((DIM,)),
            layers.Dense(4 * 4 * 6),
            layers.LeakyReLU(negative_slope=0.1),
            layers.Reshape((4, 4, 6)),
            layers.BatchNormalization(),
            layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh"),
        ],
        name="generator",
    )


def discriminator() -> Any:
    return keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.Conv2D(4, 3, strides=2, padding="same"),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="discriminator",
    )


def inputs() -> tuple[Any, Any]:
    return layers.Input((DIM,), name="z"), layers.Input((1,), dtype="int32", name="label")


def nested() -> Any:
    z, _ = inputs()
    return keras.Model(z, layers.Activation("tanh")(layers.Conv2D(3, 3, padding="same")(generator()(z))))


def multiplied() -> Any:
    z, label = inputs()
    classes = layers.Flatten()(layers.Embedding(CLASSES, DIM)(label))
    return keras.Model([z, label], generator()(layers.Multiply()([z, classes])))


def concatenated() -> Any:
    z, label = inputs()
    classes = layers.Reshape((4, 4, 1))(layers.Dense(16)(layers.Embedding(CLASSES, 7)(label)))
    x = layers.Reshape((4, 4, 6))(layers.ReLU()(layers.Dense(96)(z)))
    x = layers.Concatenate()([x, classes])
    x = layers.Add()([x, layers.Conv2D(7, 3, padding="same", activation="elu")(x)])
    x = layers.PReLU(shared_axes=[1, 2])(x)
    return keras.Model([z, label], layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="sigmoid")(x))


def shake(model: Any) -> None:
    for i, variable in enumerate(model.weights):
        values = np.random.default_rng(i).normal(0, 0.3, variable.shape)
        variable.assign(np.abs(values) + 0.3 if "variance" in variable.path else values)


def main() -> None:
    whole = keras.Sequential([generator(), discriminator()], name="gan")
    whole.build((None, DIM))
    models = {"gan": whole, "nested": nested(), "multiplied": multiplied(), "concatenated": concatenated()}
    z, classes = np.random.default_rng(1).normal(size=(3, DIM)).astype("float32"), np.array([1, 4, 0])
    expected: dict[str, Any] = {"z": z, "classes": classes}
    with tempfile.TemporaryDirectory() as folder:
        for name, model in models.items():
            shake(model)
            model.save(f"{folder}/{name}.keras")
            model.save(f"{folder}/{name}.h5")
            given = [z, classes[:, None]][: len(model.inputs)]
            drawing = model.layers[0] if name == "gan" else model
            expected[name] = drawing.predict(given if len(given) > 1 else z, verbose=0)
        np.savez(f"{folder}/expected.npz", **expected)
        with tarfile.open(OUTPUT, "w:xz") as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.add(path, path.name)


if __name__ == "__main__":
    main()
