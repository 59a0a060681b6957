"""What one of several servers on a machine has from whoever started them all.

Knows the shapes; knows nothing of who that is.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from wsserver.net.entrance import Entrance
from wsserver.net.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Lent:
    """What such a server does not have itself."""

    entrance: Entrance
    """Where connections come from."""

    own_token: str
    """With which the server dictates to itself; the connection may come in anywhere."""

    webhooks: Callable[[str], Recorder | None]
    """Gives what tells a token's finals to those who want to hear of them."""

    numbers: Callable[[str], Awaitable[tuple[bytes, str]]]
    """Gives what all servers count, and its content type, as `Accept` asks for it."""
