import sys
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from bench.peers.processes import Start, Watch, running
from bench.peers.recipes import Peer, Weights
from bench.peers.speaker import PeerError
from bench.peers.wires import WhisperStreaming


def serve_files(weights: Weights, port: int, crowd: int) -> list[str]:
    return ["-m", "http.server", "--bind", "127.0.0.1", str(port)]


def fail(weights: Weights, port: int, crowd: int) -> list[str]:
    return ["-c", "raise SystemExit('no model here')"]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    peer = Peer("files", "files", (), serve_files, WhisperStreaming, "http://127.0.0.1:{port}")
    return Start(peer, Path(sys.executable), Weights(tmp_path), tmp_path / "log")


def test_a_peer_listens_as_long_as_the_block(start: Start) -> None:
    with running(start, 1) as (_, address), urllib.request.urlopen(address.url) as answer:
        assert answer.status == 200

    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address.url)


def test_a_peer_that_does_not_start_tells_its_last_word(start: Start) -> None:
    broken = replace(start, peer=replace(start.peer, arguments=fail))

    with pytest.raises(PeerError, match="did not start: no model here"), running(broken, 1):
        pass


def test_what_a_peer_uses_is_watched(start: Start) -> None:
    with running(start, 1) as (pid, _):
        usage = Watch(pid).usage()

    assert usage.peak_mb > 1
    assert usage.cores >= 0
