"""What stock Whisper says of a window: the reference that the engine has to meet.

Knows nothing of our own decoder.  For tests and `verify`; no session ever waits for it.
"""

import numpy as np
import torch
from whisper.audio import log_mel_spectrogram, pad_or_trim
from whisper.decoding import DecodingOptions, DecodingResult
from whisper.model import Whisper

from wsserver.recognition.engines.whisper_.tokens import prompt_tokens, vocabulary_of
from wsserver.speech import Window


def stock_decode(model: Whisper, window: Window) -> DecodingResult:
    """Decode *window* alone by openai-whisper itself, in float32.

    Torch's generators are seeded as the options say and left as they were.
    """
    vocabulary, options = vocabulary_of(model), window.options
    language = options.language if vocabulary.multilingual else "en"
    asked = DecodingOptions(
        task=options.task,
        language=language,
        temperature=options.temperature,
        prompt=prompt_tokens(vocabulary, options) or None,
        without_timestamps=True,
        fp16=False,
    )
    mel = log_mel_spectrogram(pad_or_trim(np.array(window.audio)), model.dims.n_mels)
    with torch.random.fork_rng():
        torch.manual_seed(options.seed)
        return model.decode(mel.to(model.device), asked)
