"""An ONNX file as the engines take it: read without the onnx package, whole, and with its origin."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Thread

import numpy as np

from ganrt.engines.stamp import DERIVED, read_form_stamp, read_stamp
from ganrt.errors import BadInputFile
from ganrt.file_kinds import HEAD, no_onnx
from ganrt.files import read_file
from ganrt.graphs.reader import DAMAGED, Contents, read_contents
from ganrt.spec import METADATA_KEY, GeneratorSpec

MAX_BYTES = 2 * 2**30  # the limit of a protocol buffer
NEWEST_OPSET = 26  # of ONNX 1.21; a backend that takes a later one guesses what its operators will mean


class _Digest(Thread):
    """The hash of a model's file takes a third of the time that opening it does, and is rarely waited for."""

    def __init__(self, data: bytes) -> None:
        super().__init__(name="ganrt-digest", daemon=True)
        self._data = data
        self._found = ""

    def run(self) -> None:
        self._found = _sha256(self._data)

    def result(self) -> str:
        """SHA-256, hexadecimal; waits for it."""
        self.join()
        return self._found


@dataclass(frozen=True, kw_only=True)
class OnnxFile(Contents):
    """An ONNX file, and what it says about itself.

    Attributes:
        form: which exactly equivalent graph it is, or was before it was lowered to another precision; `derived` of a
            form's own file, which does not say which it is.
        derived_from: SHA-256 of the portable file that it was made of, if any.
        digest: of the whole file, where it is being computed on another thread.
    """

    path: Path
    data: bytes
    form: str = "plain"
    derived_from: str = ""
    digest: _Digest | None = field(default=None, repr=False, compare=False)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the whole file."""
        return _sha256(self.data) if self.digest is None else self.digest.result()

    @property
    def model_sha256(self) -> str:
        """SHA-256 of the portable model that this is, or was derived from."""
        return self.derived_from or self.sha256

    @property
    def precision(self) -> str:
        """In which it computes: "fp32", or what `ganrt compile` made of it."""
        stamp = read_stamp(self.metadata)
        return "fp32" if stamp is None else stamp.precision

    @property
    def parameters(self) -> int:
        """How many numbers the weights hold."""
        return sum(int(np.prod(weight.shape, dtype=np.int64)) for weight in self.weights)

    def spec(self) -> GeneratorSpec:
        """The embedded generator spec.

        Raises:
            BadInputFile: there is none; `SpecError` names the field if it is malformed.
        """
        return self._spec

    @cached_property
    def _spec(self) -> GeneratorSpec:
        if METADATA_KEY not in self.metadata:
            raise BadInputFile(
                f"{self.path} has no '{METADATA_KEY}' in its metadata: it was not written by ganrt\n"
                "export it, or better its checkpoint: ganrt export FILE -o model.onnx"
            )
        return GeneratorSpec.from_json(self.metadata[METADATA_KEY])


def read_onnx(path: Path) -> OnnxFile:
    """Reads and checks an ONNX file.

    Raises:
        BadInputFile: missing, empty, too large, not ONNX, with local functions or external data, with a NaN or infinite
            weight, or with a spec and operators that are not ONNX's own.
    """
    return parse_onnx(path, _read_bytes(path))


def parse_onnx(path: Path, data: bytes) -> OnnxFile:
    """The same of a file's bytes; `path` is for messages."""
    digest = _digesting(data)
    try:
        onnx_file = replace(_read(path, data), digest=digest)
    except DAMAGED as error:
        raise BadInputFile(no_onnx(path, data[:HEAD], str(error))) from error
    if not onnx_file.ir_version or not onnx_file.opset or not onnx_file.operators:
        raise BadInputFile(f"{path} is not an ONNX file: it holds no graph")
    if onnx_file.opset > NEWEST_OPSET:
        raise BadInputFile(
            f"{path} is of opset {onnx_file.opset}; expected at most {NEWEST_OPSET}\n"
            "export it again: ganrt export CHECKPOINT -o model.onnx"
        )
    _check_whole(onnx_file)
    _check_weights(onnx_file)
    return _with_origin(onnx_file)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _digesting(data: bytes) -> _Digest | None:
    digest = _Digest(data)
    try:
        digest.start()
    except RuntimeError:  # no thread is to be had: the hash is computed where it is asked for
        return None
    return digest


def _with_origin(onnx_file: OnnxFile) -> OnnxFile:
    """Says which model a file of lower precision, or of another form, was made from."""
    try:
        stamp, source = read_stamp(onnx_file.metadata), read_form_stamp(onnx_file.metadata)
    except BadInputFile as error:
        raise BadInputFile(f"{onnx_file.path}: {error}\nmake it again: ganrt compile -m MODEL -o DIR") from error
    if stamp is not None:
        return replace(onnx_file, form=stamp.form, derived_from=stamp.source_sha256)
    return onnx_file if source is None else replace(onnx_file, form=DERIVED, derived_from=source)


def derived(model: OnnxFile, data: bytes, form: str) -> OnnxFile:
    """The file of a graph that ganrt derived from `model`.

    Raises:
        BadInputFile: `data` is not an ONNX file, or not a whole one.
    """
    try:
        made = _read(model.path, data)
    except DAMAGED as error:
        raise BadInputFile(f"form '{form}' of {model.path} is not an ONNX file ({error})") from error
    _check_whole(made)
    return replace(made, form=form, derived_from=model.model_sha256)


def _read(path: Path, data: bytes) -> OnnxFile:
    return OnnxFile(path=path, data=data, **vars(read_contents(data)))


def _read_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise BadInputFile(f"{path} is a folder; expected an ONNX file{_models_within(path)}")
    if path.suffix == ".engine":
        raise BadInputFile(f"{path} is a compiled engine; expected the ONNX file that it was compiled from")
    data = read_file(path, MAX_BYTES, "an ONNX file")
    if not data:
        raise BadInputFile(f"{path} is empty; expected an ONNX file")
    return data


def _models_within(folder: Path) -> str:
    """The advice for a folder that holds some, such as a bundle's."""
    found = sorted(path for pattern in ("*.onnx", "*/*.onnx") for path in folder.glob(pattern))[:4]
    return f"; in it are: {', '.join(map(str, found))}" if found else ""


def _check_whole(onnx_file: OnnxFile) -> None:
    """Refuses what could draw on anything but the file: a runtime would read external data from any file named."""
    for weight in onnx_file.weights:
        if weight.external:
            raise BadInputFile(
                f"{onnx_file.path}: weight '{weight.name[:80]}' lies in another file (external data), which is "
                "refused\nsave the model as one file: onnx.save(model, path, save_as_external_data=False)"
            )
    if onnx_file.functions:
        raise BadInputFile(
            f"{onnx_file.path} has local functions ({', '.join(onnx_file.functions)[:200]}); expected plain operators\n"
            "inline them: onnx.save(onnx.inliner.inline_local_functions(onnx.load(path)), new_path)"
        )

    if onnx_file.foreign and METADATA_KEY in onnx_file.metadata:
        raise BadInputFile(
            f"{onnx_file.path}: {onnx_file.foreign[0][:100]} is not an operator of ONNX, and a model file has no "
            "others\n"
            "export it with ONNX's own operators: ganrt export CHECKPOINT -o F.onnx"
        )


def _check_weights(onnx_file: OnnxFile) -> None:
    for weight in onnx_file.weights:
        if weight.values is not None and not np.isfinite(weight.values).all():
            raise BadInputFile(
                f"{onnx_file.path}: weight '{weight.name}' holds NaN or infinite values\n"
                "export a checkpoint that was saved before the training diverged"
            )
