import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wsserver.net.head import END, Wish, wish

LIMIT = 1024
UPGRADE = b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (UPGRADE, Wish.WEBSOCKET),
        (UPGRADE + b"\x81\x80mask", Wish.WEBSOCKET),
        (b"GET / HTTP/1.1\r\nupgrade:WebSocket\r\n\r\n", Wish.WEBSOCKET),
        (b"GET / HTTP/1.1\r\nUpgrade: h2c, websocket\r\n\r\n", Wish.WEBSOCKET),
        (b"POST / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", Wish.WEBSOCKET),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", Wish.HTTP),
        (b"GET / HTTP/1.0\r\n\r\n", Wish.HTTP),
        (b"GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n", Wish.HTTP),
        (b"GET / HTTP/1.1\r\nUpgrade: websockets\r\n\r\n", Wish.HTTP),
        (b"GET / HTTP/1.1\r\nX-Upgrade: websocket\r\n\r\n", Wish.HTTP),
        (b"GET /upgrade:websocket HTTP/1.1\r\n\r\n", Wish.HTTP),
        (b"POST / HTTP/1.1\r\n\r\nUpgrade: websocket\r\n\r\n", Wish.HTTP),
        (b"POST / HTTP/1.1\r\n\r\n\n\n", Wish.HTTP),
        (b"G", Wish.UNKNOWN),
        (b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n", Wish.UNKNOWN),
        (b"GET / HTTP/1.1\r\n\r", Wish.UNKNOWN),
        (b"\x16\x03\x01\x02\x00\x01", Wish.NOT_HTTP),
        (b"\r\nGET / HTTP/1.1\r\n\r\n", Wish.NOT_HTTP),
        (b"get / HTTP/1.1\r\n\r\n", Wish.NOT_HTTP),
        (b"GET\r\n\r\n", Wish.NOT_HTTP),
        (b"A" * 17, Wish.NOT_HTTP),
        (b"SSH-2.0-x\r\n", Wish.NOT_HTTP),
        (b"GET / HTTP/1.1\nHost: x\n\n", Wish.NOT_HTTP),
        (b"GET /" + b"x" * LIMIT, Wish.TOO_LARGE),
        (b"GET /" + b"x" * LIMIT + END, Wish.TOO_LARGE),
    ],
)
def test_the_first_bytes_tell_what_a_connection_wants(received: bytes, expected: Wish) -> None:
    assert wish(received, LIMIT) is expected


@pytest.mark.parametrize(("spare", "expected"), [(0, Wish.HTTP), (-1, Wish.TOO_LARGE)])
def test_the_limit_counts_the_head_with_its_end(spare: int, expected: Wish) -> None:
    head = b"GET / HTTP/1.1\r\n\r\n"

    assert wish(head + b"body", len(head) + spare) is expected


pieces = st.sampled_from(
    [b"GET / HTTP/1.1", b"\r\n", b"\n", b"\r", b"Upgrade: websocket", b"Host: x", b" ", b"\x00"]
)
streams = st.lists(pieces | st.binary(max_size=8), max_size=16).map(b"".join)


@given(st.sampled_from([b"", b"GET / HTTP/1.1\r\n", UPGRADE]), streams, st.integers(16, 256))
@example(b"GET / HTTP/1.1\r\n", b"\n", 16)
def test_a_decision_is_never_taken_back_however_the_bytes_arrive(
    start: bytes, stream: bytes, limit: int
) -> None:
    received = start + stream

    wishes = [wish(received[:count], limit) for count in range(1, len(received) + 1)]

    decided = [found for found in wishes if found is not Wish.UNKNOWN]
    assert len(set(decided)) <= 1
    assert wishes[: len(wishes) - len(decided)] == [Wish.UNKNOWN] * (len(wishes) - len(decided))
