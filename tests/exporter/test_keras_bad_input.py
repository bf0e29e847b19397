"""Keras and TensorFlow files that are damaged, hostile, ambiguous or no plain generator."""

from __future__ import annotations

import gzip
import io
import json
import random
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from dcgan_reference import built_from
from keras_fixtures import error, expected, fixtures

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.checkpoints import read_checkpoint
from ganrt.exporter.describe import describe
from ganrt.exporter.families.dcgan import DCGAN
from ganrt.exporter.keras.crc32c import crc32c, masked
from ganrt.exporter.keras.matching import snake_case
from ganrt.exporter.keras.padding import same_padding, transposed_axis
from ganrt.exporter.keras.table import read_table
from ganrt.exporter.keras.variables import owned_variables


def refused(path: Path, *words: str, kind: type[Exception] = BadInputFile, **settings: str) -> str:
    with pytest.raises(kind) as caught:
        built_from(path, settings)
    message = str(caught.value)
    assert 1 <= len(message.splitlines()) <= 3, message
    for word in (path.name, *words) if kind is BadInputFile else words:
        assert word in message, message
    assert message.count(str(path)) <= 1, message
    return message


def rezipped(path: Path, change: Callable[[dict[str, Any]], object], source: str = "general.k3.keras") -> Path:
    """A copy of a `.keras` file whose model's JSON went through `change`."""
    with zipfile.ZipFile(fixtures() / source) as given, zipfile.ZipFile(path, "w") as made:
        for entry in given.infolist():
            data = given.read(entry)
            if entry.filename == "config.json":
                model = json.loads(data)
                change(model)
                data = json.dumps(model).encode()
            made.writestr(entry.filename, data)
    return path


def with_layer(tmp_path: Path, index: int, **config: Any) -> Path:
    """`general` with other settings in one layer's config (0 is the input)."""
    return rezipped(tmp_path / "a.keras", lambda model: model["config"]["layers"][index]["config"].update(config))


def copied(tmp_path: Path, name: str) -> Path:
    return Path(shutil.copy(fixtures() / name, tmp_path / name))


# Architectures


@pytest.mark.parametrize("name", ["Lambda", "TFOpLambda", "Attention", "Mine>Dense", "mine.Dropout", "Dense2"])
def test_unknown_layers_are_refused_by_name(tmp_path: Path, name: str) -> None:
    def change(model: dict[str, Any]) -> None:
        layer = model["config"]["layers"][2]
        layer["module" if "." in name else "registered_name" if ">" in name else "class_name"] = name.split(".")[0]

    words = ("holds code, which is never run",) if "Lambda" in name else ("is not known",)
    refused(rezipped(tmp_path / "a.keras", change), f"({name})", "'dropout", "Conv2DTranspose", *words)


@pytest.mark.parametrize(
    ("layer", "config", "words"),
    [
        (1, {"units": -1}, "units = -1"),
        (1, {"units": "many"}, "units = many"),
        (1, {"activation": "mish"}, "activation = mish"),
        (1, {"activation": {"class_name": "function", "config": "evil"}}, "activation"),
        (1, {"dtype": 7}, "dtype = 7"),
        (4, {"target_shape": [5, 5, 5]}, "[h, w, c] of 36 values"),
        (4, {"target_shape": [-1, 0, 5]}, "target_shape"),
        (5, {"data_format": "channels_first"}, "channels_last"),
        (5, {"strides": [2, 2, 2]}, "strides"),
        (5, {"strides": 0}, "strides"),
        (5, {"dilation_rate": [2, 2]}, "dilation_rate"),
        (5, {"output_padding": [1, 1]}, "output_padding"),
        (5, {"padding": "causal"}, "padding = causal"),
        (5, {"filters": 2**20, "kernel_size": 2**20}, "at most"),
        (6, {"axis": 1}, "axis = 1"),
        (6, {"epsilon": float("nan")}, "epsilon"),
        (6, {"renorm": True}, "renorm"),
        (7, {"max_value": 6.0}, "max_value"),
        (12, {"size": 2**19}, "at most"),
        (12, {"interpolation": "bicubic"}, "nearest or bilinear"),
        (20, {"cropping": [[99, 99], [0, 0]]}, "cropping"),
        (20, {"cropping": [[-1, 0], [0, 0]]}, "cropping"),
    ],
)
def test_options_without_an_equivalent(tmp_path: Path, layer: int, config: dict[str, Any], words: str) -> None:
    refused(with_layer(tmp_path, layer, **config), "layer '", words)


def test_models_that_are_no_chain(tmp_path: Path) -> None:
    def branch(model: dict[str, Any]) -> None:
        layers = model["config"]["layers"]
        layers[3]["inbound_nodes"][0]["args"].append(layers[2]["inbound_nodes"][0]["args"][0])

    def spare(model: dict[str, Any]) -> None:
        layers = model["config"]["layers"]
        layers[3]["inbound_nodes"] = layers[2]["inbound_nodes"]

    def outputs(model: dict[str, Any]) -> None:
        model["config"]["output_layers"] = [["bn_1", 0, 0], ["bn_2", 0, 0]]

    def circle(model: dict[str, Any]) -> None:
        layers = model["config"]["layers"]
        layers[1]["inbound_nodes"] = layers[4]["inbound_nodes"]

    def nested(model: dict[str, Any]) -> None:
        model["config"]["layers"][1]["class_name"] = "Sequential"

    source = "anime.k3.keras"
    refused(rezipped(tmp_path / "a.keras", branch, source), "'relu_1'", "on 2 inputs")
    refused(rezipped(tmp_path / "b.keras", spare, source), "beside the chain to its output: bn_1")
    refused(rezipped(tmp_path / "c.keras", outputs, source), "2 outputs")
    refused(rezipped(tmp_path / "d.keras", circle, source), "expected a chain")
    refused(rezipped(tmp_path / "e.keras", nested, source), "a model of its own")
    refused(rezipped(tmp_path / "f.keras", lambda model: model.update(class_name="MyGAN")), "'MyGAN'")
    refused(rezipped(tmp_path / "g.keras", lambda model: model.update(config=None)), "class_name and config")
    refused(rezipped(tmp_path / "h.keras", lambda model: model["config"].update(layers=[])), "1 to 1000 layers")
    no_picture = rezipped(
        tmp_path / "i.keras", lambda model: model["config"].update(layers=model["config"]["layers"][:4])
    )
    refused(no_picture, "draws [36] values", "1, 3 or 4 channels")


def test_the_range_is_asked_for_where_nothing_tells_it(tmp_path: Path) -> None:
    linear = with_layer(tmp_path, -1, activation="linear")
    refused(linear, "--set range=tanh", "--set range=sigmoid", kind=UsageError)
    assert built_from(linear, {"range": "tanh"}).value_range == "tanh"
    assert describe(linear, settings={"range": "sigmoid"}).family == "keras"
    refused(linear, "range='relu'", kind=UsageError, range="relu")
    refused(fixtures() / "anime.k3.keras", "ends in tanh", kind=UsageError, range="sigmoid")


def test_settings_that_contradict_the_file() -> None:
    refused(fixtures() / "anime.k3.keras", "holds its own", kind=UsageError, preset="anime")
    refused(fixtures() / "anime.k2.h5", "holds its own", kind=UsageError, bn_eps="0.1")
    refused(fixtures() / "anime-k2.index", "tutorial-mnist", "preset='x'", kind=UsageError, preset="x")
    refused(fixtures() / "anime-k2.index", "does not fit the preset mnist-extra", preset="mnist-extra")


def test_the_epsilon_of_anime_is_never_guessed() -> None:
    refused(fixtures() / "anime.k2-weights.h5", "--set preset=anime", "--set bn_eps=0.001", kind=UsageError)


def test_weights_in_no_known_layout_ask_for_the_whole_model() -> None:
    refused(fixtures() / "general.k2-weights.h5", "--set preset=NAME", "model.save('net.keras')", kind=UsageError)
    refused(fixtures() / "general.k3.weights.h5", "layers/conv2d/vars/0", kind=UsageError)


def test_keras_is_no_family_for_torch_files_nor_the_reverse(tmp_path: Path) -> None:
    import tiny_models

    with pytest.raises(UsageError, match="not written by Keras"):
        built_from(tiny_models.save_dcgan(tmp_path / "a.pth"), family="keras")
    assert not DCGAN().detect(read_checkpoint(fixtures() / "anime.k3.keras").tensors)


# Weights


def test_every_missing_unexpected_and_misshapen_key_is_named(tmp_path: Path) -> None:
    path = copied(tmp_path, "tutorial-mnist.k2.h5")
    with h5py.File(path, "r+") as file:
        group = file["model_weights"]
        first, second = [name for name in group if name.startswith("batch")][:2]
        del group[first][first]["gamma:0"]
        del group[second][second]["beta:0"]
        group[f"{second}/{second}/beta:0"] = np.zeros(7, np.float32)
        group["dense_1/dense_1/bias:0"] = np.zeros(3, np.float32)
        group["extra/extra/kernel:0"] = np.zeros((3, 3), np.float32)
    message = refused(path, f"missing: {first}/gamma", "unexpected: ", "extra/kernel", f"{second}/beta [7], expected [")
    assert "dense_1/bias" in message or "dense" in message


def test_missing_and_unexpected_keys_of_weights_files(tmp_path: Path) -> None:
    path = copied(tmp_path, "tutorial-mnist.k3.weights.h5")
    with h5py.File(path, "r+") as file:
        del file["layers/batch_normalization_1/vars/3"]
        file["layers/conv2d/vars/0"] = np.zeros((3, 3, 1, 1), np.float32)
    words = ("missing: layers/batch_normalization_1/vars/3", "unexpected: layers/conv2d/vars/0")
    refused(path, *words, preset="tutorial-mnist")


def test_half_precision_weights_are_accepted(tmp_path: Path) -> None:
    path = copied(tmp_path, "tutorial-mnist.k3.h5")
    with h5py.File(path, "r+") as file:
        datasets: list[h5py.Dataset] = []
        file["model_weights"].visititems(
            lambda _, item: datasets.append(item) if isinstance(item, h5py.Dataset) else None
        )
        for name, values in [(item.name, item[()]) for item in datasets]:
            del file[name]
            file[name] = values.astype(np.float16)
    assert read_checkpoint(path).dtype == "float16"
    assert error(built_from(path), "tutorial-mnist") < 0.01


def test_weights_that_are_not_finite_or_not_floats(tmp_path: Path) -> None:
    path = copied(tmp_path, "anime.k3.weights.h5")
    with h5py.File(path, "r+") as file:
        file["layers/conv2d_transpose/vars/0"][0, 0] = np.nan
    refused(path, "NaN or infinite")
    with h5py.File(path, "r+") as file:
        del file["layers/conv2d_transpose/vars/0"]
        file["layers/conv2d_transpose/vars/0"] = np.zeros((4, 4, 6, 6), np.int8)
    refused(path, "int8", "expected floats")


# HDF5


def hdf5(path: Path, fill: Callable[[h5py.File], object]) -> Path:
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def test_links_out_of_the_file_are_refused(tmp_path: Path) -> None:
    secret = hdf5(tmp_path / "secret.h5", lambda file: file.create_dataset("a/a/kernel:0", data=np.ones((2, 2), "f4")))
    fills: dict[str, Callable[[h5py.File], object]] = {
        "external": lambda file: file.__setitem__("a", h5py.ExternalLink(str(secret), "/a")),
        "soft": lambda file: file.__setitem__("a", h5py.SoftLink("/b")),
        "deep": lambda file: file.create_group("a/b/c").__setitem__("d", h5py.SoftLink("/a")),
    }
    for name, fill in fills.items():
        refused(hdf5(tmp_path / f"{name}.h5", fill), "is a link")


def test_data_outside_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(bytes(400))
    external = [(str(tmp_path / "raw"), 0, 400)]
    refused(
        hdf5(tmp_path / "a.h5", lambda file: file.create_dataset("a/a/kernel:0", (100,), "f4", external=external)),
        "lies in another file",
    )
    layout = h5py.VirtualLayout((100,), "f4")
    layout[:] = h5py.VirtualSource(str(tmp_path / "raw.h5"), "x", (100,))
    refused(
        hdf5(tmp_path / "b.h5", lambda file: file.create_group("a").create_virtual_dataset("kernel:0", layout)),
        "lies in another file",
    )


def test_bombs_in_hdf5_are_refused(tmp_path: Path) -> None:
    def unallocated(file: h5py.File) -> None:
        file.create_dataset("a/a/kernel:0", (2**20, 2**20), "f4", chunks=(1024, 1024))

    def squeezed(file: h5py.File) -> None:
        file.create_dataset("a/a/kernel:0", data=np.zeros((512, 512), "f4"), compression="gzip")

    def circle(file: h5py.File) -> None:
        group = file.create_group("a/b")
        group["c"], group["d"] = file["a"], file["a"]

    refused(hdf5(tmp_path / "a.h5", unallocated), "less than it declares")
    refused(hdf5(tmp_path / "b.h5", squeezed), "less than it declares")
    refused(hdf5(tmp_path / "c.h5", circle), "deeply or endlessly")


def test_hdf5_without_a_model(tmp_path: Path) -> None:
    refused(hdf5(tmp_path / "a.h5", lambda file: file.create_dataset("x", data=np.ones(3, "f4"))), "no plain layer")
    only_optimizer = {"optimizer_weights/m": np.ones(3, "f4")}
    refused(
        hdf5(tmp_path / "b.h5", lambda file: [file.create_dataset(k, data=v) for k, v in only_optimizer.items()]),
        "not an optimizer alone",
    )
    deep = "[" * 100_000
    refused(hdf5(tmp_path / "c.h5", lambda file: file.attrs.__setitem__("model_config", deep[:60_000])), "damaged")


# Archives


def tarred(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize("name", ["/etc/passwd", "../a.h5", "a/../../b.h5", "C:/a.h5", "..\\a.h5"])
def test_names_outside_of_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    refused(tarred(tmp_path / "a.tar", (member(name), b"x")), "a name outside of the archive")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_archives_are_refused(tmp_path: Path, kind: bytes) -> None:
    refused(tarred(tmp_path / "a.tar", (member("a.h5", kind, "/etc/passwd"), b"")), "a link, a device")


def test_bombs_are_refused(tmp_path: Path) -> None:
    zeros = bytes(70 * 2**20)
    bomb = tarred(tmp_path / "a.tar.gz", (member("a.h5"), zeros), mode="w:gz")
    assert bomb.stat().st_size < 2**20
    refused(bomb, "unpacks to more than")
    (tmp_path / "b.tar.gz").write_bytes(gzip.compress(b"x" * 300 + zeros))
    refused(tmp_path / "b.tar.gz", "b.tar.gz")
    with zipfile.ZipFile(tmp_path / "c.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", zeros)
    refused(tmp_path / "c.keras", "unpacks to more than")


def test_a_long_header_is_a_bomb_too(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT, pax_headers={"comment": "x" * (70 * 2**20)}) as archive:
        archive.addfile(member("a"), io.BytesIO())
    refused(path, "unpacks to more than")


def test_archives_without_one_model(tmp_path: Path) -> None:
    refused(tarred(tmp_path / "a.tar", (member("readme.txt"), b"hello")), "an archive of readme.txt", "SavedModel")
    two = [(member(f"{name}/saved_model.pb"), b"") for name in ("a", "b")]
    refused(tarred(tmp_path / "b.tar", *two), "several models: a/, b/")
    with zipfile.ZipFile(tmp_path / "c.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    refused(tmp_path / "c.keras", "without model.weights.h5")


def test_a_single_file_in_an_archive_is_read(tmp_path: Path) -> None:
    data = (fixtures() / "anime.k2.h5").read_bytes()
    path = tarred(tmp_path / "a.tar.gz", (member("./deep/anime.h5"), data), mode="w:gz")
    read = read_checkpoint(path)
    assert (read.format, read.container) == ("tar+hdf5", "deep/anime.h5")
    assert error(built_from(path), "anime") <= 1e-5


# Folders and checkpoints


def test_folders_without_one_model(tmp_path: Path) -> None:
    refused(tmp_path, "is a folder without a model", "saved_model.pb")
    for name in ("a", "b"):
        (tmp_path / f"{name}.index").touch()
    refused(tmp_path, "several models: a, b")
    (tmp_path / "saved_model.pb").touch()
    refused(tmp_path, "without variables/variables.index")


def test_the_latest_checkpoint_is_taken_and_said(tmp_path: Path) -> None:
    for name in ("checkpoint", "ckpt-1.index", "ckpt-1.data-00000-of-00001"):
        shutil.copy(fixtures() / "training_checkpoints" / name, tmp_path / name)
    (tmp_path / "ckpt-0.index").write_bytes(b"old")
    generator = built_from(tmp_path)
    assert "2 checkpoints: ckpt-1 taken, the latest" in generator.notes
    assert any("generator taken, discriminator left out" in note for note in generator.notes)
    assert error(generator, "tutorial-mnist") <= 1e-5


def test_a_folders_hash_changes_with_any_byte(tmp_path: Path) -> None:
    for name in ("anime-k2.index", "anime-k2.data-00000-of-00001"):
        shutil.copy(fixtures() / name, tmp_path / name)
    first = read_checkpoint(tmp_path / "anime-k2.index")
    assert first.sha256 == read_checkpoint(tmp_path / "anime-k2").sha256 == read_checkpoint(tmp_path).sha256
    assert first.size == sum(path.stat().st_size for path in tmp_path.iterdir())
    for name in ("anime-k2.index", "anime-k2.data-00000-of-00001"):
        shutil.copy(fixtures() / name.replace("anime", "general"), tmp_path / name)
    assert read_checkpoint(tmp_path).sha256 != first.sha256


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    refused(copied(tmp_path, "anime-k2.index"), "lacks anime-k2.data-00000-of-00001")


def test_a_flipped_weight_fails_its_checksum(tmp_path: Path) -> None:
    copied(tmp_path, "anime-k2.index")
    data = copied(tmp_path, "anime-k2.data-00000-of-00001")
    damaged = bytearray(data.read_bytes())
    damaged[4000] ^= 1
    data.write_bytes(damaged)
    refused(tmp_path / "anime-k2.index", "another checksum")


def test_a_compressed_index_is_said_to_be_one() -> None:
    block = b"\0\0\0\0\x01\0\0\0" + b"\x01"  # no entries, one restart point; 1: snappy
    checksum = masked(crc32c(block)).to_bytes(4, "little")
    footer = b"\0\0" + b"\0\x08" + bytes(36) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
    with pytest.raises(BadInputFile, match="compressed index"):
        read_table(block + checksum + footer)
    assert read_table(block[:-1] + b"\0" + masked(crc32c(block[:-1] + b"\0")).to_bytes(4, "little") + footer) == {}


def test_two_networks_in_a_checkpoint() -> None:
    def networks(*roots: str) -> dict[str, torch.Tensor]:
        return {f"{root}/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE": torch.ones(1) for root in roots}

    tensors, origin, root = owned_variables(networks("generator", "generator_ema", "discriminator"))
    assert (list(tensors), root) == (["layer_with_weights-0/kernel"], "generator_ema")
    assert origin.notes == ("the file holds several networks: generator_ema taken, discriminator, generator left out",)
    assert owned_variables(networks("G", "D"))[2] == "G"
    with pytest.raises(BadInputFile, match="several networks: a, b"):
        owned_variables(networks("a", "b"))
    with pytest.raises(BadInputFile, match="no layers of a Sequential"):
        owned_variables({"optimizer/iter/.ATTRIBUTES/VARIABLE_VALUE": torch.ones(1)})


# Damage


DAMAGED = ("anime.k3.keras", "anime.k2.h5", "anime.k3.weights.h5", "anime.tar", "tutorial-mnist.tar.gz")


def candidates(tmp_path: Path, name: str) -> tuple[Path, Path]:
    """(the file to damage, the path to read)."""
    if not name.startswith("anime-k2"):
        return copied(tmp_path, name), tmp_path / name
    for each in ("anime-k2.index", "anime-k2.data-00000-of-00001"):
        copied(tmp_path, each)
    return tmp_path / name, tmp_path / "anime-k2.index"


@pytest.mark.parametrize("name", [*DAMAGED, "anime-k2.index", "anime-k2.data-00000-of-00001"])
def test_truncated_files_are_bad_input(tmp_path: Path, name: str) -> None:
    damaged, read = candidates(tmp_path, name)
    data = damaged.read_bytes()
    if name.endswith(".tar"):
        data = data[: data.rindex(b"\x57\xfb\x80\x8b\x24\x75\x47\xdb")]  # not the zeros at an archive's end
    for length in {*range(0, len(data), len(data) // 25), 1, 9, len(data) - 1}:
        damaged.write_bytes(data[:length])
        with pytest.raises(BadInputFile) as caught:
            built_from(read, {"preset": "anime"} if "weights" in name or "-k2" in name else {})
        assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize("name", [*DAMAGED, "anime-k2.index"])
def test_flipped_bytes_are_bad_input_or_harmless(tmp_path: Path, name: str) -> None:
    damaged, read = candidates(tmp_path, name)
    data, rng, bad = damaged.read_bytes(), random.Random(3), 0
    for _ in range(40):
        changed = bytearray(data)
        for _ in range(rng.choice((1, 4, 64))):
            changed[rng.randrange(len(data))] = rng.randrange(256)
        damaged.write_bytes(changed)
        try:
            built_from(read, {"preset": "anime"} if "weights" in name or "-k2" in name else {})
        except (BadInputFile, UsageError):
            bad += 1
    assert bad > 4


# Parts


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
