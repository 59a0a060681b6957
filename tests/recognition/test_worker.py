import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.recognition import scripted
from tests.recognition.scripted import Scripted, window
from wsserver.errors import ModelError
from wsserver.recognition.frames import (
    LENGTH,
    Batch,
    Build,
    Failed,
    Frame,
    Heard,
    Raised,
    Ready,
    pack,
    unpack,
)
from wsserver.speech import Engine

PATIENCE = 60.0


@contextmanager
def worker(
    factory: Callable[[], Engine],
) -> Iterator[tuple[socket.socket, subprocess.Popen[bytes]]]:
    ours, theirs = socket.socketpair()
    path = os.pathsep.join([str(scripted.ROOT), *sys.path])
    with (
        ours,
        theirs,
        subprocess.Popen(
            [sys.executable, "-P", "-m", "wsserver.recognition.worker", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": path},
        ) as process,
    ):
        theirs.close()
        ours.settimeout(PATIENCE)
        send(ours, Build(factory))
        try:
            yield ours, process
        finally:
            process.kill()


def send(channel: socket.socket, frame: Frame) -> None:
    channel.sendall(b"".join(pack(frame)))


def read(channel: socket.socket) -> Frame:
    return unpack(
        [channel.recv(length(channel), socket.MSG_WAITALL) for _ in range(length(channel))]
    )


def length(channel: socket.socket) -> int:
    (found,) = LENGTH.unpack(channel.recv(LENGTH.size, socket.MSG_WAITALL))
    return int(found)


def test_says_that_it_is_ready_and_answers_batches() -> None:
    with worker(Scripted) as (channel, process):
        ready = read(channel)
        send(channel, Batch((window("one"), window("two"))))
        send(channel, Batch((window("raise"),)))
        answers = [read(channel), read(channel)]

    assert isinstance(ready, Ready)
    assert ready.info.model == str(process.pid)
    assert isinstance(answers[0], Heard)
    assert [hypothesis.text for hypothesis in answers[0].hypotheses] == ["one", "two"]
    assert answers[1] == Raised("ValueError: told to raise")


def test_says_why_the_model_cannot_be_loaded_and_ends() -> None:
    with worker(scripted.without_model) as (channel, process):
        failed = read(channel)
        code = process.wait(PATIENCE)

    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ModelError)
    assert code == 0


def test_an_unexpected_error_while_loading_ends_it_with_a_code() -> None:
    with worker(scripted.fail_while_loading) as (_, process):
        code = process.wait(PATIENCE)

    assert code == 1


@pytest.mark.parametrize("doing", ["count", "hang"])
def test_ends_when_the_other_end_is_closed(doing: str) -> None:
    with worker(Scripted) as (channel, process):
        read(channel)
        send(channel, Batch((window(doing),)))

        channel.shutdown(socket.SHUT_WR)

        assert process.wait(PATIENCE) == 0


def test_ends_when_the_other_end_is_closed_while_it_loads() -> None:
    with worker(scripted.load_for_ever) as (channel, process):
        channel.close()

        assert process.wait(PATIENCE) == 0


def test_ends_when_the_other_end_is_closed_with_an_answer_unread() -> None:
    with worker(Scripted) as (channel, process):
        select.select([channel], [], [], PATIENCE)

        channel.close()

        assert process.wait(PATIENCE) == 0
