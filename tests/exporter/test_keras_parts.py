"""Checksums, padding and names of Keras' readers, against known answers."""

from __future__ import annotations

import numpy as np
import pytest
from keras_fixtures import expected

from ganrt.exporter.keras.fields import snake_case
from ganrt.exporter.keras.layers import same_padding, transposed_axis
from ganrt.exporter.keras.table import crc32c


def test_crc32c_known_answers() -> None:
    assert crc32c(b"") == 0
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, appendix B.4
    assert crc32c(bytes(range(32))) == 0x46DD794E


@pytest.mark.parametrize("length", [1, 4095, 4096, 4097, 8192, 3 * 4096 + 17, 100_003])
def test_crc32c_against_the_bitwise_definition(length: int) -> None:
    data = np.random.default_rng(length).bytes(length)
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 if register & 1 else 0)
    assert crc32c(data) == register ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("kernel", "stride", "crop"), [(5, 1, (2, 2)), (4, 2, (1, 1)), (4, 4, (0, 0)), (5, 2, (1, 2)), (3, 2, (0, 1))]
)
def test_transposed_padding_is_the_table(kernel: int, stride: int, crop: tuple[int, int]) -> None:
    axis = transposed_axis(7, kernel, stride, True)
    assert (axis.padding - axis.lead, axis.padding) == crop
    assert axis.output == 7 * stride


def test_same_padding_is_tensorflows() -> None:
    assert [same_padding(8, kernel, 2) for kernel in (5, 4, 3)] == [(1, 2, 4), (1, 1, 4), (0, 1, 4)]
    assert same_padding(7, 2, 3) == (0, 1, 3)
    assert same_padding(3, 1, 3) == (0, 0, 1)


def test_snake_case_is_keras() -> None:
    names = {"Conv2DTranspose": "conv2d_transpose", "BatchNormalization": "batch_normalization", "ReLU": "re_lu"}
    names |= {"LeakyReLU": "leaky_re_lu", "Conv2D": "conv2d", "UpSampling2D": "up_sampling2d"}
    assert {name: snake_case(name) for name in names} == names


def test_expected_pictures_are_not_trivial() -> None:
    for model in ("tutorial-mnist", "mnist-extra", "cifar10-extra", "anime", "general"):
        assert expected(model).std() > 0.05


def test_numbers_that_numpy_wrote_and_more_activations() -> None:
    from torch import nn

    from ganrt.errors import BadInputFile
    from ganrt.exporter.keras.fields import Fields, parse_json
    from ganrt.exporter.keras.steps import activation_argument, activation_layer

    values = parse_json('{"alpha": {"type": "ndarray", "value": 0.25}}', "a layer")
    leaky = activation_layer(Fields("l", "LeakyReLU", values))
    assert isinstance(leaky, nn.LeakyReLU)
    assert leaky.negative_slope == 0.25
    elu = activation_layer(Fields("l", "ELU", values))
    assert isinstance(elu, nn.ELU)
    assert elu.alpha == 0.25
    assert isinstance(activation_layer(Fields("l", "ReLU", {"max_value": 6.0})), nn.ReLU6)
    for name, kind in {"selu": nn.SELU, "swish": nn.SiLU, "elu": nn.ELU, "relu6": nn.ReLU6}.items():
        assert isinstance(activation_argument(Fields("l", "Dense", {"activation": name})), kind)
    with pytest.raises(BadInputFile, match="hard_sigmoid"):
        activation_argument(Fields("l", "Dense", {"activation": "hard_sigmoid"}))
