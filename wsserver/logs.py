"""Set up the log: what, in which form, to standard error.

Knows nothing of what is logged; whoever logs leaves out tokens and what people say.
"""

import json
import logging
from dataclasses import dataclass
from typing import Literal

from wsserver.messages import Done, Error, Final, Ready, ServerMessage
from wsserver.watch import Watch
from wsserver.whose import session_at_work

logger = logging.getLogger(__name__)

NOISY = {
    "websockets": logging.INFO,  # writes every header at DEBUG, tokens included
    "asyncio": logging.INFO,
    "numba": logging.WARNING,
    "opentelemetry": logging.ERROR,  # warns of every single span that it loses
    "urllib3": logging.INFO,  # writes every request of traces at DEBUG
}


SHORT = 8
"""Characters of a session's id that a line of text shows; they tell all open sessions apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """What the log says and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important record that is written."""

    format: Literal["text", "json"] = "text"
    """`text` for people, `json` (one object a line) for programs."""

    speech: bool = False
    """Write the text of every final, at the level info."""


def set_up(settings: LogSettings, worker: int | None = None) -> None:
    """Write the log to standard error from now on; say which *worker* it is, if there are more."""
    handler = logging.StreamHandler()
    # On the handler too: some loggers have a level of their own, which would pass by the root's.
    handler.setLevel(settings.level.upper())
    handler.addFilter(_note_session)
    is_json = settings.format == "json"
    handler.setFormatter(_JsonFormatter(worker) if is_json else _TextFormatter(worker))
    logging.basicConfig(handlers=[handler], level=settings.level.upper(), force=True)
    if settings.speech:
        logger.warning("log.speech is on: THE WORDS THAT PEOPLE SAY ARE WRITTEN TO THIS LOG")
    for name, least in NOISY.items():
        logging.getLogger(name).setLevel(max(least, logging.getLogger().level))


class SessionLines(Watch):
    """Writes when a session is ready and how it ended, and nothing of what is said."""

    def __init__(self) -> None:
        self._token_name = ""
        self._is_ready = False
        self._seconds = 0.0
        self._finals = 0
        self._end = "it broke off"

    def admitted(self, token_name: str, trace_parent: str) -> None:  # noqa: ARG002 - for traces
        """Take note of who speaks."""
        self._token_name = token_name

    def heard(self, seconds: float) -> None:
        """Count the audio of this connection."""
        self._seconds += seconds

    def said(self, message: ServerMessage) -> None:
        """Write that the session is ready; take note of what the last line tells."""
        match message:
            case Ready():
                self._is_ready = True
                again = f", connection {message.generation}" if message.generation > 1 else ""
                logger.info("session ready: token %s%s", self._token_name, again)
            case Final():
                self._finals += 1
            case Done():
                self._end = "done"
            case Error(fatal=True):
                self._end = message.code

    def closed(self) -> None:
        """Write how it went."""
        if self._is_ready:
            told = (self._seconds, self._finals, self._end)
            logger.info("session ended: %.1f s of audio, %d finals, %s", *told)


class SpokenWords(Watch):
    """Writes every final to the log; for operators who asked for it, and told their speakers."""

    def said(self, message: ServerMessage) -> None:
        """Write the text of a final."""
        if isinstance(message, Final):
            logger.info("utterance %d: %s", message.utterance, message.text)


def _note_session(record: logging.LogRecord) -> bool:
    """Note for whose session *record* is written; let it pass."""
    record.session = session_at_work()
    return True


def _session(record: logging.LogRecord) -> str:
    return str(getattr(record, "session", ""))


class _TextFormatter(logging.Formatter):
    """One line for a record; what follows, of an error, stands indented below it.

    So nothing that a stranger has a hand in looks like a record of its own or steers a terminal.
    """

    def __init__(self, worker: int | None) -> None:
        who = f"worker {worker}: " if worker else ""
        form = f"%(asctime)s %(levelname)-7s {who}%(name)s: %(origin)s%(message)s"
        super().__init__(form, "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        record.asctime = self.formatTime(record, self.datefmt)
        record.origin = f"[{session[:SHORT]}] " if (session := _session(record)) else ""
        lines = [self.formatMessage(record)]
        if record.exc_info:
            lines += self.formatException(record.exc_info).split("\n")
        return "\n    ".join(map(_printable, lines))


class _JsonFormatter(logging.Formatter):
    def __init__(self, worker: int | None) -> None:
        super().__init__()
        self._own = {"worker": worker} if worker else {}

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            **self._own,
            "logger": record.name,
            **({"session": session} if (session := _session(record)) else {}),
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return _printable(json.dumps(entry, ensure_ascii=False))


def _printable(text: str) -> str:
    """Write what moves a cursor, colors or turns text around as JSON escapes it."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)
