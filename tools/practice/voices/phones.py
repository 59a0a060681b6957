"""The speech sounds that all voices share, and how the engines call them.

Knows symbols only.  The inventory is ARPAbet's for American English with AX for the schwa; what
other accents have beyond it goes to its neighbor there.
"""

from pathlib import Path

_VOWELS = "AA AE AH AO AW AX AY EH ER EY IH IY OW OY UH UW"
_CONSONANTS = "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH"

INVENTORY: tuple[str, ...] = (*_VOWELS.split(), *_CONSONANTS.split())
"""Symbols of `Phone.symbol`; pauses have none."""

# What espeak-ng 1.51 says for English in all its accents; one of its sounds may be two of ours.
_IPA = Path(__file__).with_name("ipa.txt").read_text(encoding="utf-8")
_FROM_IPA = {ipa: tuple(symbols) for ipa, *symbols in map(str.split, _IPA.splitlines())}
_COLORING = "\N{MODIFIER LETTER SMALL J}"


def from_ipa(sound: str) -> tuple[str, ...]:
    """Give the symbols of a sound of espeak's, none for a pause or a mere coloring.

    Raises `KeyError` for a sound that English has not.
    """
    return () if sound in ("", _COLORING) else _FROM_IPA[sound]


def from_flite(sound: str) -> tuple[str, ...]:
    """Give the symbol of a sound of flite's, none for a pause."""
    return () if sound in ("pau", "ssil") else (sound.upper(),)


# How long phones last beside each other, roughly, where nobody has measured them.
_LONG = frozenset(("AA", "AE", "AO", "AW", "AY", "ER", "EY", "IY", "OW", "OY", "UW", "S", "F", "Z"))


def weight(symbol: str) -> float:
    """Tell how long a phone lasts beside others."""
    return 1.6 if symbol in _LONG else 1.0
