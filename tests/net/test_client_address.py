import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.net.client_address import client_address


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("/run/socket", ""),
    ],
)
def test_the_peer_counts_if_no_proxy_is_trusted(peer: str, expected: str) -> None:
    assert client_address(peer, ["198.51.100.1"], 0) == expected


@pytest.mark.parametrize(
    ("forwarded_for", "hops", "expected"),
    [
        (["198.51.100.1"], 1, "198.51.100.1"),
        (["6.6.6.6", "198.51.100.1"], 1, "198.51.100.1"),
        (["6.6.6.6", "198.51.100.1", "10.0.0.2"], 2, "198.51.100.1"),
        (["198.51.100.1"], 2, "198.51.100.1"),
        ([], 1, "10.0.0.1"),
        (["unknown"], 1, "10.0.0.1"),
        (["198.51.100.1:4711"], 1, "198.51.100.1"),
        (["[2001:db8::1]:4711"], 1, "2001:db8::/64"),
        (["[2001:db8::1]"], 1, "2001:db8::/64"),
    ],
)
def test_behind_proxies_the_entry_counts_that_the_outermost_of_ours_wrote(
    forwarded_for: list[str], hops: int, expected: str
) -> None:
    assert client_address("10.0.0.1", forwarded_for, hops) == expected


@given(st.lists(st.text(max_size=20), max_size=5), st.integers(1, 3))
def test_what_a_client_writes_before_the_proxies_entries_changes_nothing(
    forged: list[str], hops: int
) -> None:
    honest = [f"198.51.100.{hop}" for hop in range(hops)]

    assert client_address("10.0.0.1", forged + honest, hops) == "198.51.100.0"


@given(st.text(), st.lists(st.text(), max_size=3), st.integers(0, 3))
def test_no_text_is_too_strange(peer: str, forwarded_for: list[str], hops: int) -> None:
    assert len(client_address(peer, forwarded_for, hops)) <= 43
