"""Run the server in the foreground and tell the person at the terminal what goes on.

Knows the application and the terminal; knows nothing of how the application is built.
"""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from textwrap import shorten

from rich.console import Console
from rich.markup import escape

from wsserver import __version__
from wsserver.app import App
from wsserver.config import Config
from wsserver.net.tokens import Token, new_token
from wsserver.recognition.engines import EngineSpec, build
from wsserver.self_check import SelfCheck
from wsserver.speech import Engine, EngineInfo
from wsserver.workers.supervisor import Supervisor

DEVELOPMENT = "development"
_PRACTICE = (
    "[yellow]This is the small practice model: it knows about 1,200 words and is no product."
    "\nFor real dictation set engine.model {where}, to [b]base[/b] or to the path of a"
    " checkpoint.[/yellow]"
)


def with_token(config: Config) -> tuple[Config, str | None]:
    """Add a development token, made up for this run, if *config* has none; give it too."""
    if config.server.admission.tokens:
        return config, None
    plain, digest = new_token()
    token = Token(name=DEVELOPMENT, hash=digest, scope=("speak", "view"))
    admission = replace(config.server.admission, tokens=(token,))
    server = replace(config.server, admission=admission)
    return config.model_copy(update={"server": server}), plain


async def serve(
    config: Config, console: Console, build: Callable[[EngineSpec], Engine] = build
) -> None:
    """Serve until SIGINT or SIGTERM; raise an `OperatorError` if that cannot begin."""
    config, plain_token = with_token(config)
    is_one = config.server.workers == 1
    app = App(config, build) if is_one else Supervisor(config, build)
    with _signals() as stopped:
        try:
            await _unless(stopped, _start(app, console, config, plain_token))
            await stopped.wait()
            console.print("Stopping: everybody comes to the next pause, then the server leaves.")
        finally:
            await app.stop()


async def _unless(stopped: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """Do *work*, but give it up when *stopped* is set."""
    working, waiting = asyncio.create_task(work), asyncio.create_task(stopped.wait())
    await asyncio.wait((working, waiting), return_when=asyncio.FIRST_COMPLETED)
    for task in (working, waiting):
        task.cancel()
    await asyncio.wait((working, waiting))
    if not working.cancelled():
        working.result()


async def _start(
    app: App | Supervisor, console: Console, config: Config, plain_token: str | None
) -> None:
    console.print(f"[b]wsserver {__version__}[/b]")
    with console.status("Loading the model …"):
        await app.start()
    console.print(_tell_model(app.info, config.engine), highlight=False)
    with console.status("Dictating a sample to itself …"):
        check = await app.check()
        # What is there now stays to the end: no collection has to look at it again and hold up the
        # loop, which it did for a tenth of a second with a thousand viewers.
        gc.collect()
        gc.freeze()
    console.print(_tell_check(check), highlight=False)
    fragment = f"#token={plain_token}" if plain_token else ""
    console.print(f"Ready       {app.url}{fragment}", highlight=False, soft_wrap=True)
    for url in app.network_urls:
        console.print(f"            {url}{fragment}", highlight=False, soft_wrap=True)
    if app.wyoming_url:
        console.print(f"Wyoming     {app.wyoming_url}", highlight=False)
    if plain_token:
        console.print("            The link holds a token that is good until the server stops.")
    console.print("            Ctrl-C stops.")


@contextmanager
def _signals() -> Iterator[asyncio.Event]:
    """Give an event that the first signal sets; a second one ends the process at once."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def stop() -> None:
        if stopped.is_set():
            # From the loop: uvloop would drop what Python's own handler raises amid a callback.
            raise KeyboardInterrupt
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield stopped
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _tell_model(info: EngineInfo, engine: EngineSpec) -> str:
    told = f"Model       {escape(info.model)}, {info.precision} on {info.device}"
    where = "where the replicas are deployed" if engine.kind == "ray" else "in config.yaml"
    return f"{told}\n{_PRACTICE.format(where=where)}" if info.practice else told


def _tell_check(check: SelfCheck) -> str:
    heard = f"heard “{escape(shorten(check.heard, 60))}”" if check.heard else "heard nothing"
    how_long = f"{check.seconds:.1f} s for {check.audio_seconds:.1f} s of speech"
    return f"Self-check  {heard} in {how_long}" + ("" if check.is_right else _NOT_RIGHT)


_NOT_RIGHT = (
    "\n[yellow]            That is not what was said; the model may not know English.[/yellow]"
)
