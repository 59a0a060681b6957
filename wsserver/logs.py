"""Set up the log: what, in which form, to standard error.

Knows nothing of what is logged; whoever logs leaves out tokens and what people say.
"""

import json
import logging
from dataclasses import dataclass
from typing import Literal

NOISY = {
    "websockets": logging.INFO,  # writes every header at DEBUG, tokens included
    "asyncio": logging.INFO,
    "numba": logging.WARNING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """What the log says and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important record that is written."""

    format: Literal["text", "json"] = "text"
    """`text` for people, `json` (one object a line) for programs."""


def set_up(settings: LogSettings) -> None:
    """Write the log to standard error from now on."""
    handler = logging.StreamHandler()
    # On the handler too: some loggers have a level of their own, which would pass by the root's.
    handler.setLevel(settings.level.upper())
    handler.setFormatter(_JsonFormatter() if settings.format == "json" else _TextFormatter())
    logging.basicConfig(handlers=[handler], level=settings.level.upper(), force=True)
    for name, least in NOISY.items():
        logging.getLogger(name).setLevel(max(least, logging.getLogger().level))


class _TextFormatter(logging.Formatter):
    """One line for a record; what follows, of an error, stands indented below it.

    So nothing that a stranger has a hand in looks like a record of its own or steers a terminal.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        record.asctime = self.formatTime(record, self.datefmt)
        lines = [self.formatMessage(record)]
        if record.exc_info:
            lines += self.formatException(record.exc_info).split("\n")
        return "\n    ".join(map(_printable, lines))


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
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
