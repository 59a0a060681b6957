import pytest

from wsserver.net.headers import security_headers


def policy(host: str) -> dict[str, str]:
    directives = security_headers(host)["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


def test_a_page_may_load_what_it_needs_and_nothing_else() -> None:
    assert policy("here:8000") == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self' ws://here:8000 wss://here:8000",
        "img-src": "'self' data:",
        "media-src": "blob:",
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize("host", ["here", "here:1", "a-b.example:443", "127.0.0.1:8000", "[::1]:8"])
def test_a_page_may_open_sockets_to_its_own_host(host: str) -> None:
    assert policy(host)["connect-src"] == f"'self' ws://{host} wss://{host}"


@pytest.mark.parametrize(
    "host", ["", "a b", "a; script-src *", "a,b", "a\r\nX: y", "*", "a:b", "[", "a/b", "a\n"]
)
def test_a_host_that_is_none_cannot_change_the_policy(host: str) -> None:
    assert policy(host)["connect-src"] == "'self'"
    assert policy(host)["script-src"] == "'self'"


def test_browsers_neither_guess_types_nor_tell_where_they_come_from() -> None:
    headers = security_headers("here")

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_a_page_hears_the_microphone_and_nothing_else() -> None:
    policy = security_headers("here")["Permissions-Policy"]

    assert policy == "camera=(), display-capture=(), geolocation=(), microphone=(self)"


@pytest.mark.parametrize("name", ["Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy"])
def test_other_origins_share_neither_window_nor_files(name: str) -> None:
    assert security_headers("here")[name] == "same-origin"


@pytest.mark.parametrize("laxity", ["unsafe", "*", "http:", "https:", "nonce", "strict-dynamic"])
def test_the_policy_has_no_hole(laxity: str) -> None:
    assert laxity not in security_headers("here:8000")["Content-Security-Policy"]


def test_what_the_page_made_itself_is_played_and_nothing_else() -> None:
    assert [name for name, value in policy("here:8000").items() if "blob:" in value] == [
        "media-src"
    ]
