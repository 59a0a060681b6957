"""Which message may come when.

Knows how far a dictation has come; knows nothing of what a message sets off.
"""

from enum import Enum, auto

from wsserver import messages
from wsserver.errors import BadOrder


class Phase(Enum):
    """How far a dictation has come."""

    NEW = auto()
    OPEN = auto()
    ENDING = auto()
    """`finish` came: nothing more may follow."""

    FAILED = auto()
    """Ended by decree: whatever follows is ignored."""


ALLOWED: dict[Phase, tuple[type, ...]] = {
    Phase.NEW: (
        messages.Start,
        messages.Audio,
        messages.Flush,
        messages.Finish,
        messages.Keepalive,
    ),
    Phase.OPEN: (messages.Audio, messages.Flush, messages.Finish, messages.Keepalive),
    Phase.ENDING: (messages.Keepalive,),
    Phase.FAILED: (object,),
}


def check_order(phase: Phase, message: messages.ClientMessage) -> None:
    """Raise `BadOrder` if *message* may not come in this *phase*."""
    if isinstance(message, ALLOWED[phase]):
        return
    found = "audio" if isinstance(message, messages.Audio) else message.type
    if phase is Phase.ENDING:
        raise BadOrder(f"found {found!r} after the end of the session, expected nothing more")
    raise BadOrder(f"found a second {found!r}, expected audio, 'flush' or 'finish'")
