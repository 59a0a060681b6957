"""What the utterances so far leave behind for the next one.

Knows finals as values; knows nothing of windows, sockets or partials.
"""

from dataclasses import dataclass, replace

from wsserver.speech import Hypothesis


@dataclass(frozen=True, slots=True)
class Transcript:
    """The state that a final hands on; with the audio it decides the next final entirely."""

    language: str | None = None
    """The language that was asked for, or that the first utterance with words was heard in."""

    carry: tuple[int, ...] = ()
    """Tokens of the latest finals, for the decoder to go on from."""

    def after(self, heard: Hypothesis | None, carry_tokens: int) -> "Transcript":
        """Give the state after one more final; *heard* is None where a guard held it back.

        What a guard held back is not carried on: a prompt would feed a loop back to the model.
        """
        if heard is None:
            return replace(self, carry=())
        carry = self.carry + heard.tokens
        return Transcript(
            language=self.language or heard.language,
            carry=carry[-carry_tokens:] if carry_tokens else (),
        )
