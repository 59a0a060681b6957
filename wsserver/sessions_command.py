"""The command `wsserver sessions`: list, show, export and delete what was kept.

Knows the archive, the forms of an export and the terminal; knows nothing of the server or of how
anything is kept.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, TextIO, TypeAlias

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from wsserver import config
from wsserver.dictate import visible
from wsserver.errors import ConfigError
from wsserver.messages import Final
from wsserver.store.archive import Archive, KeptFinal, KeptSession
from wsserver.text.captions import to_srt, to_vtt

_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_NONE = "-"
_SHORT_ID = 12
"""Characters that a table has room for; enough to tell one of many thousand sessions."""

_AGE = re.compile(r"(\d+)([hdw])")


def _age(text: str) -> datetime:
    """Read a length of time before now."""
    if not (found := _AGE.fullmatch(text)):
        raise click.BadParameter(f"found {text!r:.40}, expected an age such as 12h, 30d or 4w")
    try:
        return datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError:
        raise click.BadParameter(f"found {text!r:.40}, which is before all dates") from None


def _moment(text: str) -> datetime:
    """Read a day (UTC), a moment as ISO 8601, or an age."""
    if _AGE.fullmatch(text):
        return _age(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"found {text!r:.40}, expected a day such as 2026-11-22 or an age such as 30d"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_Command: TypeAlias = Callable[..., None]


def _with_archive(command: _Command) -> _Command:
    """Hand the archive that the configuration names to *command*."""

    @click.option(
        "--config",
        "path",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The configuration; ./config.yaml by default.",
    )
    @wraps(command)
    def opened(path: Path | None, **arguments: Any) -> None:
        folder = config.load(path).store.folder
        if folder is None:
            raise ConfigError("store.folder: found none, expected where sessions are kept")
        with Archive(folder) as archive:
            command(archive, **arguments)

    return opened


@click.group()
def sessions() -> None:
    """Read and delete what was kept (store.folder), while the server runs or not."""


@sessions.command("list")
@click.option("--since", type=_moment, help="A day (UTC) or an age: 2026-11-22, 12h, 30d, 4w.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object for each, one a line.")
@_with_archive
def list_(archive: Archive, since: datetime | None, as_json: bool) -> None:
    """List the sessions, the oldest first."""
    found = archive.sessions(since)
    if as_json:
        for session in found:
            click.echo(_json(_with_audio(archive, session)))
    else:
        Console(highlight=False).print(_table(archive, found))


@sessions.command()
@click.argument("session", metavar="ID")
@_with_archive
def show(archive: Archive, session: str) -> None:
    """Show what was said in a session; the beginning of its ID is enough."""
    found = _find(archive, session)
    click.echo(
        f"session   {found.id}\n"
        f"token     {visible(found.token_name)}\n"
        f"started   {found.started}\n"
        f"ended     {found.ended or 'not, or cut off'}\n"
        f"model     {visible(found.model)}\n"
        f"language  {found.language or 'unknown'}"
    )
    for path in archive.audio(found.id):
        click.echo(f"audio     {path}")
    click.echo()
    for final in archive.finals(found.id):
        said = visible(final.text) or f"({final.reason or 'nothing'})"
        click.echo(f"{_clock(final.start)}  {said}")


@sessions.command()
@click.argument("session", metavar="ID")
@click.option(
    "--format", "form", type=click.Choice(["txt", "srt", "vtt", "json"]), default="txt",
    show_default=True,
)  # fmt: skip
@click.option(
    "-o",
    "--output",
    type=click.File("w", encoding="utf-8", lazy=False),
    default="-",
    help="A file; standard output by default.",
)
@_with_archive
def export(archive: Archive, session: str, form: str, output: TextIO) -> None:
    """Write what was said in a session as text, captions or JSON."""
    found = _find(archive, session)
    output.write(_FORMS[form](archive, found))


@sessions.command()
@click.argument("ids", metavar="ID...", nargs=-1)
@click.option("--older-than", "moment", type=_age, help="All that ended before that: 12h, 30d, 4w.")
@_with_archive
def delete(archive: Archive, ids: tuple[str, ...], moment: datetime | None) -> None:
    """Delete sessions for good, words and audio."""
    if bool(ids) == bool(moment):
        raise click.UsageError("expected either IDs or --older-than")
    if moment:
        count = archive.delete_older(moment)
    else:
        # All are looked up first: a slip in one deletes none.
        count = archive.delete([_find(archive, each).id for each in ids])
    click.echo(f"{count} deleted", err=True)


def _find(archive: Archive, prefix: str) -> KeptSession:
    found = archive.find(prefix) if prefix else []
    if len(found) == 1:
        return found[0]
    # An id that is the beginning of another one is still an id.
    for session in found:
        if session.id == prefix:
            return session
    many = "several sessions" if found else "no session"
    raise click.BadParameter(f"found {many} whose id begins with {prefix!r:.60}, expected one")


def _table(archive: Archive, found: Iterable[KeptSession]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("ID", "Started (UTC)"):
        table.add_column(name, no_wrap=True)
    for name in ("Token", "Language"):
        table.add_column(name)
    for name in ("Length", "Finals", "Audio"):
        table.add_column(name, justify="right", no_wrap=True)
    for session in found:
        size = sum(path.stat().st_size for path in archive.audio(session.id))
        table.add_row(
            session.id[:_SHORT_ID],
            session.started[:16].replace("T", " "),
            Text(visible(session.token_name)),
            session.language or _NONE,
            _clock(session.seconds),
            str(session.finals),
            f"{size / 1e6:.1f} MB" if size else _NONE,
        )
    return table


def _to_txt(archive: Archive, session: KeptSession) -> str:
    return "".join(f"{final.text}\n" for final in archive.finals(session.id) if final.text)


def _to_json(archive: Archive, session: KeptSession) -> str:
    document = {
        **_with_audio(archive, session),
        "lines": [asdict(line) for line in archive.lines(session.id)],
        "finals": [asdict(final) for final in archive.finals(session.id)],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _messages(archive: Archive, session: KeptSession) -> list[Final]:
    return [_message(final) for final in archive.finals(session.id)]


def _message(final: KeptFinal) -> Final:
    return Final(
        utterance=final.utterance,
        text=final.text,
        start=final.start,
        end=final.end,
        language=final.language,
        words=final.words,
        reason=final.reason,
        through=0,  # of no meaning any more
    )


_FORMS: dict[str, Callable[[Archive, KeptSession], str]] = {
    "txt": _to_txt,
    "srt": lambda archive, session: to_srt(_messages(archive, session)),
    "vtt": lambda archive, session: to_vtt(_messages(archive, session)),
    "json": _to_json,
}


def _with_audio(archive: Archive, session: KeptSession) -> dict[str, Any]:
    audio = [str(path) for path in archive.audio(session.id)]
    return {**asdict(session), "audio": audio}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
