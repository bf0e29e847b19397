"""What the ONNX Runtime backends share: one inference session behind the engine protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ganrt import offline
from ganrt.engines.contract import Found, check_graph
from ganrt.engines.machine import check_threads
from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.protocol import Arrays, BatchSizes, Engine, EngineOptions
from ganrt.errors import BackendUnavailable, BadInputFile
from ganrt.spec import GeneratorSpec

# Measured on DCGAN-64: the time of a picture hardly falls beyond 16 in a batch, and memory grows with it.
BATCH_SIZES = BatchSizes(minimum=1, optimum=16, maximum=64)
_SMALL = 128 * 128  # pixels of a picture, up to which that holds on a CPU


def cpu_batch_sizes(spec: GeneratorSpec) -> BatchSizes:
    """Large pictures one by one: they keep the cores busy alone, and the maps of several leave the caches."""
    output = spec.output
    large = output is not None and not output.dynamic and output.height * output.width > _SMALL
    return replace(BATCH_SIZES, optimum=1) if large else BATCH_SIZES


@dataclass(frozen=True)
class Provider:
    """One of ONNX Runtime's execution providers.

    Attributes:
        name: as ONNX Runtime calls it.
        options: all of them strings, as ONNX Runtime wants them.
        helpers: names of further ones that may compute what it refuses.
        devices: of a plugin, which is added to a session by its devices; empty for those that are built in.
        mend: what to do where ONNX Runtime silently takes another.
    """

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    helpers: tuple[str, ...] = ()
    devices: tuple[Any, ...] = ()
    mend: str = "see what is missing: ganrt doctor"

    def session(self, onnxruntime: Any, data: bytes, settings: Any) -> Any:
        """An inference session; ONNX Runtime's own way of falling back, which prints, is switched off."""
        if self.devices:
            settings.add_provider_for_devices(list(self.devices), dict(self.options))
            return onnxruntime.InferenceSession(data, settings, enable_fallback=False)
        providers = [(self.name, dict(self.options)), *self.helpers]
        return onnxruntime.InferenceSession(data, settings, providers=providers, enable_fallback=False)


def import_onnxruntime(extra: str) -> Any:
    """The onnxruntime module; `extra` is the one that installs it."""
    try:
        module = offline.import_onnxruntime()
        _ = module.InferenceSession, module.__version__  # an uninstalled twin leaves an empty folder behind
    except (ImportError, OSError, AttributeError) as error:  # OSError: a library that does not load on Windows
        raise BackendUnavailable(
            f'onnxruntime is missing or broken: {error}\ninstall it: pip install --force-reinstall "ganrt[{extra}]"'
        ) from error
    return module


class OnnxRuntimeEngine(Engine):
    """One session whose first execution provider is the one asked for; a silent fallback to another is an error."""

    batch_sizes = BATCH_SIZES

    def __init__(
        self,
        onnxruntime: Any,
        onnx_file: OnnxFile,
        options: EngineOptions,
        backend: str,
        device: str,
        provider: Provider,
    ) -> None:
        self.backend, self.device = backend, device
        self.spec, self.form = onnx_file.spec(), onnx_file.form
        self.precision = onnx_file.precision
        if device == "cpu":
            self.batch_sizes = cpu_batch_sizes(self.spec)
        settings = self._settings(onnxruntime, options)
        try:
            self._session = provider.session(onnxruntime, onnx_file.data, settings)
        except Exception as error:  # onnxruntime has one exception class an error code, without a common base
            if device != "cpu":
                raise BackendUnavailable(f"{backend} could not open {onnx_file.path}: {_short(error)}") from error
            raise BadInputFile(f"{onnx_file.path} is not a graph that ONNX Runtime can run: {_short(error)}") from error
        if self._session.get_providers()[0] != provider.name:
            raise BackendUnavailable(
                f"{backend}: {provider.name} did not start, and ONNX Runtime fell back to another provider\n"
                f"{provider.mend}"
            )
        inputs, outputs = _tensors(self._session.get_inputs()), _tensors(self._session.get_outputs())
        check_graph(onnx_file.path, self.spec, inputs, outputs)
        self.input_names, self._output_names = tuple(inputs), tuple(outputs)
        self.model_sha256 = onnx_file.model_sha256  # at the end: it is computed while the session opens

    def _settings(self, onnxruntime: Any, options: EngineOptions) -> Any:
        check_threads(options.threads)
        settings = onnxruntime.SessionOptions()
        settings.log_severity_level = 3
        settings.intra_op_num_threads = options.threads or 0
        settings.inter_op_num_threads = 1
        # Worker threads spin between the operators of a run, which saves a tenth of a small batch's time, and stop with
        # it: otherwise they would take a core from the game or the image encoders until the next run.
        settings.add_session_config_entry("session.force_spinning_stop", "1")
        return settings

    def _run(self, inputs: Arrays) -> Arrays:
        run = self._session.run
        try:
            results = run(self._output_names, dict(inputs))
        except Exception as error:  # as above
            raise BackendUnavailable(
                f"{self.backend} failed while it drew: {_short(error)}\n"
                "try another backend (ganrt doctor lists them), or a smaller --batch-size if memory ran out"
            ) from error
        return dict(zip(self._output_names, results, strict=True))

    def _close(self) -> None:
        self._session = None


def _short(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]


def _tensors(values: Any) -> Found:
    """ONNX Runtime's descriptions, with numpy's names for its types such as tensor(float)."""
    kinds = [value.type.removeprefix("tensor(").removesuffix(")") for value in values]
    dtypes = ["float32" if kind == "float" else kind for kind in kinds]
    return {value.name: (dtype, value.shape) for value, dtype in zip(values, dtypes, strict=True)}
