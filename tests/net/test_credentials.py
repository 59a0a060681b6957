import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.net.credentials import Malformed, Presented, plain_token, read, with_key

SECRET = "wst_Secret-_0123456789"


def encoded(token: str) -> str:
    return base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")


def presented(*headers: tuple[str, str], target: str = "/") -> Presented:
    return read(headers, target)


@pytest.mark.parametrize(
    "header", [f"Bearer {SECRET}", f"Token {SECRET}", f"bearer {SECRET}", f"TOKEN   {SECRET} "]
)
def test_a_header_presents_a_token(header: str) -> None:
    found = presented(("Authorization", header))

    assert plain_token(found, token_in_url=False) == SECRET


def test_a_subprotocol_presents_a_token() -> None:
    found = presented(("Sec-WebSocket-Protocol", f"dictation.v1, token.{encoded(SECRET)}"))

    assert plain_token(found, token_in_url=False) == SECRET
    assert found.subprotocols == ("dictation.v1",)


def test_a_list_of_subprotocols_may_come_in_several_headers() -> None:
    found = presented(
        ("Sec-WebSocket-Protocol", f"token.{encoded(SECRET)}"),
        ("sec-websocket-protocol", "other, dictation.v1"),
    )

    assert plain_token(found, token_in_url=False) == SECRET
    assert found.subprotocols == ("other", "dictation.v1")


@given(st.text(min_size=1))
def test_every_text_survives_the_way_through_a_subprotocol(token: str) -> None:
    found = presented(("Sec-WebSocket-Protocol", f"token.{encoded(token)}"))

    assert plain_token(found, token_in_url=False) == token


def test_a_key_that_is_no_text_can_be_no_token() -> None:
    found = with_key(presented(("Sec-WebSocket-Protocol", "realtime, key-\udcff")), "\udcff")

    with pytest.raises(Malformed, match="found no base64url in the subprotocol"):
        plain_token(found, token_in_url=False)


@pytest.mark.parametrize(("allowed", "expected"), [(True, SECRET), (False, None)])
def test_a_token_in_the_url_counts_only_if_it_is_allowed(
    allowed: bool, expected: str | None
) -> None:
    found = presented(target=f"/v1/dictation?x=1&token={SECRET}")

    assert plain_token(found, token_in_url=allowed) == expected
    assert found.path == "/v1/dictation"


def test_nothing_presented_is_no_token() -> None:
    assert plain_token(presented(), token_in_url=True) is None


def test_the_password_for_a_proxy_is_not_ours_to_judge() -> None:
    found = presented(
        ("Authorization", "Basic dXNlcjpwYXNz"),
        ("Sec-WebSocket-Protocol", f"dictation.v1, token.{encoded(SECRET)}"),
    )

    assert plain_token(found, token_in_url=False) == SECRET


def test_the_header_goes_before_the_subprotocol_and_that_before_the_url() -> None:
    header = ("Authorization", "Bearer from-header")
    subprotocol = ("Sec-WebSocket-Protocol", f"token.{encoded('from-subprotocol')}")
    target = "/?token=from-url"

    all_three = presented(header, subprotocol, target=target)
    two = presented(subprotocol, target=target)

    assert plain_token(all_three, token_in_url=True) == "from-header"
    assert plain_token(two, token_in_url=True) == "from-subprotocol"


@pytest.mark.parametrize(
    ("headers", "target", "says"),
    [
        ([("Authorization", SECRET)], "/", "found 1 words in Authorization"),
        ([("Authorization", "Bearer")], "/", "found 1 words in Authorization"),
        ([("Authorization", f"Bearer {SECRET} x")], "/", "found 3 words in Authorization"),
        ([("Authorization", "")], "/", "found 0 words in Authorization"),
        ([("Authorization", f"Bearer {SECRET}")] * 2, "/", "found 2 times Authorization"),
        ([("Sec-WebSocket-Protocol", f"token.{SECRET}!")], "/", "found no base64url"),
        ([("Sec-WebSocket-Protocol", "token.x")], "/", "found no base64url"),
        ([("Sec-WebSocket-Protocol", "token._w")], "/", "found no base64url"),
        ([("Sec-WebSocket-Protocol", "token.")], "/", "found an empty token"),
        ([("Sec-WebSocket-Protocol", "token.YQ, token.Yg")], "/", "found 2 times token subp"),
        ([], "/?token=", "found an empty token"),
        ([], "/?token=a&token=b", "found 2 times token in the URL"),
        ([], "/?token=wsc_secret", "found a cursor in the URL, expected it in a header"),
    ],
)
def test_malformed_credentials_are_told_without_the_token(
    headers: list[tuple[str, str]], target: str, says: str
) -> None:
    with pytest.raises(Malformed) as caught:
        plain_token(read(headers, target), token_in_url=True)

    assert says in str(caught.value)
    assert SECRET not in str(caught.value)


def test_the_text_of_what_is_presented_shows_no_token() -> None:
    found = presented(
        ("Authorization", f"Bearer {SECRET}"),
        ("Sec-WebSocket-Protocol", f"token.{encoded(SECRET)}"),
        target=f"/?token={SECRET}",
    )

    assert SECRET not in repr(found)
    assert encoded(SECRET) not in repr(found)


def test_origin_and_host_are_read_as_they_are() -> None:
    found = presented(
        ("Host", "inside:8000"),
        ("Origin", "https://outside.example"),
        ("X-Forwarded-Host", "outside.example, second.example"),
    )

    assert found.origin == "https://outside.example"
    assert found.host == "inside:8000"
    assert found.forwarded_host == "outside.example"


printable = st.text(st.characters(min_codepoint=32, max_codepoint=255))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Authorization", "Sec-WebSocket-Protocol", "Host", "Origin"]),
            printable,
        )
    ),
    printable,
)
def test_whatever_is_presented_gives_a_token_or_none_or_is_malformed(
    headers: list[tuple[str, str]], target: str
) -> None:
    try:
        token = plain_token(read(headers, target), token_in_url=True)
    except Malformed:
        return

    assert token is None or token
