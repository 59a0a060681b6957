"""Short ways to have somebody speak in a room and somebody read along."""

from dataclasses import dataclass, field

from wsserver import messages
from wsserver.rooms import captions
from wsserver.rooms.room import Position, Room


def final(utterance: int, text: str | None = None, start: float | None = None) -> messages.Final:
    begin = float(utterance) if start is None else start
    return messages.Final(
        utterance=utterance,
        text=f"said {utterance}." if text is None else text,
        start=begin,
        end=begin + 0.5,
        through=0,
    )


def partial(utterance: int, text: str = "sai") -> messages.Partial:
    begin = float(utterance)
    return messages.Partial(
        utterance=utterance, text=text, committed=0, start=begin, end=begin + 0.25, lag=0.1
    )


def says(caption: captions.Caption) -> str:
    """Give a message in a word or two."""
    match caption:
        case captions.Final():
            return f"{caption.number} {caption.session}{caption.utterance}"
        case captions.Partial():
            return f"{caption.session}{caption.utterance}: {caption.text}"
        case captions.Live():
            return "live" if caption.live else "silent"
        case _:
            return caption.type


@dataclass
class Reader:
    """Somebody who reads along, and remembers where they were."""

    room: Room
    position: Position = Position()
    told: list[captions.Caption] = field(default_factory=list)

    @classmethod
    def new(cls, room: Room) -> "Reader":
        return cls(room, room.entry("", 0))

    @property
    def finals(self) -> list[captions.Final]:
        return [each for each in self.told if isinstance(each, captions.Final)]

    def come_back(self) -> None:
        """Break off, and go on behind the latest final."""
        number = self.finals[-1].number if self.finals else 0
        self.told.append(self.room.welcome(None))
        self.position = self.room.entry(self.room.story_name, number)

    def read(self, most: int = 100) -> list[str]:
        """Take what is due; give what is new of it."""
        due = self.room.due(self.position, most)
        self.told += due.messages
        self.position = due.position
        return [says(each) for each in due.messages]

    def read_all(self, most: int = 100) -> None:
        while self.position != self.room.head:
            self.read(most)
