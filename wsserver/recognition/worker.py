"""Hold the engine, in the child that `process.EngineProcess` starts: read batches, write results.

Knows one engine and one socket; knows nothing of asyncio, sessions or priorities.
"""

import logging
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from io import BufferedReader
from queue import SimpleQueue

from wsserver.errors import DictationError
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

logger = logging.getLogger(__name__)

SPINS = "10000"
"""How often a thread of torch's OpenMP looks for more work before it sleeps.

Its own 300,000 keep a core busy that the server or another program needs.  Measured on two cores,
a window's final: 360 ms either way with the machine to itself; beside one busy process 2.7 s
against 1.1 s.  Without any looking it is 500 ms on the idle machine.
"""


def main(descriptor: int) -> None:
    """Serve the socket *descriptor* until its other end is closed."""
    # Ctrl-C and a service manager's SIGTERM come to every process of the group, but the parent
    # drains first; its end, however it comes, is the end of the socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Read when the library is loaded, with the engine.
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    logging.basicConfig(level=logging.INFO, format="engine: %(message)s")
    channel = socket.socket(fileno=descriptor)
    channel.set_inheritable(False)
    inbox: SimpleQueue[list[bytearray]] = SimpleQueue()
    threading.Thread(target=_receive, args=(channel, inbox), daemon=True).start()
    with suppress(ConnectionError):  # the parent is gone, and so is this process in a moment
        _serve(channel, inbox)


def _receive(channel: socket.socket, inbox: SimpleQueue[list[bytearray]]) -> None:
    """Read frames; at the end of the stream end the process, whatever the engine is doing."""
    try:
        with channel.makefile("rb") as stream:
            while True:
                inbox.put([_read(stream, _length(stream)) for _ in range(_length(stream))])
    finally:
        # Not only at the end of the stream: a parent that was killed with an answer unread resets
        # it instead, and without this thread nothing would ever end this process.
        os._exit(0)


def _length(stream: BufferedReader) -> int:
    length: int = LENGTH.unpack(_read(stream, LENGTH.size))[0]
    return length


def _read(stream: BufferedReader, size: int) -> bytearray:
    part = bytearray(size)
    if stream.readinto(part) < size:
        raise EOFError
    return part


def _serve(channel: socket.socket, inbox: SimpleQueue[list[bytearray]]) -> None:
    try:
        engine = _load(unpack(inbox.get()))
    except DictationError as error:
        _send(channel, pack(Failed(error)))
        return
    _send(channel, pack(Ready(engine.info)))
    while True:
        _send(channel, _answer(engine, unpack(inbox.get())))


def _send(channel: socket.socket, chunks: list[bytes | memoryview]) -> None:
    for chunk in chunks:
        channel.sendall(chunk)


def _load(frame: Frame) -> Engine:
    assert isinstance(frame, Build)
    return frame.factory()


def _answer(engine: Engine, frame: Frame) -> list[bytes | memoryview]:
    assert isinstance(frame, Batch)
    try:
        return pack(Heard(tuple(engine.recognize(frame.windows))))
    except Exception as error:  # the batch loop outlives any one batch
        logger.warning("a batch of %d windows raised", len(frame.windows), exc_info=True)
        return pack(Raised(f"{type(error).__name__}: {error}"))


if __name__ == "__main__":
    main(int(sys.argv[1]))
