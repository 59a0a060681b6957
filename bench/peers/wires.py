"""What each server is told and what it says: one small class per wire language.

Knows frames; knows nothing of sockets or clocks.  Written from the installed sources of
whisper-live 0.10.0 and whisperlivekit 0.2.26, and from whisper_streaming's `line_packet.py`.
"""

import json
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from wsserver.dialects import native
from wsserver.messages import Done, Error, Final, Finish, Partial, Ready, Start

Frame: TypeAlias = str | bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a frame of the server means."""

    text: str | None = None
    """All that was said so far, as it reads now; None if the frame says nothing of that."""

    is_ready: bool = False
    is_over: bool = False
    refusal: str | None = None


class Wire(Protocol):
    """One session in one wire language."""

    answers_first: bool
    """Whether the server says that it is ready before it is sent audio."""

    def opening(self) -> list[Frame]:
        """Give the frames that a client begins with."""
        ...

    def audio(self, pcm: bytes) -> bytes:
        """Translate s16le at 16 kHz to a frame."""
        ...

    def closing(self) -> Frame | None:
        """Give the frame that says that no more audio comes; None for the end of the stream."""
        ...

    def read(self, frame: Frame) -> Answer:
        """Take a frame of the server."""
        ...


class Dictation:
    """`dictation.v1`, our own."""

    answers_first = True

    def __init__(self) -> None:
        self._finals: list[str] = []

    def opening(self) -> list[Frame]:
        """Ask for English."""
        return [native.write_client(Start(language="en"))]

    def audio(self, pcm: bytes) -> bytes:
        """Send it as it is."""
        return pcm

    def closing(self) -> Frame | None:
        """Ask for the finals and the end."""
        return native.write_client(Finish())

    def read(self, frame: Frame) -> Answer:
        """Put the partial behind the finals."""
        match native.read_server(frame if isinstance(frame, str) else frame.decode()):
            case Ready():
                return Answer(is_ready=True)
            case Partial(text=text):
                return Answer(" ".join([*self._finals, text]))
            case Final(text=text):
                self._finals.append(text)
                return Answer(" ".join(self._finals))
            case Done():
                return Answer(is_over=True)
            case Error(message=message, fatal=True):
                return Answer(refusal=message)
        return Answer()


class WhisperLive:
    """The language of whisper-live: the latest segments with every message, the last one open."""

    answers_first = True
    UID = "bench"

    def __init__(self) -> None:
        self._completed: dict[str, str] = {}

    def opening(self) -> list[Frame]:
        """Ask for what its own client asks for."""
        options = {
            "uid": self.UID,
            "language": "en",
            "task": "transcribe",
            "model": "small",
            "use_vad": True,
            "send_last_n_segments": 10,
            "no_speech_thresh": 0.45,
            "clip_audio": False,
            "same_output_threshold": 10,
        }
        return [json.dumps(options)]

    def audio(self, pcm: bytes) -> bytes:
        """Send float samples, as its own client does."""
        return (np.frombuffer(pcm, "<i2").astype("<f4") / 32768).tobytes()

    def closing(self) -> Frame | None:
        """Say that the audio is over."""
        return b"END_OF_AUDIO"

    def read(self, frame: Frame) -> Answer:
        """Keep what is completed: only the last ten segments come again."""
        told = json.loads(frame)
        if told.get("uid") != self.UID:
            return Answer()
        if told.get("status") in ("WAIT", "ERROR"):
            return Answer(refusal=f"{told['status'].lower()}: {told['message']}")
        if told.get("message") in ("SERVER_READY", "DISCONNECT"):
            ready = told["message"] == "SERVER_READY"
            return Answer(is_ready=ready, is_over=not ready)
        if "segments" not in told:
            return Answer()
        segments = told["segments"]
        self._completed |= {each["start"]: each["text"] for each in segments if each["completed"]}
        still_open = [each["text"] for each in segments if not each["completed"]]
        return Answer(" ".join([*self._completed.values(), *still_open]))


class WhisperLiveKit:
    """The language of whisperlivekit's `/asr` in its mode `full`: the whole text every time."""

    answers_first = True

    def opening(self) -> list[Frame]:
        """Say nothing: the server speaks first."""
        return []

    def audio(self, pcm: bytes) -> bytes:
        """Send it as it is: the server was started with --pcm-input."""
        return pcm

    def closing(self) -> Frame | None:
        """Send the empty frame that ends the audio."""
        return b""

    def read(self, frame: Frame) -> Answer:
        """Put the buffer behind the lines; lines of silence have no text."""
        told = json.loads(frame)
        match told.get("type"):
            case "config":
                return Answer(is_ready=True)
            case "ready_to_stop":
                return Answer(is_over=True)
            case "error":
                return Answer(refusal=told["error"])
        if "lines" not in told:
            return Answer()
        lines = [line["text"] for line in told["lines"] if line["text"]]
        # The buffer goes on where the last line ends, in mid-word if need be.
        return Answer(" ".join(lines) + told["buffer_transcription"])


class WhisperStreaming:
    """The language of whisper_streaming: bare samples in, lines of confirmed words out."""

    answers_first = False

    def __init__(self) -> None:
        self._rest = ""
        self._lines: list[str] = []

    def opening(self) -> list[Frame]:
        """Say nothing: there is no handshake."""
        return []

    def audio(self, pcm: bytes) -> bytes:
        """Send it as it is."""
        return pcm

    def closing(self) -> Frame | None:
        """End the stream: there is no word for it."""
        return None

    def read(self, frame: Frame) -> Answer:
        """Take the words of `begin end words` lines, in packets padded with zeros."""
        text = frame if isinstance(frame, str) else frame.decode(errors="replace")
        *lines, self._rest = (self._rest + text.replace("\0", "")).split("\n")
        self._lines += [line.split(" ", 2)[2] for line in lines if line.count(" ") >= 2]
        return Answer(" ".join(self._lines))
