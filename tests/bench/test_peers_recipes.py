from pathlib import Path

import pytest

from bench.peers.recipes import PUBLISHED, Peer, Weights, find

WEIGHTS = Weights(Path("/weights.en"))
ALL = [*PUBLISHED, find("whisper-streaming=.")]


@pytest.mark.parametrize("peer", ALL, ids=lambda peer: peer.name)
def test_every_peer_is_given_its_port_and_the_local_weights(peer: Peer) -> None:
    arguments = peer.arguments(WEIGHTS, 4321, 1)

    assert "4321" in arguments
    assert "/weights.en" in arguments
    assert peer.url.format(port=4321).count("4321") == 1


@pytest.mark.parametrize("peer", ALL, ids=lambda peer: peer.name)
def test_peers_of_one_home_are_installed_alike(peer: Peer) -> None:
    assert {each.packages for each in ALL if each.home == peer.home} == {peer.packages}


@pytest.mark.parametrize(("crowd", "clients"), [(1, "4"), (8, "8")])
def test_whisper_live_lets_in_as_many_as_speak(crowd: int, clients: str) -> None:
    arguments = find("whisper-live").arguments(WEIGHTS, 4321, crowd)

    assert arguments[-2:] == [clients, "single"]


def test_whisper_streaming_runs_where_it_was_checked_out(tmp_path: Path) -> None:
    assert find(f"whisper-streaming={tmp_path}").folder == tmp_path.resolve()


@pytest.mark.parametrize("name", ["whisper", "whisper-streaming", "whisper-streaming=", ""])
def test_an_unknown_peer_is_told_with_those_that_are_known(name: str) -> None:
    with pytest.raises(ValueError, match=r"whisper-live, .*whisper-streaming=PATH"):
        find(name)
