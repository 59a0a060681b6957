import pytest

from tests.net.doorway import BEARER, PLAIN, Setup, open_doorway, with_admission
from wsserver.net.conditions import Conditions

LOADING = Conditions(ready=lambda: "the model loads")


async def test_a_server_that_runs_is_alive() -> None:
    async with (
        open_doorway(Setup(conditions=LOADING)) as doorway,
        doorway.browser() as browser,
        browser.get("/healthz") as answer,
    ):
        assert answer.status == 200
        assert await answer.json() == {"status": "alive"}


async def test_a_server_is_ready_when_nothing_is_missing() -> None:
    async with (
        open_doorway() as doorway,
        doorway.browser() as browser,
        browser.get("/readyz") as answer,
    ):
        assert answer.status == 200
        assert await answer.json() == {"status": "ready"}


async def test_a_server_that_is_not_ready_says_what_is_missing() -> None:
    async with (
        open_doorway(Setup(conditions=LOADING)) as doorway,
        doorway.browser() as browser,
        browser.get("/readyz") as answer,
    ):
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "5"
        assert await answer.json() == {"status": "not_ready", "reason": "the model loads"}


async def test_ping_answers_as_it_always_did() -> None:
    async with (
        open_doorway() as doorway,
        doorway.browser() as browser,
        browser.get("/ping") as answer,
    ):
        assert await answer.json() == {"text": "pong", "status": "success"}


async def test_the_page_learns_that_an_upgrade_would_succeed_and_takes_no_place() -> None:
    async with (
        open_doorway(Setup(settings=with_admission(max_sessions=1))) as doorway,
        doorway.browser() as browser,
    ):
        for _ in range(3):
            async with browser.get("/v1/admission", headers=BEARER) as answer:
                assert answer.status == 200
                assert answer.headers["Cache-Control"] == "no-store"
                assert await answer.json() == {"admitted": True}
        assert doorway.gate.sessions == 0


async def test_the_page_learns_that_the_server_is_full() -> None:
    async with (
        open_doorway(Setup(settings=with_admission(max_sessions=1))) as doorway,
        doorway.connect(),
        doorway.browser() as browser,
        browser.get("/v1/admission", headers=BEARER) as answer,
    ):
        assert answer.status == 200
        assert await answer.json() == {
            "admitted": False,
            "status": 503,
            "code": "full",
            "message": "found 1 sessions, the most at a time",
            "retry_after": 5,
        }


@pytest.mark.parametrize(
    ("headers", "query", "code"),
    [
        ({}, {}, "no_token"),
        ({"Authorization": "Bearer unknown"}, {}, "bad_token"),
        ({}, {"token": PLAIN}, "no_token"),
        ({**BEARER, "Origin": "http://elsewhere"}, {}, "bad_origin"),
        (BEARER, {"origin": "http://elsewhere"}, "bad_origin"),
    ],
)
async def test_the_page_learns_why_an_upgrade_would_fail(
    headers: dict[str, str], query: dict[str, str], code: str
) -> None:
    async with (
        open_doorway() as doorway,
        doorway.browser() as browser,
        browser.get("/v1/admission", headers=headers, params=query) as answer,
    ):
        assert answer.status == 200
        assert (await answer.json())["code"] == code


async def test_the_page_may_name_its_own_origin() -> None:
    async with (
        open_doorway() as doorway,
        doorway.browser() as browser,
        browser.get("/v1/admission", headers=BEARER, params={"origin": doorway.url}) as answer,
    ):
        assert await answer.json() == {"admitted": True}
