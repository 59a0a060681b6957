"""The speech sounds that all voices share, and how each engine calls them.

Knows symbols only.  The inventory is ARPAbet's for American English with AX for the schwa; what
other accents have beyond it goes to its neighbor there.
"""

VOWELS = "AA AE AH AO AW AX AY EH ER EY IH IY OW OY UH UW".split()
CONSONANTS = "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH".split()

INVENTORY: tuple[str, ...] = (*VOWELS, *CONSONANTS)
"""Symbols of `Phone.symbol`; pauses have none."""
