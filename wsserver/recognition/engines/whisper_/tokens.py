"""Options to tokens and tokens to text, by stock's tokenizer and stock's rules.

Knows nothing of audio, weights or tensors.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from whisper.tokenizer import get_tokenizer

from wsserver.errors import UnsupportedFormat
from wsserver.speech import DecodeOptions, Task


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the size of a model's vocabulary says about its tokens."""

    multilingual: bool
    languages: tuple[str, ...]
    """All that the model knows, in the order of their tokens."""

    language_tokens: tuple[int, ...]
    """One for each of *languages*; empty for an English-only model."""

    counted: int
    """How many languages stock counts; it decides where the special tokens lie."""

    size: int
    """How many tokens there are, text and others."""

    context: int
    """Tokens that the decoder holds; half of it is for what was said before."""

    @property
    def tokenizer(self) -> Any:
        """Give the tokenizer for any language."""
        return self.tokenizer_for(self.languages[0], "transcribe")

    def tokenizer_for(self, language: str, task: Task) -> Any:
        """Give stock's tokenizer; an English-only one knows neither language nor task.

        Raises:
            UnsupportedFormat: the model does not know *language*.
        """
        if self.multilingual and language not in self.languages:
            raise UnsupportedFormat(
                f"language {language!r} is not among the {len(self.languages)} this model knows"
            )
        given = {"language": language, "task": task} if self.multilingual else {}
        return get_tokenizer(self.multilingual, num_languages=self.counted, **given)


def vocabulary_of(model: Any) -> Vocabulary:
    """Read the vocabulary of a stock model off its dimensions."""
    multilingual, counted = model.is_multilingual, model.num_languages
    with warnings.catch_warnings():
        # Stock never closes its vocabulary's file, which it reads at the first call.
        warnings.simplefilter("ignore", ResourceWarning)
        known = get_tokenizer(multilingual, num_languages=counted)
    # Stock lists the tokens in the order of a set, another one in every process.
    tokens = tuple(sorted(known.all_language_tokens)) if multilingual else ()
    codes = tuple(known.decode([token]).strip("<|>") for token in tokens)
    dims = model.dims
    return Vocabulary(
        multilingual, codes or ("en",), tokens, counted, dims.n_vocab, dims.n_text_ctx
    )


@dataclass(frozen=True, slots=True)
class Opening:
    """The tokens a row begins with, before the first sampled one."""

    tokens: tuple[int, ...]
    start: int
    """Where the start-of-transcript token stands; before it is the prompt."""


def prompt_tokens(vocabulary: Vocabulary, options: DecodeOptions) -> list[int]:
    """Give the list that stock's `DecodingOptions(prompt=...)` takes for *options*.

    The prompt stays whole and the carry is cut on its left, so that hotwords do not fade while
    the dictation goes on.  Special tokens are no text: a prompt that spells one is read as plain
    letters, one in the carry is left out.
    """
    tokenizer = vocabulary.tokenizer
    room = vocabulary.context // 2 - 1
    text = options.prompt.strip()
    prompt: list[int] = tokenizer.encode(" " + text, disallowed_special=()) if text else []
    prompt = prompt[-room:]
    carry = [token for token in options.carry if 0 <= token < tokenizer.eot]
    kept = min(len(carry), room - len(prompt))
    return prompt + carry[len(carry) - kept :]


def opening(vocabulary: Vocabulary, options: DecodeOptions, language: str) -> Opening:
    """Give the tokens before the first sampled one, for speech in *language*."""
    tokenizer = vocabulary.tokenizer_for(language, options.task)
    prompt = prompt_tokens(vocabulary, options)
    before = [tokenizer.sot_prev, *prompt] if prompt else []
    return Opening((*before, *tokenizer.sot_sequence_including_notimestamps), len(before))


def drafted(vocabulary: Vocabulary, draft: Sequence[int]) -> tuple[int, ...]:
    """Give the tokens of a *draft* that can be fed; anything may stand in one."""
    end = vocabulary.tokenizer.eot
    return tuple(token for token in draft if 0 <= token < vocabulary.size and token != end)


def suppressed(tokenizer: Any) -> list[int]:
    """List the tokens that are never sampled: annotations and the marks of the format."""
    return sorted(
        {
            *tokenizer.non_speech_tokens,
            tokenizer.transcribe,
            tokenizer.translate,
            tokenizer.sot,
            tokenizer.sot_prev,
            tokenizer.sot_lm,
            tokenizer.no_speech,
        }
    )


def blank(tokenizer: Any) -> list[int]:
    """List the tokens that are not sampled first: a lone space and the end."""
    return [*tokenizer.encode(" "), tokenizer.eot]


def text_of(tokenizer: Any, tokens: Sequence[int]) -> str:
    """Decode *tokens* as stock does for its result."""
    text: str = tokenizer.decode(list(tokens))
    return text.strip()
