"""The command `wsserver`, and the only maker of exit codes.

    0    done
    1    a dictation failed, was refused or lost its connection; a model failed to verify
    2    wrong usage, a wrong configuration, a file or a model that cannot be read
    130  interrupted

Knows what each command calls; knows nothing of how it is done.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import click
from rich.console import Console
from rich.markup import escape

from wsserver import __version__, config, logs
from wsserver.app import App
from wsserver.broker.connection import answers
from wsserver.broker.settings import RedisSettings
from wsserver.dictate import dictate
from wsserver.errors import (
    BadAudio,
    ConfigError,
    DictationError,
    EngineError,
    OperatorError,
    UnsupportedFormat,
)
from wsserver.event_loop import runner
from wsserver.gatehouse import build_room_ids, build_signed_tokens
from wsserver.net.keys import ServerKey, key_path, server_key
from wsserver.net.settings import NetSettings, WyomingSettings
from wsserver.net.signed_tokens import MOST_TITLE, Grant
from wsserver.net.token_import import import_tokens
from wsserver.net.tokens import Scope, Token, new_token
from wsserver.recognition.engines import EngineSpec
from wsserver.serve import serve as serve_until_stopped
from wsserver.serve import with_token
from wsserver.sessions_command import sessions
from wsserver.store.settings import StoreSettings
from wsserver.traces.settings import is_wanted
from wsserver.webhooks.settings import WebhookSettings
from wsserver.workers.sharing import check_workers

_config_option = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration; ./config.yaml by default.",
)


@click.group()
@click.version_option(__version__, prog_name="wsserver")
def wsserver() -> None:
    """Real-time dictation over a WebSocket."""


@wsserver.command()
@_config_option
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.")
@click.option("--tls", type=click.Choice(["off", "self", "files"]), help="How to speak TLS.")
@click.option("--model", help="auto, practice, a name of openai-whisper or a path.")
def serve(path: Path | None, model: str | None, **server: Any) -> None:
    """Serve until Ctrl-C."""
    settings = config.load(path, above=_above(model, **server))
    logs.set_up(settings.log)
    with runner() as running:
        running.run(serve_until_stopped(settings, Console()))


@wsserver.command()
@_config_option
def check(path: Path | None) -> None:
    """Validate the configuration and say what would run."""
    settings = config.load(path)
    check_workers(settings)
    app = App(settings)
    tokens = settings.server.admission.tokens
    Console(highlight=False).print(
        f"The configuration is right.  `wsserver serve` would run\n"
        f"  at        {app.url}, TLS {settings.server.tls.mode}{_processes(settings.server)}\n"
        f"  model     {escape(_heard_by(settings.engine))}\n"
        f"  tokens    {', '.join(token.name for token in tokens) or 'one made up for each run'}\n"
        f"  sessions  {settings.server.admission.max_sessions} at a time\n"
        f"  keeping   {_kept(settings.store)}\n"
        f"  webhooks  {_told(settings.webhooks)}\n"
        f"  Wyoming   {escape(_wyoming(settings.wyoming))}\n"
        f"  Redis     {escape(_redis(settings.redis))}\n"
        f"  traces    {'made' if is_wanted(settings.traces, os.environ) else 'none'}",
    )


@wsserver.command()
@click.option("--model", required=True, help="A name of openai-whisper, a path, or practice.")
@click.option(
    "--audio",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of sound files; a bundled sentence by default.",
)
def verify(model: str, folder: Path | None) -> None:
    """Check on a model of your own that finals equal stock Whisper's, and what updates cost."""
    from wsserver.verify import verify as verify_model  # torch, which no other command loads here

    if not verify_model(EngineSpec(model=model), folder, Console()):
        raise EngineError("some finals differ from stock's decoding")


@wsserver.group()
def token() -> None:
    """Make tokens for those who may dictate."""


@token.command("new")
@click.argument("name")
@click.option("--scope", type=click.Choice(["speak", "view"]), multiple=True, default=["speak"])
def new(name: str, scope: tuple[str, ...]) -> None:
    """Make a token for NAME; print it once, and the line for the configuration."""
    plain, digest = new_token()
    click.echo(f"The token, shown this once:\n\n    {plain}\n\n{_WHERE}\n", err=True)
    click.echo(_line(name, scope, digest))


@token.command("sign")
@_config_option
@click.option("--name", required=True, help="Of the configured token whose limits count.")
@click.option(
    "--scope",
    type=click.Choice(get_args(Scope)),
    multiple=True,
    help="speak by default; view with --room, and nothing else.",
)
@click.option(
    "--seconds",
    type=click.IntRange(min=1),
    help="600 by default; with --room the longest that the configuration allows.",
)
@click.option("--one-session/--any-sessions", default=None, help="One by default; any with --room.")
@click.option("--room", help="One of NAME's own: a token to read along there, fit for a URL.")
@click.option("--title", help="What the room is called, at most 200 characters.")
def sign(path: Path | None, **wish: Any) -> None:
    """Sign a token that lives for minutes; print it.

    It is good for servers with the same key: the configured one, or the one kept on this machine.
    """
    settings, _ = with_token(config.load(path))
    key = _key(settings.server)
    grant = _grant(wish) if wish["room"] is None else _viewers_grant(wish)
    _check_name(grant, settings.server.admission.tokens)
    if grant.room is not None and not build_room_ids(key).is_of(grant.room, grant.subject):
        raise ConfigError(f"found no room of the token {grant.subject!r}, expected one it opened")
    signed = build_signed_tokens(settings, key)
    longest = signed.longest_seconds if grant.room is None else signed.longest_view_seconds
    if (wish["seconds"] or 0) > longest:
        raise ConfigError(f"found {wish['seconds']} s, expected at most {longest}")
    text, _ = signed.sign(replace(grant, seconds=min(grant.seconds, longest)))
    click.echo(text)


@token.command("import")
@click.argument("file", type=click.File(encoding="utf-8"))
def import_(file: Any) -> None:
    """Print the lines for the configuration from FILE, an old JSON config with plain tokens."""
    tokens: list[Token] = import_tokens(file.read())
    click.echo(f"{len(tokens)} tokens.  {_WHERE}\n", err=True)
    for found in tokens:
        click.echo(_line(found.name, found.scope, found.hash))


def _key(server: NetSettings) -> ServerKey:
    key = server_key(server.key, os.environ)
    if server.key is None and not (path := key_path(os.environ)).is_file():
        raise ConfigError(f"found no key in {path} nor as server.key, so no server would believe")
    return key


def _grant(wish: dict[str, Any]) -> Grant:
    if wish["title"] is not None:
        raise ConfigError("found --title without --room, expected both")
    return Grant(
        subject=wish["name"],
        scope=wish["scope"] or ("speak",),
        seconds=wish["seconds"] or 600,
        one_session=wish["one_session"] is not False,
    )


def _viewers_grant(wish: dict[str, Any]) -> Grant:
    title = wish["title"]
    if wish["scope"] not in ((), ("view",)) or wish["one_session"]:
        raise ConfigError("found --room with other rights, expected to read along alone")
    if title is not None and len(title) > MOST_TITLE:
        raise ConfigError(f"found a title of {len(title)} characters, expected up to {MOST_TITLE}")
    return Grant(
        subject=wish["name"],
        scope=("view",),
        seconds=wish["seconds"] or sys.maxsize,
        one_session=False,
        room=wish["room"],
        title=title,
    )


def _check_name(grant: Grant, tokens: Sequence[Token]) -> None:
    found = next((token for token in tokens if token.name == grant.subject), None)
    if found is None:
        names = ", ".join(token.name for token in tokens)
        raise ConfigError(f"found no token named {grant.subject!r}, expected one of {names}")
    # Who may speak in a room may show it.
    needed = grant.scope if grant.room is None else ("speak",)
    if missing := [each for each in needed if each not in found.scope]:
        raise ConfigError(f"found no scope {missing[0]!r} in the token {grant.subject!r}")


def _processes(server: NetSettings) -> str:
    return f", {server.workers} workers" if server.workers > 1 else ""


def _heard_by(engine: EngineSpec) -> str:
    if engine.kind == "ray":
        return f"that of the replicas at {', '.join(engine.urls)}"
    return f"{engine.model}, {engine.precision} on {engine.device}, partials {engine.partials}"


def _kept(store: StoreSettings) -> str:
    if store.folder is None:
        return "nothing"
    days = "" if store.keep_days is None else f" for {store.keep_days:g} days"
    return f"words{' and audio' if store.audio else ''} in {store.folder}{days}"


def _told(webhooks: WebhookSettings) -> str:
    count = len(webhooks.receivers)
    return f"{count} receiver{'' if count == 1 else 's'} of finals" if count else "to nobody"


def _redis(settings: RedisSettings) -> str:
    if settings.url is None:
        return "none: limits and rooms are this server's own"
    how = "answers" if asyncio.run(answers(settings)) else "does not answer"
    return f"{settings.place} {how}: limits and rooms are shared by it"


def _wyoming(settings: WyomingSettings) -> str:
    if settings.port is None:
        return "not spoken"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"tcp://{host}:{settings.port or 'any free port'}, in the name of {settings.token}"


wsserver.add_command(dictate)
wsserver.add_command(sessions)

_WHERE = "The line for config.yaml, below server.admission.tokens:"


def _line(name: str, scope: Sequence[str], digest: str) -> str:
    # A string of JSON is one of YAML as well, whatever is in it.
    quoted = json.dumps(name, ensure_ascii=False)
    return f"- {{name: {quoted}, scope: [{', '.join(scope)}], hash: '{digest}'}}"


def main() -> None:
    """Run the command and leave with its exit code."""
    sys.exit(run())


def run(arguments: list[str] | None = None) -> int:
    """Run the command; give its exit code."""
    try:
        wsserver.main(arguments, prog_name="wsserver", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt, asyncio.CancelledError):
        return 130
    except DictationError as error:
        click.echo(f"wsserver: {error}", err=True)
        wrong_input = isinstance(error, OperatorError | BadAudio | UnsupportedFormat)
        return 2 if wrong_input else 1
    return 0


def _above(model: str | None, **server: Any) -> dict[str, Any]:
    """Give the options that were named, in the shape of config.yaml."""
    given = {name: value for name, value in server.items() if value is not None}
    if "tls" in given:
        given["tls"] = {"mode": given["tls"]}
    return {"server": given} | ({"engine": {"model": model}} if model else {})
