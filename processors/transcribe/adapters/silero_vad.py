"""Silero's voice activity detector, the ONNX file that faster-whisper includes, for many concurrent sessions.

faster-whisper's own class handles whole recordings only and overwrites its argument. The network itself takes its
memory as inputs (`h`, `c`) and returns it, so a session's state is a value that any thread can continue with. The first
dimension of its input is time: two sessions cannot share a call. It uses one thread, since a step takes a fifth of a
millisecond and more threads would cost more than they save."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from faster_whisper.utils import get_assets_path

from processors.transcribe.core.audio.vad import CONTEXT_SAMPLES, STEP_SAMPLES, VadInput, VadOutput, VadState
from schemas.audio import SAMPLE_BYTES

_FILE = "silero_vad_v6.onnx"
_MEMORY = (1, 1, 128)
_STEP_BYTES = STEP_SAMPLES * SAMPLE_BYTES
_CONTEXT_BYTES = CONTEXT_SAMPLES * SAMPLE_BYTES


class SileroVad:
    """Runs on a thread of its own, so that neither the event loop nor the recogniser waits for it."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        path = Path(get_assets_path()) / _FILE
        self._network = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="silero")

    async def detect(self, inputs: Sequence[VadInput]) -> list[VadOutput]:
        """One output per input, in order."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._detect_all, inputs)

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    def _detect_all(self, inputs: Sequence[VadInput]) -> list[VadOutput]:
        return [self._detect(each.pcm, each.state) for each in inputs]

    def _detect(self, pcm: bytes, state: VadState) -> VadOutput:
        audio = state.rest + pcm
        steps = (len(audio) - _CONTEXT_BYTES) // _STEP_BYTES
        rest = audio[steps * _STEP_BYTES :]
        if not steps:
            return VadOutput((), VadState(state.hidden, state.cell, rest))
        samples = np.frombuffer(audio, "<i2", (steps * STEP_SAMPLES) + CONTEXT_SAMPLES).astype(np.float32) / 32768
        framed = np.lib.stride_tricks.sliding_window_view(samples, CONTEXT_SAMPLES + STEP_SAMPLES)[::STEP_SAMPLES]
        inputs = {"input": framed, "h": _memory(state.hidden), "c": _memory(state.cell)}
        probabilities, hidden, cell = self._network.run(None, inputs)
        return VadOutput(
            tuple(float(each) for each in np.ravel(probabilities)), VadState(_bytes(hidden), _bytes(cell), rest)
        )


def _memory(stored: bytes) -> np.ndarray:
    return np.frombuffer(stored, "<f4").reshape(_MEMORY) if stored else np.zeros(_MEMORY, np.float32)


def _bytes(memory: np.ndarray) -> bytes:
    return memory.astype("<f4").tobytes()
