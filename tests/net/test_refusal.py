import pytest

from wsserver.net.refusal import Refusal, Refused


def test_a_refusal_tells_programs_and_people() -> None:
    refusal = Refusal(403, "bad_token", "found a token that is not known here")

    assert refusal.as_json() == {
        "admitted": False,
        "status": 403,
        "code": "bad_token",
        "message": "found a token that is not known here",
    }


def test_a_refusal_for_now_tells_when_to_come_again() -> None:
    refusal = Refusal(503, "full", "found 3 sessions", retry_after=5)

    assert refusal.as_json()["retry_after"] == 5
    assert refusal.headers()["Retry-After"] == "5"


@pytest.mark.parametrize(("status", "asks"), [(401, True), (403, False), (503, False)])
def test_only_401_says_how_to_authenticate(status: int, asks: bool) -> None:
    headers = Refusal(status, "code", "message").headers()

    assert (headers.get("WWW-Authenticate") == 'Bearer realm="wsserver"') is asks


def test_no_refusal_is_kept_by_a_cache() -> None:
    assert Refusal(403, "code", "message").headers()["Cache-Control"] == "no-store"


def test_a_refusal_that_is_raised_says_why() -> None:
    refused = Refused(Refusal(503, "full", "found 3 sessions"))

    assert str(refused) == "found 3 sessions"
