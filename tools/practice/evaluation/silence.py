"""Windows in which nobody speaks.

Knows sounds; knows nothing of models.  The sounds of the reliability tests are among them, so
training must not have these very ones.
"""

from tests.reliability.corpus import WITHOUT_VOICE, at_level, colored_noise, silence
from tools.practice.chance import Chance
from tools.practice.evaluation.trials import Item
from tools.practice.speech import Samples

SECONDS = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0)
_SLOPES_DB = {"white": 0.0, "pink": -3.0, "brown": -6.0}
_LEVELS_DB = (-75, -60, -45, -30, -20)


def nothing() -> list[Item]:
    """Give digital silence of many lengths."""
    return [_item(f"{seconds:g}-s", silence(seconds)) for seconds in SECONDS]


def noises(chance: Chance) -> list[Item]:
    """Give noise of three colors at five levels, each at three lengths."""
    return [
        _item(f"{color}-{level:+}-dB-{place}", _noise(slope, level, chance))
        for color, slope in _SLOPES_DB.items()
        for level in _LEVELS_DB
        for place in range(3)
    ]


def sounds() -> list[Item]:
    """Give what the reliability tests have: keyboards, music, coughs, telephones."""
    return [_item(name.replace(" ", "-"), make()) for name, make in WITHOUT_VOICE.items()]


def _noise(slope_db: float, level_db: float, chance: Chance) -> Samples:
    seconds = float(chance.choice(SECONDS[:6]))
    return at_level(colored_noise(slope_db, seconds, int(chance.integers(2**31))), level_db)


def _item(name: str, samples: Samples) -> Item:
    return Item(name, samples, "", name)
