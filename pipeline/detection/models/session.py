"""Opens an ONNX model with the first execution provider that works, and says why others do not."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_state

from pipeline.detection.models.detector import PROVIDER_NAMES, ModelError, Provider
from pipeline.detection.models.devices import ONNX_PROVIDERS, not_built_in, provider_options
from pipeline.detection.models.inputs import Shape
from pipeline.texts import Text, in_a_row, say, verbatim

FILE_ERRORS: Final = (
    ort_state.InvalidProtobuf,
    ort_state.InvalidGraph,
    ort_state.InvalidArgument,
    ort_state.NoSuchFile,
    ort_state.NoModel,
)
"""What onnxruntime raises when the file is at fault, whichever provider runs it."""
RUN_ERRORS: Final = (
    *FILE_ERRORS,
    # Newer than the DirectML build, which is eight minor versions behind.
    getattr(ort_state, "DeviceReset", ort_state.EPFail),
    ort_state.EngineError,
    ort_state.EPFail,
    ort_state.Fail,
    ort_state.NotFound,
    ort_state.NotImplemented,
    ort_state.RuntimeException,
    RuntimeError,
    ValueError,
)
OPEN_ERRORS: Final = (
    *RUN_ERRORS,
    ort_state.ModelRequiresCompilation,
    MemoryError,
    OverflowError,
    TypeError,
    OSError,
)
"""What opening a file raises besides, such as for metadata that is no text."""
EXTERNAL_FILE: Final = re.compile(
    r"""external data.*?([^/\\"'\s]+)["']?\s*\)?\.?$""", re.IGNORECASE
)
WIDENED: Final = (np.float16, np.float64)
"""Number types of outputs that are handed on as float32."""
LOG_FATAL_ONLY: Final = 4
"""Errors are raised, and told by whoever catches them."""
SOURCE_PLACE: Final = re.compile(r"\S+\.(?:cc|cpp|h):\d+ [^(]{0,200}\([^)]*\) ")
FOREIGN_DOMAIN: Final = "No opset import for domain"
"""What onnxruntime says of an operator of somebody's own."""
MAX_REASON: Final = 300
MAX_FILE_BYTES: Final = 2**31 - 1
"""Protocol buffers, and so ONNX files, cannot be larger; larger models keep weights beside them."""


@dataclass(frozen=True, slots=True)
class ModelSession:
    """An open model.

    Attributes:
        path: its file.
        provider: execution provider in use.
        passed_over: why each preferred provider is not in use.
        threads: threads of one inference on the CPU.
        device: name of the graphics card in use; empty on a processor.
        metadata: what the file says about itself.
        inputs, outputs: name and shape of each; a dimension that varies is a string or None.
        types: number type of each input, in onnxruntime's words, such as ``tensor(float)``.
    """

    path: Path
    provider: Provider
    passed_over: tuple[Text, ...]
    threads: int
    device: str
    metadata: dict[str, str]
    inputs: dict[str, Shape]
    outputs: dict[str, Shape]
    types: dict[str, str]
    _session: Any

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return the outputs by name, half-precision ones as float32; one call at a time.

        Args:
            feeds: by name, of the shapes and types of the model's inputs.

        Raises:
            ModelError: the provider or the model failed.
        """
        names = list(self.outputs)
        try:
            values = self._session.run(names, dict(feeds))
        except RUN_ERRORS as error:
            raise ModelError(
                say(
                    "{name} could not be run on {provider}: {error}",
                    name=self.path.name,
                    provider=PROVIDER_NAMES[self.provider],
                    error=_first_line(error),
                )
            ) from error
        odd = [name for name, v in zip(names, values, strict=True) if not isinstance(v, np.ndarray)]
        if odd:
            raise ModelError(
                say(
                    "{name}: its output `{odd}` is no array of numbers. Choose an object detector.",
                    name=self.path.name,
                    odd=odd[0],
                )
            )
        return {
            name: value.astype(np.float32) if value.dtype in WIDENED else value
            for name, value in zip(names, values, strict=True)
        }


def threads_for(wanted: int, cores: int | None = None) -> int:
    """Return how many threads an inference may use; 0 means all cores but one for the window."""
    return wanted or max(1, (cores or os.cpu_count() or 1) - 1)


def open_session(
    path: Path,
    providers: Sequence[Provider],
    threads: int,
    probe: Callable[[ModelSession], None],
    device: str = "",
) -> ModelSession:
    """Return `path` opened with the first of `providers` that works; the CPU is always the last.

    `probe` gets the open model and runs it once: many a graphics driver fails only then. `device`
    is the name of the graphics card to use, where there are several.

    Raises:
        ModelError: the file is missing, cut off or no ONNX model, or no provider can run it.
    """
    _check_file(path)
    passed_over: list[Text] = []
    wanted = list(dict.fromkeys([*providers, "cpu"]))
    for provider in wanted[: wanted.index("cpu") + 1]:
        if ONNX_PROVIDERS[provider] not in onnxruntime.get_available_providers():
            passed_over.append(not_built_in(provider))
            continue
        try:
            session = _open(path, provider, tuple(passed_over), threads, device)
            probe(session)
        except ModelError as error:
            if provider == "cpu":
                raise
            name = PROVIDER_NAMES[provider]
            passed_over.append(say("{provider}: {error}", provider=name, error=error))
        else:
            return session
    raise ModelError(
        say("{name} cannot be run: {reasons}", name=path.name, reasons=in_a_row(passed_over))
    )


def _open(
    path: Path, provider: Provider, passed_over: tuple[Text, ...], threads: int, device: str
) -> ModelSession:
    choice, device_name = provider_options(provider, device)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = LOG_FATAL_ONLY
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # Threads that spin while they wait for work would take the cores from the window.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if provider == "directml":
        # DirectML supports neither memory patterns nor parallel execution.
        options.enable_mem_pattern = False
    try:
        # Its own fallback prints to the terminal and hides that another provider is used.
        session = onnxruntime.InferenceSession(
            str(path), options, providers=[(ONNX_PROVIDERS[provider], choice)], enable_fallback=0
        )
        metadata = dict(session.get_modelmeta().custom_metadata_map)
    except OPEN_ERRORS as error:
        raise _not_opened(path, error) from error
    if session.get_providers()[0] != ONNX_PROVIDERS[provider]:
        raise ModelError(
            say("onnxruntime gave {provider} instead", provider=session.get_providers()[0])
        )
    return ModelSession(
        path=path,
        provider=provider,
        passed_over=passed_over,
        threads=threads,
        device=device_name,
        metadata=metadata,
        inputs={value.name: tuple(value.shape) for value in session.get_inputs()},
        outputs={value.name: tuple(value.shape) for value in session.get_outputs()},
        types={value.name: value.type for value in session.get_inputs()},
        _session=session,
    )


def _first_line(error: Exception) -> str:
    """Return the error in one line, without onnxruntime's codes, paths and places in its source."""
    line = (str(error).splitlines() or [type(error).__name__])[0]
    if line.startswith("[ONNXRuntimeError]"):
        line = line.split(" : ", 3)[-1]
    line = SOURCE_PLACE.sub("", line.split(" failed:", 1)[-1]).strip()
    return line if len(line) <= MAX_REASON else f"{line[:MAX_REASON]}…"


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise ModelError(
            say("{path} does not exist. Choose an ONNX file, or `bundled`.", path=path)
        )
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ModelError(
            say(
                "{name} is larger than 2 GB, which no ONNX file can be. Export it again "
                "with its weights as external data, or choose a smaller model.",
                name=path.name,
            )
        )


def _not_opened(path: Path, error: Exception) -> ModelError:
    """Return what is wrong with the file, and what helps."""
    reason = _first_line(error)
    if "external data" in reason.lower():
        file = EXTERNAL_FILE.search(reason)
        which = verbatim(f"`{file[1]}`") if file else say("the file with its weights")
        return ModelError(
            say(
                "{name} keeps its weights in another file that cannot be read: {which}. "
                "Put it beside {name} under the same name as when it was exported.",
                name=path.name,
                which=which,
            )
        )
    if "external initializer" in str(error).lower():
        return ModelError(
            say(
                "{name} keeps its weights in another file, which is not complete. "
                "Copy or download that file again.",
                name=path.name,
            )
        )
    if FOREIGN_DOMAIN in reason:
        return _needs_operator(path, reason)
    if "opset" in reason.lower():
        return ModelError(
            say(
                "{name} was exported for an opset that onnxruntime {version} does "
                "not know. Export it with opset 17. ({reason})",
                name=path.name,
                version=onnxruntime.__version__,
                reason=reason,
            )
        )
    if isinstance(error, ort_state.NotImplemented) or "not a registered" in reason:
        return _needs_operator(path, reason)
    if isinstance(error, (*FILE_ERRORS, UnicodeDecodeError)):
        return ModelError(
            say(
                "{name} is not a complete ONNX model ({reason}). Download or export it again.",
                name=path.name,
                reason=reason,
            )
        )
    return ModelError(
        say(
            "{name} cannot be opened: {reason} Export it again, or choose another.",
            name=path.name,
            reason=reason,
        )
    )


def _needs_operator(path: Path, reason: str) -> ModelError:
    return ModelError(
        say(
            "{name} needs an operator that this onnxruntime does not have: {reason}. "
            "Export it for plain ONNX, without plug-ins of TensorRT or others.",
            name=path.name,
            reason=reason,
        )
    )
