import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.net.origins import is_listed, is_same_origin


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("https://Example.org", "example.ORG", True),
        ("https://example.org", "example.org:443", True),
        ("https://example.org:443", "example.org", True),
        ("http://example.org", "example.org:80", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("https://example.org", "example.org:80", False),
        ("http://example.org", "example.org:8000", False),
        ("http://localhost:8000", "localhost:8001", False),
        ("http://localhost:8000", "127.0.0.1:8000", False),
        ("https://example.org.evil.net", "example.org", False),
        ("https://evil.net", "example.org", False),
        ("https://evil.net/example.org", "example.org", False),
        ("https://example.org@evil.net", "example.org", False),
        ("https://evil.net@example.org", "example.org", False),
        ("https://evil.net, https://example.org", "example.org", False),
        ("null", "null", False),
        ("", "", False),
        ("https://", "", False),
        ("https://example.org", "", False),
        ("http://[", "[", False),
        ("http://x:99999", "x:99999", False),
    ],
)
def test_only_the_page_of_this_very_host_is_of_the_same_origin(
    origin: str, host: str, same: bool
) -> None:
    assert is_same_origin(origin, host) is same


@pytest.mark.parametrize(
    ("origin", "allowed", "listed"),
    [
        ("https://example.org", ("https://example.org",), True),
        ("https://example.org", ("https://other.org", "https://EXAMPLE.org:443/"), True),
        ("https://example.org", ("*",), True),
        ("null", ("*",), True),
        ("chrome-extension://abc", ("chrome-extension://abc",), True),
        ("https://example.org", (), False),
        ("http://example.org", ("https://example.org",), False),
        ("https://example.org:444", ("https://example.org",), False),
        ("https://sub.example.org", ("https://example.org",), False),
        ("null", ("null",), False),
        ("", ("",), False),
    ],
)
def test_other_origins_have_to_be_listed(
    origin: str, allowed: tuple[str, ...], listed: bool
) -> None:
    assert is_listed(origin, allowed) is listed


@given(st.text(), st.text())
def test_no_text_breaks_the_comparison(origin: str, host: str) -> None:
    assert is_same_origin(origin, host) in (True, False)
    assert is_listed(origin, (host,)) in (True, False)
