"""Serve connections that another process accepts: the program of a worker.

Knows the application and the wire; knows nothing of the other workers.
"""

import asyncio
import gc
import os
import select
import signal
import socket
import sys
import threading
from contextlib import suppress

from wsserver import logs
from wsserver.app import App
from wsserver.event_loop import runner
from wsserver.lent import Lent
from wsserver.net.entrance import Entrance
from wsserver.workers.forwarding import Forwarding
from wsserver.workers.frames import AllNumbers, Assignment, Checked, Drain, OwnNumbers, Serving
from wsserver.workers.gathered import gathered
from wsserver.workers.wire import Wire

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main(wire: int, channel: int) -> None:
    """Serve the two sockets, by their descriptors, until the supervisor says it is over."""
    # Ctrl-C and a service manager's SIGTERM come to every process of the group; what is to be done
    # about them the supervisor says, and its end, however it comes, is the end of this.
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(os.dup(wire),), daemon=True).start()
    with runner() as loop:
        loop.run(_serve(socket.socket(fileno=wire), socket.socket(fileno=channel)))


def _end_with_parent(wire: int) -> None:
    """Wait until the other end of *wire* is gone, and end this process, whatever it is doing."""
    hanging_up = select.poll()
    hanging_up.register(wire, 0)  # that it hangs up is told in any case
    hanging_up.poll()
    os._exit(0)


async def _serve(wire: socket.socket, channel: socket.socket) -> None:
    for end in (wire, channel):
        end.set_inheritable(False)
    for number in _SIGNALS:
        # Unlike what is ignored, what is caught is not ignored by ffmpeg, which is started here.
        asyncio.get_running_loop().add_signal_handler(number, lambda: None)
    worker = Worker(Entrance(channel))
    worker.wire = await Wire.open(wire, worker.answer)
    await worker.run()


class Worker:
    """One of several servers, from its assignment to its end."""

    def __init__(self, entrance: Entrance) -> None:
        self.wire: Wire
        self._entrance = entrance
        self._app: App
        self._is_serving = False
        self._is_over = asyncio.Event()

    async def run(self) -> None:
        """Do what is asked until it is over."""
        await self._is_over.wait()
        if self._is_serving:
            await self._app.stop()
        # Else the process just ends, in the middle of its beginning.
        await self.wire.close()

    async def answer(self, asked: object) -> object:
        """Do what the supervisor asks for."""
        match asked:
            case Assignment():
                return await self._begin(asked)
            case Checked(check):
                self._app.approve(check)
                _settle_down()
            case OwnNumbers():
                return self._app.numbers()
            case Drain():
                self._is_over.set()
        return None

    async def _begin(self, assignment: Assignment) -> Serving:
        config = assignment.config
        logs.set_up(config.log, assignment.number)
        self._app = app = App(config, lent=self._lent(assignment))
        if assignment.checked:
            app.approve(assignment.checked)
        await app.start()
        self._is_serving = True
        if assignment.checked:
            _settle_down()
        urls = (app.url, app.socket_url, app.network_urls, app.wyoming_url)
        return Serving(*urls, app.info)

    def _lent(self, assignment: Assignment) -> Lent:
        return Lent(
            entrance=self._entrance,
            own_token=assignment.own_token,
            webhooks=Forwarding(assignment.config.webhooks, self.wire).recorder,
            numbers=self._numbers,
        )

    async def _numbers(self, accept: str) -> tuple[bytes, str]:
        # With eight workers it takes 17 ms, in which the loop serves sessions.
        return await asyncio.to_thread(gathered, await self.wire.ask(AllNumbers()), accept)


def _settle_down() -> None:
    """Have no collection look again at what is there now, which stays to the end."""
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(*map(int, sys.argv[1:]))
