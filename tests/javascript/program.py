"""A program in Node that tells what it sees, line by line."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.page.stage import PATIENCE_SECONDS, Stage

WEBCLIENT = Path(__file__).parents[2] / "webclient"

_HEAD = """
const at = (name) => new URL(name, {folder});
const client = await import(at("dictation-client.js"));
const {{ connect }} = client;
const say = (...told) => console.log(JSON.stringify(told));
const tell = (dictation, ...types) => {{
  for (const type of types) dictation.addEventListener(type, ({{ detail }}) => say(type, detail));
}};
const name = (error) => [error.name, error.code ?? null];
const tried = (promise) => promise.then((done) => ["done", done], name);
const sound = (...samples) => Int16Array.from(samples);
const {{ url, ...given }} = {given};
"""


def socket_of(stage: Stage) -> str:
    return stage.url.replace("http", "ws", 1) + "v1/dictation"


@dataclass(frozen=True, slots=True)
class Program:
    process: Process

    async def says(self) -> list[Any]:
        """Give what it says next."""
        assert self.process.stdout
        async with asyncio.timeout(PATIENCE_SECONDS):
            line = await self.process.stdout.readline()
        assert line, "the program ended, expected it to say more"
        told: list[Any] = json.loads(line)
        return told


@asynccontextmanager
async def running(node: Path, script: str, **given: object) -> AsyncIterator[Program]:
    """Run *script*, which knows *given*; at the end it has to end by itself, and well."""
    head = _HEAD.format(folder=json.dumps(f"{WEBCLIENT.as_uri()}/"), given=json.dumps(given))
    command = (node, "--input-type=module", "--eval", head + script)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    try:
        yield Program(process)
        async with asyncio.timeout(PATIENCE_SECONDS):
            rest, wrongs = await process.communicate()
        assert (process.returncode, wrongs.decode(), rest.decode()) == (0, "", "")
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def result(node: Path, script: str, **given: object) -> Any:
    """Give all that *script* says."""
    async with running(node, script, **given) as program:
        return await program.says()
