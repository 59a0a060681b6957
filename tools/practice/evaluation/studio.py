"""Have voices say things and make windows of it: silence around speech, several sentences, cuts.

Knows voices; knows nothing of which sets there are.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from tools.practice.chance import Chance
from tools.practice.evaluation.spoil import Spoil, leveled
from tools.practice.evaluation.trials import Item
from tools.practice.speech import RATE, Samples, Utterance, Word
from tools.practice.voices import roster
from tools.practice.voices.voice import Manner, NothingSaid

Cast = Callable[[Chance], tuple[str, Manner]]
"""Draws who speaks, and how."""

_PAUSES_S = (0.3, 1.2)


def anyone_of(*names: str) -> Cast:
    """Draw one of these voices, a little faster or slower, higher or lower than by itself."""
    return lambda chance: (str(chance.choice(names)), _mild(chance))


def trained(*engines: str) -> Cast:
    """Draw a voice as training draws it, from one of the engines, in a mild manner."""
    return lambda chance: (roster.draw(str(chance.choice(engines)), chance)[0], _mild(chance))


def in_any_manner(*engines: str) -> Cast:
    """Draw voice and manner as training draws them, as far from the common as they may be."""
    return lambda chance: roster.draw(str(chance.choice(engines)), chance)


def windows(texts: Iterable[str], cast: Cast, chance: Chance) -> list[Item]:
    """Give a window for each text that can be said, with silence around it, at unlike levels."""
    spoken = (_spoken(said, cast(chance)) for said in texts)
    return numbered([_window(one, chance) for one in spoken if one is not None])


def passages(
    texts: Iterator[str], cast: Cast, count: int, longest_s: float, chance: Chance
) -> list[Item]:
    """Give windows of several sentences with pauses between them, at most so long.

    They are the longer by what a sentence takes, the shorter the sentences.
    """
    return numbered([_passage(texts, cast(chance), longest_s, chance) for _ in range(count)])


def _passage(
    texts: Iterator[str], who: tuple[str, Manner], longest_s: float, chance: Chance
) -> Item:
    parts: list[Utterance] = []
    length = 1.0
    for said in texts:
        utterance = _spoken(said, who)
        if utterance is None:
            continue
        length += _seconds(utterance.samples) + _PAUSES_S[1]
        if parts and length > longest_s:
            break
        parts += [utterance, _pause(chance)]
    return _window(_joined(parts[:-1]), chance)


def cuts(items: Sequence[Item], chance: Chance) -> Iterator[Item]:
    """Break each window off at any place behind its first word."""
    for item in items:
        first, last = item.words[0].end, item.words[-1].end
        at = chance.uniform(first, last)
        whole = [word for word in item.words if word.end <= at]
        begun = [word.text for word in item.words if word.start + 0.02 < at < word.end]
        yield replace(
            item,
            samples=item.samples[: round(at * RATE)],
            said=" ".join(word.text for word in whole),
            words=tuple(whole),
            unfinished=begun[0] if begun else "",
        )


def spoiled(items: Sequence[Item], spoil: Spoil, chance: Chance) -> list[Item]:
    """Spoil every window."""
    return [replace(item, samples=spoil(item.samples, chance)) for item in items]


def prompted(items: Sequence[Item]) -> list[Item]:
    """Give every window the text of the one before it as a prompt, as if that was said first."""
    before = [items[-1], *items[:-1]]
    return [replace(item, prompt=last.said) for item, last in zip(items, before, strict=True)]


def numbered(items: Sequence[Item]) -> list[Item]:
    """Name items by their places."""
    return [replace(item, name=f"{place:03d}") for place, item in enumerate(items)]


def _mild(chance: Chance) -> Manner:
    return Manner(speed=chance.uniform(0.9, 1.15), pitch=chance.uniform(0.9, 1.1))


def _spoken(said: str, who: tuple[str, Manner]) -> Utterance | None:
    name, manner = who
    try:
        return roster.voice(name).say(said, manner)
    except NothingSaid:
        return None


def _window(utterance: Utterance, chance: Chance) -> Item:
    lead, tail = chance.uniform(0.1, 0.5), chance.uniform(0.1, 0.4)
    level_db = chance.uniform(-28, -16)
    speech = leveled(utterance.samples, level_db)
    samples = np.concatenate([_silence(lead), speech, _silence(tail)])
    words = tuple(Word(word.text, word.start + lead, word.end + lead) for word in utterance.words)
    said = " ".join(word.text for word in words)
    return Item("", samples, said, said, utterance.voice, words)


def _pause(chance: Chance) -> Utterance:
    return Utterance(_silence(chance.uniform(*_PAUSES_S)), (), "")


def _joined(parts: Sequence[Utterance]) -> Utterance:
    words: list[Word] = []
    at = 0.0
    for part in parts:
        words += [Word(word.text, word.start + at, word.end + at) for word in part.words]
        at += _seconds(part.samples)
    return Utterance(np.concatenate([part.samples for part in parts]), tuple(words), parts[0].voice)


def _silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def _seconds(samples: Samples) -> float:
    return len(samples) / RATE
