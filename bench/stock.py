"""Stock Whisper at the pace of speech: how everybody calls it, on weights that mean nothing.

Knows openai-whisper; knows nothing of ours.

Timestamps stay on in `transcribe`, as nobody turns them off; but no fallback runs, no prompt is
carried, and two steps that a real model would take for the last timestamp and the end are left out.
"""

import numpy as np
import whisper
from whisper.model import Whisper

from bench.forced import tokens_in
from wsserver.speech import Samples


def transcribe(model: Whisper, audio: Samples) -> str:
    """Hear the whole of *audio* with `whisper.transcribe`: a timestamp and 3.5 tokens a second."""
    heard = model.transcribe(
        np.array(audio),  # a copy, as torch takes no array that must not be written to
        language="en",
        temperature=0.0,
        fp16=False,
        condition_on_previous_text=False,
        compression_ratio_threshold=None,
        logprob_threshold=None,
        no_speech_threshold=None,
        sample_len=tokens_in(len(audio)) + 1,
    )
    text: str = heard["text"]
    return text.strip()


def decode(model: Whisper, audio: Samples) -> str:
    """Hear the whole of *audio* with `whisper.decode`, without timestamps: the least it can do."""
    options = whisper.DecodingOptions(
        language="en", without_timestamps=True, fp16=False, sample_len=tokens_in(len(audio)) + 1
    )
    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(audio))
    text: str = model.decode(mel, options).text
    return text
