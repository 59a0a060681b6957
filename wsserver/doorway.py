"""Build the listener: every route, every door, and what lies behind them.

Knows what is joined to what; knows nothing of how any of it works.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from wsserver import __version__
from wsserver.config import Config
from wsserver.dialects.dialect import Model
from wsserver.dialects.table import AUDIO_REST, DIALECTS
from wsserver.net.admission import Gate
from wsserver.net.audio_routes import AudioRoutes
from wsserver.net.dialect_door import DialectDoor
from wsserver.net.dictations import Dictations
from wsserver.net.door import Door
from wsserver.net.entrance import Entrance
from wsserver.net.ffmpeg import Ffmpeg
from wsserver.net.health import health_routes
from wsserver.net.host import Host
from wsserver.net.http_app import Route, http_app
from wsserver.net.listener import Listener, Sockets
from wsserver.net.page_settings import NAME as SETTINGS
from wsserver.net.page_settings import settings_page
from wsserver.net.pages import page_routes, read_pages
from wsserver.net.room_door import RoomDoor
from wsserver.net.room_files import FileFormat
from wsserver.net.room_gate import RoomGate
from wsserver.net.room_routes import RoomRoutes
from wsserver.net.rooms import Rooms
from wsserver.net.signed_tokens import SignedTokens
from wsserver.net.speech_routes import SpeechRoutes
from wsserver.net.tls import server_context
from wsserver.net.wyoming_server import WyomingHost, WyomingServer, speaker
from wsserver.speech import EngineInfo
from wsserver.text.captions import SRT, VTT, GrowingFile, to_srt, to_vtt

_PACKAGE = Path(__file__).parent
_PAGES = (_PACKAGE / "webclient", _PACKAGE.parent / "webclient")
"""Where the page is in an installed package, and in a checkout."""

_FORMATS = (
    FileFormat("captions.vtt", "text/vtt", partial(GrowingFile, VTT)),
    FileFormat("captions.srt", "application/x-subrip", partial(GrowingFile, SRT)),
)


@dataclass(frozen=True, slots=True)
class Inside:
    """What lies behind the doors."""

    host: Host
    gate: Gate
    rooms: Rooms
    signed: SignedTokens
    dictations: Dictations
    info: Callable[[], EngineInfo]
    entrance: Entrance | None = None
    """Where connections come from, if not from a port here."""


def build_listener(config: Config, inside: Inside, routes: Iterable[Route] = ()) -> Listener:
    """Give the port with everything on it, and *routes* besides."""
    server, gate = config.server, inside.gate
    room_gate = RoomGate(gate, inside.rooms)
    speech = SpeechRoutes(inside.host, server.http.body_limit_bytes, gate)
    reading = RoomRoutes(room_gate, inside.rooms, inside.signed, _FORMATS)
    directory = next((path for path in _PAGES if path.is_dir()), _PAGES[0])
    pages = {**read_pages(directory), SETTINGS: settings_page(config.page)}
    app = http_app(
        server,
        gate,
        [
            *health_routes(gate),
            *page_routes(pages),
            *speech.routes(),
            *(_audio_routes(config, inside) if AUDIO_REST in server.dialects else ()),
            *reading.routes(),
            *routes,
        ],
    )
    doors = (*_dialect_doors(config, inside), RoomDoor(room_gate, inside.rooms))
    sockets = Sockets(inside.dictations.serve, doors, inside.entrance)
    return Listener(server, gate, sockets, app, server_context(server.tls))


def build_wyoming(config: Config, inside: Inside) -> WyomingServer | None:
    """Give the port on which Wyoming is spoken; None where nobody wants it."""
    settings, server = config.wyoming, config.server
    if settings.port is None:
        return None
    host = WyomingHost(
        inside.gate,
        speaker(settings, server.admission.tokens),
        inside.dictations.serve,
        lambda: Model(inside.info().model, inside.info().languages),
        __version__,
        inside.entrance,
    )
    return WyomingServer(settings, host, server.socket, config.sessions.idle_seconds)


def _audio_routes(config: Config, inside: Inside) -> Iterable[Route]:
    return AudioRoutes(
        host=inside.host,
        gate=inside.gate,
        body_limit_bytes=config.server.http.body_limit_bytes,
        info=inside.info,
        writers={"srt": to_srt, "vtt": to_vtt},
        ffmpeg=Ffmpeg.find(),
    ).routes()


def _dialect_doors(config: Config, inside: Inside) -> list[Door]:
    frame_bytes = config.server.socket.frame_limit_bytes
    spoken = (dialect for dialect in DIALECTS if dialect.name in config.server.dialects)
    serve = inside.dictations.serve
    return [DialectDoor(dialect, inside.gate, serve, frame_bytes) for dialect in spoken]
