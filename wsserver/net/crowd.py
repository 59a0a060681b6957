"""Count who waits, in all and for each address; above a limit who came first makes room.

Knows guests, keys and numbers; knows nothing of what is waited for.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Guest = TypeVar("Guest", bound=Hashable)


class Crowd(Generic[Guest]):
    """Those who wait now.

    Whoever is honest waits for a moment only.  So of too many those who wait longest have to go,
    and not the newcomer: else a few hundred who wait for ever would keep everybody out.
    """

    def __init__(self, most: int, most_per_key: int) -> None:
        self._most = most
        self._most_per_key = most_per_key
        self._keys: OrderedDict[Guest, str] = OrderedDict()
        self._of_key: dict[str, OrderedDict[Guest, None]] = {}

    def __len__(self) -> int:
        """Count all who wait."""
        return len(self._keys)

    def enter(self, guest: Guest, key: str) -> Guest | None:
        """Count *guest* in; give who is counted out for it, as the first of its key or of all.

        An empty key has no limit of its own.
        """
        mates = self._of_key.get(key) or OrderedDict[Guest, None]()
        crowded_out = None
        if key and len(mates) >= self._most_per_key:
            crowded_out = next(iter(mates))
        elif len(self) >= self._most:
            crowded_out = next(iter(self._keys))
        if crowded_out is not None:
            self.leave(crowded_out)
        self._keys[guest] = key
        self._of_key.setdefault(key, OrderedDict())[guest] = None
        return crowded_out

    def leave(self, guest: Guest) -> None:
        """Count *guest* out; nothing happens if it is not in."""
        key = self._keys.pop(guest, None)
        if key is None:
            return
        mates = self._of_key[key]
        del mates[guest]
        if not mates:
            del self._of_key[key]
