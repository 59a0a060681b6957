"""Remember the rooms that their owners have ended, for viewers whose tokens are still good.

Knows names; knows nothing of rooms or of who asks.
"""

from collections import OrderedDict, defaultdict

MOST_OF_EACH = 1_000
"""Of one owner; of more, those that were ended first are forgotten."""


class EndedRooms:
    """All of them, bounded for each owner apart: nobody makes another one's room open again."""

    def __init__(self) -> None:
        self._by_owner: defaultdict[str, OrderedDict[str, None]] = defaultdict(OrderedDict)
        self._names: set[str] = set()

    def __contains__(self, name: object) -> bool:
        """Tell whether the room was ended."""
        return name in self._names

    def add(self, name: str, owner: str) -> None:
        """Remember that *owner* has ended the room."""
        own = self._by_owner[owner]
        own[name] = None
        own.move_to_end(name)
        self._names.add(name)
        if len(own) > MOST_OF_EACH:
            oldest, _ = own.popitem(last=False)
            self._names.discard(oldest)
