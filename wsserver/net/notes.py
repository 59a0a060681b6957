"""Note what the engine says of each utterance beside its words.

Knows windows and hypotheses; knows nothing of what becomes of them.
"""

from dataclasses import replace

from wsserver.net.host import Host
from wsserver.speech import Hypothesis, Window


class Notes:
    """What was heard in one conversation without partials."""

    def __init__(self, host: Host) -> None:
        """Listen in on what *host* is asked for."""
        self.host = replace(host, recognize=self._recognize)
        """What the conversation is to be given instead."""

        self.hypotheses: dict[int, Hypothesis] = {}
        """The latest of each utterance, which is the one its final was made of."""

        self._recognize_really = host.recognize

    async def _recognize(self, window: Window) -> Hypothesis | None:
        hypothesis = await self._recognize_really(window)
        if hypothesis is not None:
            self.hypotheses[window.utterance] = hypothesis
        return hypothesis
