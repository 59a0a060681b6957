"""Write natural sentences from templates, so that a decoder learns English and no mere grammar.

Knows templates and what may fill their slots; both lie beside it as text.
"""

import re
from pathlib import Path

from tools.practice.chance import Chance, pick
from tools.practice.text.vocabulary import capitalized

_SLOT = re.compile(r"\{(\w+)\}")


def _lines(name: str) -> list[str]:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()


TEMPLATES: tuple[str, ...] = tuple(_lines("templates.txt"))
"""Sentences with slots in them, such as "{who} will {act} {future}."."""

SLOTS: dict[str, tuple[str, ...]] = {
    name: tuple(fillings.split(" | "))
    for name, _, fillings in (line.partition(": ") for line in _lines("slots.txt"))
}
"""What may fill a slot; fillings may have slots themselves."""


def sentence(rng: Chance) -> str:
    """Write one sentence."""
    return capitalized(fill(pick(TEMPLATES, rng), rng))


def fill(text: str, rng: Chance) -> str:
    """Fill all slots of *text*, and those of the fillings; raises `KeyError` for unknown ones."""
    return _SLOT.sub(lambda slot: fill(pick(SLOTS[slot[1]], rng), rng), text)


def could_write(text: str) -> bool:
    """Tell whether some template, filled in some way, says *text*, whatever its capitals."""
    reader = _Reader(text.lower())
    return any(len(text) in reader.ends(template, 0) for template in TEMPLATES)


class _Reader:
    """Read a text as templates would have written it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._fillings: dict[tuple[str, int], frozenset[int]] = {}

    def ends(self, template: str, start: int) -> frozenset[int]:
        """Give where *template* may end in the text if it begins at *start*."""
        places = frozenset((start,))
        for piece in re.split(r"(\{\w+\})", template):
            step = self._filled if _SLOT.match(piece) else self._literal
            places = frozenset(end for place in places for end in step(piece, place))
        return places

    def _literal(self, piece: str, start: int) -> frozenset[int]:
        matches = self._text.startswith(piece.lower(), start)
        return frozenset((start + len(piece),)) if matches else frozenset()

    def _filled(self, slot: str, start: int) -> frozenset[int]:
        if (slot, start) not in self._fillings:
            found = [self.ends(filling, start) for filling in SLOTS[slot[1:-1]]]
            self._fillings[slot, start] = frozenset().union(*found)
        return self._fillings[slot, start]
