"""A process that is killed while it writes loses nothing of which it said that it is kept."""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.kept import final, ready
from wsserver.messages import Start
from wsserver.store.archive import Archive
from wsserver.store.database import FILE_NAME
from wsserver.store.keeper import Keeper
from wsserver.store.settings import StoreSettings

ROOT = Path(__file__).parents[2]
SESSIONS = 16
AUDIO = bytes(range(256)) * 250


def text_of(session: str, utterance: int) -> str:
    return f"{session} says {utterance} " * (1 + utterance % 40)


async def speak(keeper: Keeper, name: str) -> None:
    recorder = keeper.recorder(name)
    recorder.opened(Start(), ready(name))
    for utterance in range(1_000_000):
        recorder.audio(AUDIO)
        spoken = final(utterance, text_of(name, utterance))
        if await recorder.final(spoken) is None:
            sys.stdout.write(f"{name} {utterance}\n")
            sys.stdout.flush()


async def speak_all(folder: Path) -> None:
    keeper = Keeper(folder, StoreSettings(folder=folder, audio=True))
    await keeper.start()
    await asyncio.gather(*(speak(keeper, f"s{number}") for number in range(SESSIONS)))


CHILD = """
import asyncio, sys
from pathlib import Path
from tests.store.test_crash import speak_all
asyncio.run(speak_all(Path(sys.argv[1])))
"""


def kill_after(lines: int, folder: Path) -> list[tuple[str, int]]:
    """Run the child, kill it after it told *lines* finals; give all that it told."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    told = [child.stdout.readline() for _ in range(lines)]
    child.send_signal(signal.SIGKILL)
    told += child.stdout.readlines()  # what it had told by then
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    words = [line.split() for line in told if line.endswith("\n")]
    return [(session, int(utterance)) for session, utterance in words]


@pytest.mark.parametrize("lines", [1, random.Random(1).randint(20, 60), 300])
def test_every_final_that_was_told_is_there_after_a_kill_and_none_is_half(
    tmp_path: Path, lines: int
) -> None:
    told = kill_after(lines, tmp_path)

    with Archive(tmp_path) as archive:
        kept = {each.id: archive.finals(each.id) for each in archive.sessions()}
    assert len(told) >= lines
    assert {(name, each.utterance) for name in kept for each in kept[name]} >= set(told)
    for name, finals in kept.items():
        assert [each.utterance for each in finals] == list(range(len(finals)))
        for each in finals:
            whole = final(each.utterance, text_of(name, each.utterance))
            assert (each.text, each.end, each.words) == (whole.text, whole.end, whole.words)


def test_a_file_that_was_killed_is_sound_and_is_written_on(tmp_path: Path) -> None:
    first = kill_after(30, tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []

    async def go_on() -> None:
        keeper = Keeper(tmp_path, StoreSettings(folder=tmp_path))
        await keeper.start()
        recorder = keeper.recorder("s0")
        recorder.opened(Start(), ready("s0", generation=2))
        await recorder.final(final(10_000, "and on"))
        await keeper.stop()

    asyncio.run(go_on())

    with Archive(tmp_path) as archive:
        texts = [each.text for each in archive.finals("s0")]
    assert texts[-1] == "and on"
    assert texts[:-1] == [text_of("s0", number) for number in range(len(texts) - 1)]
    assert len(texts) - 1 >= sum(name == "s0" for name, _ in first)


FULL = """
import asyncio, resource, sys
from pathlib import Path
from tests.store.test_crash import speak_on_a_full_disk
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
asyncio.run(speak_on_a_full_disk(Path(sys.argv[1])))
"""


async def speak_on_a_full_disk(folder: Path) -> None:
    keeper = Keeper(folder, StoreSettings(folder=folder))
    await keeper.start()
    recorder = keeper.recorder("ada")
    recorder.opened(Start(), ready())
    for utterance in range(300):
        told = await recorder.final(final(utterance, text_of("a1", utterance)))
        sys.stdout.write(f"{utterance} {told.code if told else ''}\n")
    await keeper.stop()


def test_a_disk_that_gets_full_keeps_what_was_told_and_holds_nobody_up(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    told = [line.split() for line in said.stdout.splitlines()]
    warned = [int(line[0]) for line in told if len(line) > 1]
    with Archive(tmp_path) as archive:
        kept = [each.utterance for each in archive.finals("a1")]
    assert len(told) == 300
    assert len(warned) == 1
    assert 0 < warned[0] <= len(kept) < 300
    assert kept == list(range(len(kept)))
    assert "entries of transcripts are lost" in said.stderr
