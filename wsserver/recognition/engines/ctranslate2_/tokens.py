"""Options to tokens and tokens to text, by faster-whisper's tokenizer.

Knows nothing of audio or weights.  The rules are those of openai-whisper's `decode`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from faster_whisper.tokenizer import Tokenizer

from wsserver.errors import UnsupportedFormat
from wsserver.speech import DecodeOptions, Task

CONTEXT = 448
"""Tokens that a Whisper decoder holds; half of it is for what was said before."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokens of a model."""

    known: Any
    """The tokenizer of its tokenizer.json, to which special tokens in a text are plain letters."""

    multilingual: bool
    languages: tuple[str, ...]
    """All that the model knows, in the order of their tokens."""

    @property
    def tokenizer(self) -> Any:
        """Give the tokenizer for any language."""
        return self.tokenizer_for(self.languages[0], "transcribe")

    def tokenizer_for(self, language: str, task: Task) -> Any:
        """Give faster-whisper's tokenizer; an English-only one knows neither language nor task.

        Raises:
            UnsupportedFormat: the model does not know *language*.
        """
        if self.multilingual and language not in self.languages:
            raise UnsupportedFormat(
                f"language {language!r} is not among the {len(self.languages)} this model knows"
            )
        return Tokenizer(self.known, self.multilingual, task, language)


def vocabulary_of(known: Any, multilingual: bool) -> Vocabulary:
    """Read a vocabulary off the tokenizers library's tokenizer."""
    known.encode_special_tokens = True
    if not multilingual:
        return Vocabulary(known, multilingual, ("en",))
    # The tokens of the languages stand between these two, and no others do.
    first = known.token_to_id("<|startoftranscript|>") + 1
    last = min(known.token_to_id(mark) for mark in ("<|translate|>", "<|transcribe|>"))
    codes = (known.id_to_token(token).strip("<|>") for token in range(first, last))
    return Vocabulary(known, multilingual, tuple(codes))


def prompt_tokens(tokenizer: Any, options: DecodeOptions) -> list[int]:
    """Give the tokens of what was said before: the prompt whole, the carry cut on its left."""
    room = CONTEXT // 2 - 1
    text = options.prompt.strip()
    prompt: list[int] = tokenizer.encode(" " + text)[-room:] if text else []
    carry = [token for token in options.carry if 0 <= token < tokenizer.eot]
    kept = min(len(carry), room - len(prompt))
    return prompt + carry[len(carry) - kept :]


def opening(vocabulary: Vocabulary, options: DecodeOptions, language: str) -> list[int]:
    """Give the tokens before the first sampled one, for speech in *language*."""
    tokenizer = vocabulary.tokenizer_for(language, options.task)
    prompt = prompt_tokens(tokenizer, options)
    before = [tokenizer.sot_prev, *prompt] if prompt else []
    return [*before, *tokenizer.sot_sequence, tokenizer.no_timestamps]


def suppressed(tokenizer: Any) -> list[int]:
    """List the tokens that are never sampled: annotations and the marks of the format."""
    marks = (
        tokenizer.transcribe,
        tokenizer.translate,
        tokenizer.sot,
        tokenizer.sot_prev,
        tokenizer.sot_lm,
        tokenizer.no_speech,
    )
    return sorted({*tokenizer.non_speech_tokens, *(mark for mark in marks if mark is not None)})


def text_of(tokenizer: Any, tokens: Sequence[int]) -> str:
    """Decode *tokens* as openai-whisper does for its result."""
    text: str = tokenizer.decode(list(tokens))
    return text.strip()
