"""Say who speaks: which voices train, how they may speak, and which are kept for evaluation.

Knows the engines by name; speaks through them.
"""

from math import exp, log

from tools.practice.chance import Chance, happens, pick
from tools.practice.voices.digits import SPEAKERS, DigitsVoice
from tools.practice.voices.espeak import EspeakVoice
from tools.practice.voices.festival import FestivalVoice
from tools.practice.voices.flite import FliteVoice
from tools.practice.voices.voice import Manner, NoVoice, Voice

ENGINES = ("espeak", "flite", "digits")
"""Engines that train."""

HELD_OUT_ACCENT = "en-gb-x-gbcwmd"
HELD_OUT_VARIANTS = ("f2", "m3", "linda", "rob", "Mario", "steph2", "edward2", "victor")
HELD_OUT_SPEAKERS = ("theo", "nicolas")
FESTIVAL = ("festival-cmu_us_slt_arctic_hts", "festival-kal_diphone", "festival-ked_diphone")

HELD_OUT: tuple[str, ...] = (
    *(f"en-us+{variant}" for variant in HELD_OUT_VARIANTS),
    HELD_OUT_ACCENT,
    *(f"digits-{speaker}" for speaker in HELD_OUT_SPEAKERS),
    *FESTIVAL,
)
"""Voices that are never trained on."""

_ACCENTS = (
    *("en-us",) * 4,
    *("en-gb-x-rp", "en") * 2,
    *("en-gb-scotland", "en-gb-x-gbclan", "en-029", "en-us-nyc"),
)
# All of espeak-ng 1.51's that sound like people, robots that speak clearly among them.
_VARIANTS = tuple(
    """
    Alex Alicia Andrea Andy Annie AnxiousAndy Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee Marco
    Michael Mike Nguyen RicishayMax RicishayMax2 RicishayMax3 Storm adam anika announcer antonio
    aunty belinda benjamin boris caleb david ed edward f1 f3 f4 f5 grandma grandpa gustave iven
    iven2 iven3 iven4 john kaukovalta klatt klatt2 klatt3 klatt4 klatt6 m1 m2 m4 m5 m6 m7 m8
    marcelo michel miguel norbert pablo paul pedro quincy robert sandro shelby steph steph3 travis
    zac
    """.split()  # noqa: SIM905 (a list of words reads better than one of strings)
)
_PLAIN_ACCENT = 0.15
"""How often an accent speaks without a variant."""

# The first three sound more human, and take seven times as long.
_FLITE = (*("slt", "rms", "awb") * 3, *("kal16",) * 2, "kal")
_TRAINED_SPEAKERS = tuple(name for name in SPEAKERS if name not in HELD_OUT_SPEAKERS)


def voice(name: str) -> Voice:
    """Give the voice of this name; raises `NoVoice` if no engine is called so."""
    engine, _, speaker = name.partition("-")
    if engine == "flite":
        return FliteVoice(speaker)
    if engine == "festival":
        return FestivalVoice(speaker)
    if engine == "digits":
        return DigitsVoice(speaker)
    if engine == "en" or name.startswith("en+"):
        return EspeakVoice(name)
    raise NoVoice(f"no engine has a voice {name!r}")


def is_held_out(name: str) -> bool:
    """Tell whether a voice is kept for evaluation, in whatever accent its variant speaks."""
    accent, _, variant = name.partition("+")
    return name in HELD_OUT or accent == HELD_OUT_ACCENT or variant in HELD_OUT_VARIANTS


def draw(engine: str, rng: Chance) -> tuple[str, Manner]:
    """Draw a voice of one of `ENGINES` for training, and the manner in which it speaks."""
    if engine == "espeak":
        variant = "" if happens(_PLAIN_ACCENT, rng) else f"+{pick(_VARIANTS, rng)}"
        return pick(_ACCENTS, rng) + variant, _espeak_manner(rng)
    if engine == "flite":
        return f"flite-{pick(_FLITE, rng)}", _flite_manner(rng)
    return f"digits-{pick(_TRAINED_SPEAKERS, rng)}", Manner(size=_between(0.92, 1.09, rng))


def _espeak_manner(rng: Chance) -> Manner:
    return Manner(
        speed=_between(0.68, 1.38, rng),
        pitch=_between(0.65, 1.55, rng),
        liveliness=rng.uniform(0.4, 1.6),
        size=_between(0.87, 1.15, rng),
        gap_ms=rng.uniform(30, 250) if happens(0.12, rng) else 0.0,
    )


def _flite_manner(rng: Chance) -> Manner:
    return Manner(
        speed=_between(0.78, 1.3, rng),
        pitch=_between(0.8, 1.25, rng),
        liveliness=rng.uniform(0.5, 2.0),
        size=_between(0.85, 1.17, rng),
    )


def _between(low: float, high: float, rng: Chance) -> float:
    """Draw a factor: half of it as likely as twice."""
    return exp(rng.uniform(log(low), log(high)))
