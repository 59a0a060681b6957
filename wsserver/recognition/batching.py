"""Say what goes into one batch: how many windows, and which beside each other.

Knows what batches are predicted to take; knows nothing of what waits and whose turn it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wsserver.recognition.lane import Ticket
from wsserver.speech import Priority


@dataclass(frozen=True, slots=True)
class Batching:
    """How large a batch may be."""

    max_batch: int
    max_seconds: float

    def has_room(self, predicted: Sequence[float], alone_seconds: float) -> bool:
        """Tell whether the last window may go too, if the first ones take *predicted* together.

        *predicted* holds the seconds of the first window, of the first two, and so on to all;
        *alone_seconds* is what the last one takes alone.

        Where one window alone takes too long, there is nothing to save by going alone: but where
        another makes the batch longer by more than half of what it takes alone, all wait less, on
        average, if they go one by one.  So processors take finals singly, and GPUs many together.
        """
        if len(predicted) > self.max_batch or predicted[-1] <= self.max_seconds:
            return len(predicted) <= self.max_batch
        longer_by = predicted[-1] - predicted[-2]
        return predicted[0] > self.max_seconds and longer_by < alone_seconds / 2

    def most(self, price: Callable[[int], float]) -> int:
        """Give how many windows alike go together, if so many take *price* seconds."""
        prices = [price(1)]
        while self.has_room([*prices, price(len(prices) + 1)], prices[0]):
            prices.append(price(len(prices) + 1))
        return len(prices)


def may_share(ticket: Ticket, other: Ticket) -> bool:
    """Tell whether both may go in one batch.

    Exact windows and others may not: the engine decodes one kind after the other, so together
    nobody is answered sooner, and the first only later.
    """
    one, two = ticket.window, other.window
    both_bulk = one.priority is two.priority is Priority.BULK
    apart = ticket.alone or other.alone or both_bulk
    return not apart and one.exact is two.exact and one.session != two.session
