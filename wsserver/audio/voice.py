"""Ask a voice model about a stream, frame by frame.

Knows frames and the model's state; knows nothing of thresholds, speech or utterances.
"""

from collections.abc import Sequence

import numpy as np

from wsserver.audio.buffer import Buffer
from wsserver.speech import Answer, Question, Samples, VoiceModel

BLOCK_FRAMES = 64
"""Frames in one call of the model at most: 2 s, half the price of single calls with Silero."""


class VoiceTracker:
    """Follow the voice in a buffer from any sample index on.

    The probabilities depend on the audio from that index on alone: not on how it came in.
    """

    def __init__(self, model: VoiceModel, position: int) -> None:
        self._model = model
        self._asked: Question | None = None
        self.restart(position)

    @property
    def position(self) -> int:
        """Sample index of the first frame that is not judged yet."""
        return self._position

    def restart(self, position: int) -> None:
        """Forget what was heard; the next frame begins at *position*."""
        self._position = position
        self._state = self._model.initial_state()

    def foresee(self, buffer: Buffer, samples: Samples) -> Question | None:
        """Give what `judge` asks next if *samples* follow in the buffer; None if nothing.

        Where the answer stands in it by then, the model is not asked again.
        """
        waiting = buffer.end - self._position + len(samples)
        count = min(waiting // self._model.frame_samples, BLOCK_FRAMES)
        if count < 1:
            return None
        held = buffer.slice(self._position, buffer.end)
        whole = np.concatenate((held, samples))[: count * self._model.frame_samples]
        self._asked = Question(whole.reshape(count, -1), self._state)
        return self._asked

    def judge(self, buffer: Buffer) -> Sequence[float]:
        """Give the probability of voice in the whole frames that wait, up to a block of them."""
        waiting = (buffer.end - self._position) // self._model.frame_samples
        count = min(waiting, BLOCK_FRAMES)
        if count < 1:
            return ()
        end = self._position + count * self._model.frame_samples
        frames = buffer.slice(self._position, end).reshape(count, -1)
        probabilities, self._state = self._foreseen(frames) or self._model(frames, self._state)
        self._position = end
        result: list[float] = probabilities.tolist()
        return result

    def _foreseen(self, frames: Samples) -> Answer | None:
        """Give the answer that was ready, if it is one to *frames* from here on."""
        asked, self._asked = self._asked, None
        if asked is None or asked.answer is None or asked.state is not self._state:
            return None
        return asked.answer if asked.frames.tobytes() == frames.tobytes() else None

    def judge_rest(self, buffer: Buffer) -> float:
        """Give the probability of voice in a last, unfinished frame, filled up with silence.

        Nothing is remembered of it: restart, or go on as if it had not been asked.
        """
        rest: Samples = np.zeros((1, self._model.frame_samples), np.float32)
        samples = buffer.slice(self._position, buffer.end)
        rest[0, : len(samples)] = samples
        probabilities, _ = self._model(rest, self._state)
        return float(probabilities[0])
