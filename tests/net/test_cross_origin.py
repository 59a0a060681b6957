import pytest
from aiohttp import web

from tests.net.doorway import BEARER, SETTINGS, Setup, open_doorway, with_admission
from wsserver.net.cross_origin import CrossOrigin
from wsserver.net.settings import NetSettings

THEIRS = "https://theirs.example"
QUESTION = {"Origin": THEIRS, "Access-Control-Request-Method": "GET"}
LISTED = with_admission(origins=("https://other.example", THEIRS))


async def here(_: web.Request) -> web.Response:
    return web.json_response({})


def setup(settings: NetSettings) -> Setup:
    return Setup(settings=settings, routes=[web.get("/here", here)])


@pytest.mark.parametrize(
    ("origins", "origin", "expected"),
    [
        ((), THEIRS, {}),
        ((), None, {}),
        ((THEIRS,), None, {"Vary": "Origin"}),
        ((THEIRS,), "https://others.example", {"Vary": "Origin"}),
        ((THEIRS,), "http://theirs.example", {"Vary": "Origin"}),
        ((THEIRS,), "null", {"Vary": "Origin"}),
        ((THEIRS,), THEIRS, {"Vary": "Origin", "Access-Control-Allow-Origin": THEIRS}),
        (("*",), THEIRS, {"Access-Control-Allow-Origin": "*"}),
        (("*",), "null", {"Access-Control-Allow-Origin": "*"}),
    ],
)
def test_listed_origins_may_read(
    origins: tuple[str, ...], origin: str | None, expected: dict[str, str]
) -> None:
    headers = CrossOrigin(origins).headers(origin)

    headers.pop("Access-Control-Expose-Headers", None)
    assert headers == expected


@pytest.mark.parametrize("path", ["/here", "/v1/admission", "/nowhere"])
async def test_an_answer_and_a_refusal_can_be_read(path: str) -> None:
    async with open_doorway(setup(LISTED)) as doorway, doorway.browser() as browser:
        async with browser.get(path, headers={"Origin": THEIRS, **BEARER}) as answer:
            allowed = answer.headers["Access-Control-Allow-Origin"]
        async with browser.get(path, headers={"Origin": THEIRS}) as refusal:
            allowed_refusal = refusal.headers["Access-Control-Allow-Origin"]

    assert allowed == allowed_refusal == THEIRS
    assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_whoever_asks_first_needs_no_token() -> None:
    async with (
        open_doorway(setup(LISTED)) as doorway,
        doorway.browser() as browser,
        browser.options("/here", headers=QUESTION) as answer,
    ):
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == THEIRS
        assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]
        allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
        assert {"Authorization", "Content-Type", "*"} <= set(allowed)


@pytest.mark.parametrize("settings", [SETTINGS, with_admission(origins=("https://other.example",))])
async def test_others_are_answered_as_ever(settings: NetSettings) -> None:
    async with (
        open_doorway(setup(settings)) as doorway,
        doorway.browser() as browser,
        browser.options("/here", headers=QUESTION) as answer,
    ):
        assert answer.status == 401
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Access-Control-Allow-Methods" not in answer.headers
