"""ffmpeg kept within its limits, by stand-ins that do what a broken or hostile file makes it do.

The real one is tried in tests/clients/test_openai_audio.py, where there is one.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from wsserver.errors import BadAudio, TooLarge
from wsserver.net.ffmpeg import BLOCK_BYTES, Ffmpeg
from wsserver.speech import SAMPLE_RATE

Make = Callable[[str], str]

TELL = """
import json, os, sys
path = sys.argv[sys.argv.index("-i") + 1].removeprefix("file:")
told = {"argv": sys.argv[1:], "env": dict(os.environ), "stdin": sys.stdin.read()}
told["file"] = open(path).read()
"""


@pytest.fixture
def program(tmp_path: Path) -> Make:
    """Make a program of Python lines."""

    def make(lines: str) -> str:
        path = tmp_path / "ffmpeg"
        path.write_text(f"#!{sys.executable}\n{lines}", encoding="utf-8")
        path.chmod(0o700)
        return str(path)

    return make


@pytest.fixture
def file(tmp_path: Path) -> Iterator[BinaryIO]:
    path = tmp_path / "sound"
    path.write_bytes(b"some film")
    with path.open("rb") as opened:
        yield opened


async def decoded(ffmpeg: Ffmpeg, file: BinaryIO) -> bytes:
    blocks = ffmpeg.decode(file)
    assert blocks.sample_rate == SAMPLE_RATE
    return b"".join([block async for block in blocks.stream])


async def test_what_the_program_writes_is_the_sound(program: Make, file: BinaryIO) -> None:
    sound = np.arange(2.5 * SAMPLE_RATE, dtype="<f4").tobytes()
    write = "import array, sys\narray.array('f', range(40_000)).tofile(sys.stdout.buffer)"

    assert await decoded(Ffmpeg(program(write)), file) == sound


async def test_half_a_sample_at_the_end_is_left_out(program: Make, file: BinaryIO) -> None:
    write = "import sys\nsys.stdout.buffer.write(b'12345678910')"

    assert await decoded(Ffmpeg(program(write)), file) == b"12345678"


async def test_the_program_gets_the_file_and_nothing_else(
    program: Make, file: BinaryIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WSSERVER_SERVER__KEY", "secret")
    to = tmp_path / "told.json"
    tell = f"{TELL}open({str(to)!r}, 'w').write(json.dumps(told))\nsys.stdout.write('some')"

    await decoded(Ffmpeg(program(tell)), file)

    told = json.loads(to.read_text())
    options = dict(zip(told["argv"], told["argv"][1:], strict=False))
    assert (told["file"], told["stdin"]) == ("some film", "")
    assert "WSSERVER_SERVER__KEY" not in told["env"]
    assert options["-protocol_whitelist"] == "file,pipe"
    assert not {"hls", "concat", "dash"} & {*options["-format_whitelist"].split(",")}


@pytest.mark.parametrize(
    ("lines", "kind", "complaint"),
    [
        ("", BadAudio, "holds no sound"),
        ("raise SystemExit(1)", BadAudio, "holds no sound"),
        (
            "import sys; sys.stdout.write('some' * 16_000); sys.exit(1)",
            BadAudio,
            "gave up after 1.00 s",
        ),
        ("import sys\nwhile True: sys.stdout.write('some' * 16_000)", TooLarge, "at most 0.01 h"),
        ("import sys, time; sys.stdout.write('s'); time.sleep(600)", BadAudio, "still at the file"),
    ],
)
async def test_a_file_that_ffmpeg_cannot_decode_is_refused(
    program: Make, file: BinaryIO, lines: str, kind: type[Exception], complaint: str
) -> None:
    is_slow = "sleep" in lines
    ffmpeg = Ffmpeg(program(lines), 36.0, patience_seconds=0.1 if is_slow else 60.0)

    with pytest.raises(kind, match=complaint):
        await decoded(ffmpeg, file)


async def test_patience_is_for_the_program_and_not_for_who_listens(
    program: Make, file: BinaryIO
) -> None:
    write = "import sys\nsys.stdout.write('some' * 160_000)"
    ffmpeg = Ffmpeg(program(write), patience_seconds=30.0)
    loop, passed = asyncio.get_running_loop(), 0.0
    real = loop.time

    loop.time = lambda: real() + passed  # type: ignore[method-assign]
    async for _ in ffmpeg.decode(file).stream:
        passed += 20.0

    assert passed == 200.0


@pytest.mark.parametrize("is_full", [False, True])
async def test_the_program_is_gone_once_nobody_listens(
    program: Make, file: BinaryIO, is_full: bool
) -> None:
    count = 100 * BLOCK_BYTES if is_full else BLOCK_BYTES
    lines = f"""
import os, struct, sys, time
sys.stdout.buffer.write(struct.pack("f", os.getpid()).ljust({count}, b"0"))
sys.stdout.flush()
time.sleep(600)
"""

    async with aclosing(Ffmpeg(program(lines)).decode(file).stream) as stream:
        first = await anext(stream)

    pid = int(np.frombuffer(first, "<f4")[0])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_the_program_is_gone_once_its_listener_is_canceled(
    program: Make, file: BinaryIO, tmp_path: Path
) -> None:
    pid_file = tmp_path / "pid"
    lines = f"""
import os, time
open({str(pid_file)!r} + "~", "w").write(str(os.getpid()))
os.rename({str(pid_file)!r} + "~", {str(pid_file)!r})
time.sleep(600)
"""
    listening = asyncio.create_task(decoded(Ffmpeg(program(lines)), file))
    while not pid_file.exists():
        await asyncio.sleep(0.01)

    listening.cancel()
    await asyncio.wait([listening])

    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_the_program_on_the_path_is_found(
    program: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    before = Ffmpeg.find()
    path = program("")

    assert (before, Ffmpeg.find()) == (None, Ffmpeg(path))
