"""Which engines are on this machine; tests of the others are skipped.

Knows the voices; knows nothing of what is tested.
"""

from tools.practice.voices import roster
from tools.practice.voices.voice import NothingSaid, NoVoice


def can_speak(name: str) -> bool:
    """Tell whether this voice is here."""
    try:
        roster.voice(name).say("One.")
    except (NoVoice, NothingSaid):
        return False
    return True
