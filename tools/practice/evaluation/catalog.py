"""Which sets there are: who says what in them, and how it is spoiled.

Knows voices and texts by name; knows nothing of models.  A set is drawn from a seed that follows
from its name, so adding one changes no other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from tools.practice.evaluation import makers, samples, silence, spoil, studio
from tools.practice.evaluation.folder import EvaluationSet, Head
from tools.practice.evaluation.makers import Make
from tools.practice.evaluation.studio import Cast
from tools.practice.evaluation.trials import Item, Kind, Way
from tools.practice.voices import roster
from tools.practice.voices.digits import SPEAKERS

BOTH = (Way.FULL, Way.SHORT)
SNRS_DB = (20, 10, 5)

FLITE = ("flite-awb", "flite-slt", "flite-rms", "flite-kal", "flite-kal16")
_UNSEEN = tuple(
    f"{accent}+{variant}"
    for accent in ("en-us", "en-gb-x-rp")
    for variant in roster.HELD_OUT_VARIANTS
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A set that can be made."""

    head: Head
    make: Make

    def made(self) -> EvaluationSet:
        """Make it; raises `NoVoice` if a voice for it is not on this machine."""
        return EvaluationSet(self.head, tuple(self.make(makers.chance_of(self.head.name))))


def _voices() -> Iterator[Plan]:
    def plan(name: str, cast: Cast, seen: bool, quick: bool = False) -> Plan:
        head = Head(name, "Voices, natural sentences", Kind.SPOKEN, BOTH, seen, quick)
        return Plan(head, makers.natural(cast))

    anyone = studio.anyone_of
    yield plan("espeak, trained voices", studio.trained("espeak"), True, quick=True)
    yield plan("espeak, trained voices, any manner", studio.in_any_manner("espeak"), True)
    yield plan("espeak, unseen variants", anyone(*_UNSEEN), False, quick=True)
    yield plan("espeak, unseen accent", anyone(roster.HELD_OUT_ACCENT), False)
    for name in (*FLITE, *roster.FESTIVAL):
        quick = name in ("flite-slt", "flite-kal16", "festival-kal_diphone")
        yield plan(name, anyone(name), not roster.is_held_out(name), quick)


def _others() -> Iterator[Plan]:
    def plan(name: str, make: Make, seen: bool, quick: bool = False) -> Plan:
        return Plan(Head(name, "Other texts", Kind.SPOKEN, (Way.FULL,), seen, quick), make)

    yield plan("written for training, espeak", makers.written("espeak"), True)
    yield plan("written for training, flite", makers.written("flite"), True)
    known = [name for name in SPEAKERS if name not in roster.HELD_OUT_SPEAKERS]
    yield plan("digits, people training has", makers.digits(*known), True)
    for name in roster.HELD_OUT_SPEAKERS:
        yield plan(f"digits, {name}", makers.digits(name), False, quick=True)


def _shapes() -> Iterator[Plan]:
    def plan(name: str, make: Make, *ways: Way, quick: bool = False) -> Plan:
        return Plan(Head(name, "Shapes of windows", Kind.SPOKEN, ways, True, quick), make)

    yield plan("one sentence", lambda _: list(makers.base()), *Way)
    yield plan("after a prompt", lambda _: studio.prompted(makers.base()), *BOTH)
    yield plan("several sentences, to 10 s", makers.passages(40, 10), *Way)
    yield plan(
        "several sentences, to 29 s", makers.passages(30, 29), Way.FULL, Way.TIMESTAMPS, quick=True
    )


def _breaks() -> Iterator[Plan]:
    def plan(name: str, make: Make, quick: bool = False) -> Plan:
        return Plan(Head(name, "Cut at any place", Kind.CUT, BOTH, True, quick), makers.cut(make))

    yield plan("one sentence, cut", lambda _: list(makers.base()), quick=True)
    yield plan("several sentences, cut", makers.passages(60, 10))


def _noises() -> Iterator[Plan]:
    for snr_db in SNRS_DB:
        for color, make in (
            ("white", makers.spoiled(spoil.in_noise(0, snr_db))),
            ("pink", makers.spoiled(spoil.in_noise(-3, snr_db))),
            ("babble", makers.in_babble(snr_db)),
        ):
            quick = (color, snr_db) == ("pink", 10)
            ways = BOTH if snr_db == 10 else (Way.FULL,)
            # Training has babble where nobody else speaks, never behind somebody.
            seen = color != "babble"
            head = Head(f"{color}, {snr_db} dB", "Noise", Kind.SPOKEN, ways, seen, quick)
            yield Plan(head, make)


def _channels() -> Iterator[Plan]:
    named: dict[str, spoil.Spoil] = {
        "telephone": spoil.telephone,
        "MP3, 8 kHz": spoil.coded("MP3", "MPEG_LAYER_III", 8_000),
        "Opus": spoil.coded("OGG", "OPUS"),
        "small room": spoil.in_room(0.3, 3),
        "large room": spoil.in_room(0.9, 3),
        "clipped": spoil.clipped,
        **{f"level {level} dB": spoil.at(level) for level in (-40, -30, -10)},
    }
    for name, how in named.items():
        head = Head(name, "Lines, rooms and levels", Kind.SPOKEN, (Way.FULL,), True)
        yield Plan(head, makers.spoiled(how))


def _silences() -> Iterator[Plan]:
    makes: dict[str, Make] = {
        "digital silence": lambda _: silence.nothing(),
        "noise": silence.noises,
        "sounds without voice": lambda _: silence.sounds(),
    }
    for name, make in makes.items():
        yield Plan(
            Head(name, "Nobody speaks", Kind.SILENT, BOTH, name != "sounds without voice", True),
            make,
        )


def _times() -> Iterator[Plan]:
    for engine in ("espeak", "flite"):
        head = Head(f"{engine}, times", "Times of words", Kind.TIMED, (Way.FULL,), True)
        yield Plan(head, makers.natural(studio.trained(engine), makers.FEWEST))


def _shipped() -> Iterator[Plan]:
    def plan(name: str, make: Callable[[], list[Item]], *ways: Way) -> Plan:
        head = Head(name, "Shipped samples", Kind.SPOKEN, ways, True)
        return Plan(head, lambda _: make())

    sentences = samples.sentences
    yield plan("moved", lambda: samples.moved(sentences()), *BOTH)
    yield plan("recorded otherwise", lambda: samples.recorded_otherwise(sentences()), *BOTH)
    yield plan("several sentences", lambda: samples.moved(samples.passages())[::7], *BOTH)


CATALOG: tuple[Plan, ...] = tuple(
    chain(
        _voices(),
        _others(),
        _shapes(),
        _breaks(),
        _noises(),
        _channels(),
        _silences(),
        _times(),
        _shipped(),
    )
)
"""All sets, in the order in which they are told of."""
