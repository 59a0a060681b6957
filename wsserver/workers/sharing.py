"""Make up once what all workers have to have alike, and say so in their configuration.

Knows keys, certificates, tokens and ports; knows no processes.
"""

import os
import socket
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wsserver.config import Config
from wsserver.errors import ConfigError
from wsserver.net.entrance import WEB, WYOMING
from wsserver.net.keys import server_key
from wsserver.net.ports import bind
from wsserver.net.tls import keep_certificate
from wsserver.recognition.engines import EngineSpec

_LONGEST_TMPDIR_BYTES = 103 - len("/wsserver-12345678/engine")
"""The path of a Unix socket has 103 on macOS, and four more on Linux (unix(7))."""

Ports = Mapping[bytes, Sequence[socket.socket]]


def check_workers(config: Config) -> None:
    """Raise `ConfigError` if several workers would not know of one another or of the engine."""
    workers = config.server.workers
    if workers == 1:
        return
    if config.redis.url is None:
        raise ConfigError(
            f"server.workers: found {workers} without redis.url, expected both: by a Redis the"
            " workers share limits and rooms"
        )
    found = len(os.fsencode(tempfile.gettempdir()))
    if found > _LONGEST_TMPDIR_BYTES:
        raise ConfigError(
            f"TMPDIR: found a path of {found} bytes, expected at most {_LONGEST_TMPDIR_BYTES}, for"
            " sockets that workers need"
        )


async def open_ports(config: Config) -> Ports:
    """Bind the port, and that for Wyoming; raise `ConfigError` if one is not to be had."""
    ports = {WEB: await bind(config.server.host, config.server.port)}
    if config.wyoming.port is not None:
        try:
            ports[WYOMING] = await bind(config.wyoming.host, config.wyoming.port)
        except ConfigError as error:
            for listening in ports[WEB]:
                listening.close()
            raise ConfigError(f"wyoming: {error}") from None
    return ports


def shared(config: Config, ports: Ports, folder: Path) -> Config:
    """Give *config* with a key, a certificate and ports that hold for all workers.

    What has to be in files is put into *folder*, which nobody else may read.
    """
    server = replace(
        config.server,
        port=_number(ports[WEB]),
        key=server_key(config.server.key, os.environ).as_text(),
        tls=keep_certificate(config.server.tls, folder),
    )
    changed: dict[str, object] = {"server": server}
    if WYOMING in ports:
        changed["wyoming"] = replace(config.wyoming, port=_number(ports[WYOMING]))
    return config.model_copy(update=changed)


def decoding_at(config: Config, url: str) -> Config:
    """Give *config* for workers whose engine is the one that all share, at *url*.

    They have patience for all that it tries by itself.  Else they would give up, together with it,
    what only waits behind a window that hangs, and count that against windows nobody tried.
    """
    scheduler = config.scheduler
    tries = scheduler.retries + 2
    patient = replace(scheduler, timeout_seconds=tries * scheduler.timeout_seconds)
    engine = EngineSpec(kind="ray", urls=(url,))
    return config.model_copy(update={"engine": engine, "scheduler": patient})


def share_of(config: Config, number: int) -> Config:
    """Give what holds for the worker of that *number*: one of them deletes what is too old."""
    if number == 1:
        return config
    return config.model_copy(update={"store": replace(config.store, keep_days=None)})


def _number(sockets: Sequence[socket.socket]) -> int:
    number: int = sockets[0].getsockname()[1]
    return number
