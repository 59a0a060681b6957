import pytest

from tests.net.test_viewer import Line
from tests.net.test_wires import full_room, read_frames
from wsserver.dialects import captions as dialect
from wsserver.net.audience import Audience
from wsserver.net.viewer import Link
from wsserver.net.wires import FRAMES
from wsserver.rooms.captions import Live


async def test_who_lacks_nothing_is_told_again_what_they_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wsserver.net.viewer.LIFE_SECONDS", -1.0)
    room, line = full_room(0), Line()
    audience = Audience(room, 60.0, lambda: 0.0)
    link = Link(line, FRAMES, is_open=lambda: True, close=lambda _code, _reason: None)

    with audience.seated(link, room.head, None, None):
        await audience._round()

    welcome, sign = (dialect.read(bytes(each.data)) for each in read_frames(line.written))
    assert welcome == room.welcome(None)
    assert sign == Live(live=True)
