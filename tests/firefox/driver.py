"""Debian's Firefox before a page, driven by WebDriver BiDi over a socket of our own.

Knows the commands that these tests need; knows nothing of the page.
"""

import asyncio
import itertools
import json
import os
import re
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE_SECONDS = 60
"""For a machine that does other things as well."""

_PREFERENCES = {
    # A microphone that hums and asks nobody; sound may come without a click.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    # Nothing but the page is to be asked for.
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}
_UNTIL = """new Promise((done) => {
  const look = () => { try { if (%s) return done(true); } catch {} setTimeout(look, 50); };
  look();
})"""


@dataclass(slots=True)
class Firefox:
    """A browser that runs."""

    socket: ClientConnection
    wrongs: list[str] = field(default_factory=list)
    _answers: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    _ids: "itertools.count[int]" = field(default_factory=itertools.count)

    async def ask(self, method: str, **params: Any) -> Any:
        """Give a command; return its result."""
        number = next(self._ids)
        coming = self._answers[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await coming
        assert answer["type"] == "success", answer
        return answer["result"]

    async def listen(self) -> None:
        """Take in what the browser says until it goes."""
        with suppress(ConnectionClosed):
            async for frame in self.socket:
                said = json.loads(frame)
                if said["type"] != "event":
                    self._answers.pop(said["id"]).set_result(said)
                elif said["params"].get("level") == "error":
                    self.wrongs.append(str(said["params"]["text"]))

    @asynccontextmanager
    async def open(self, url: str) -> AsyncIterator["Tab"]:
        """Open a page in a tab of its own."""
        made = await self.ask("browsingContext.create", type="tab")
        tab = Tab(self, made["context"])
        await self.ask("browsingContext.navigate", context=tab.context, url=url, wait="complete")
        yield tab
        await self.ask("browsingContext.close", context=tab.context)


@dataclass(frozen=True, slots=True)
class Tab:
    """A page in a tab."""

    firefox: Firefox
    context: str

    async def run(self, expression: str) -> Any:
        """Give what *expression* comes to, in the end: a string, a number or a truth."""
        answer = await self.firefox.ask(
            "script.evaluate",
            expression=expression,
            target={"context": self.context},
            awaitPromise=True,
            userActivation=True,
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return answer["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until *expression* is true."""
        await self.run(_UNTIL % expression)

    async def click(self, name: str) -> None:
        await self.run(f"document.getElementById('{name}').click()")

    async def type(self, text: str) -> None:
        """Press the key of each character, as a person does."""
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": keys}
        await self.firefox.ask("input.performActions", context=self.context, actions=[source])


@asynccontextmanager
async def running(executable: str, folder: Path, **preferences: Any) -> AsyncIterator[Firefox]:
    """Start the browser, remembering in *folder*; in *preferences* two underscores are a dot."""
    others = {name.replace("__", "."): value for name, value in preferences.items()}
    chosen = (_PREFERENCES | others).items()
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in chosen)
    (folder / "user.js").write_text("\n".join(lines), encoding="utf-8")
    command = (executable, "--headless", "--no-remote", "--remote-debugging-port=0")
    process = await asyncio.create_subprocess_exec(
        *command, "--profile", str(folder), stdout=PIPE, stderr=STDOUT, start_new_session=True
    )
    try:
        url = await _address(process)
        async with connect(f"{url}/session", proxy=None, max_size=None) as socket:
            firefox = Firefox(socket)
            listening = asyncio.create_task(firefox.listen())
            await firefox.ask("session.new", capabilities={})
            await firefox.ask("session.subscribe", events=["log.entryAdded"])
            yield firefox
        await listening
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()


async def _address(process: Process) -> str:
    """Read where the browser listens."""
    assert process.stdout
    async with asyncio.timeout(PATIENCE_SECONDS):
        while line := (await process.stdout.readline()).decode(errors="replace"):
            if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                return found[1]
    raise AssertionError("the browser ended, expected it to listen")
