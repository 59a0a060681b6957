from typing import Any

import pytest
from playwright.async_api import Page


async def problems(
    modules: Page, expression: str, argument: Any = None, *, file: str = "problems.js"
) -> Any:
    return await modules.evaluate(
        f"async (given) => {{ const problems = await import('/page/{file}');"
        f" return {expression}; }}",
        argument,
    )


@pytest.mark.parametrize(
    ("answer", "title", "remedy", "is_passing"),
    [
        (None, "cannot be reached", "retry", True),
        ({"status": 200}, "refused on its way", "retry", True),
        ({"status": 401, "code": "no_token"}, "A token is needed", "token", False),
        ({"status": 401}, "The server answered 401", "token", False),
        ({"status": 403, "code": "bad_token"}, "not known here", "token", False),
        ({"status": 403, "code": "missing_scope"}, "does not allow dictation", "token", False),
        ({"status": 401, "code": "token_expired"}, "has expired", "token", False),
        ({"status": 403, "code": "token_used"}, "was used already", "token", False),
        ({"status": 403, "code": "bad_origin"}, "The server answered 403", "retry", False),
        ({"status": 429, "code": "too_many_sessions"}, "in use already", "retry", True),
        ({"status": 429, "code": "audio_used_up"}, "used up", "retry", False),
        ({"status": 429, "code": "too_many_from_address"}, "his address", "retry", True),
        ({"status": 429, "code": "too_many_handshakes"}, "his address", "retry", True),
        ({"status": 429, "code": "too_many_failures"}, "his address", "retry", True),
        ({"status": 429}, "The server answered 429", "retry", True),
        ({"status": 503, "code": "full"}, "is full", "retry", True),
        ({"status": 503, "code": "not_ready"}, "getting ready", "retry", True),
        ({"status": 502}, "The server answered 502", "retry", True),
    ],
)
async def test_a_refusal_is_explained(
    modules: Page, answer: dict[str, Any] | None, title: str, remedy: str, is_passing: bool
) -> None:
    given = answer and {"code": "", "message": "", **answer}

    problem = await problems(modules, "problems.refusal(given)", given)

    assert title in problem["title"]
    assert problem["remedy"] == remedy
    assert bool(problem["isPassing"]) is is_passing


async def test_an_overload_is_told_without_figures_that_mean_nothing_there(modules: Page) -> None:
    message = "found a predicted lag of 4.2 s for partials with one more session"
    answer = {"status": 503, "code": "overloaded", "message": message}

    problem = await problems(modules, "problems.refusal(given)", answer)

    assert problem["text"] == "With one more, words would come late for everybody."


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(5, "5 s"), (120, "120 s"), (121, "3 minutes"), (7201, "3 hours"), (None, "")],
)
async def test_the_time_to_wait_is_told(modules: Page, seconds: int | None, told: str) -> None:
    problem = await problems(
        modules,
        "problems.refusal(given)",
        {"status": 503, "code": "full", "message": "", "retryAfterSeconds": seconds},
    )

    assert problem["text"] == (f"Try again in {told}." if told else "")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "The server cannot be reached"),
        ({"status": 503, "code": "draining"}, "The server is about to stop"),
        ({"status": 200}, "A part of this page is missing"),
    ],
)
async def test_a_part_of_the_page_that_does_not_come_is_explained(
    modules: Page, answer: dict[str, Any] | None, told: str
) -> None:
    given = answer and {"code": "", "message": "", **answer}

    problem = await problems(modules, "problems.unloaded(given)", given)

    assert problem["title"] == told


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "The server cannot be reached"),
        ({"status": 401, "code": "no_token"}, "A token is needed"),
        ({"status": 403, "code": "bad_token"}, "This token is not known here"),
        ({"status": 503, "code": "full"}, ""),
        ({"status": 200}, ""),
    ],
)
async def test_a_token_is_denied_for_its_own_faults(
    modules: Page, answer: dict[str, Any] | None, told: str
) -> None:
    given = answer and {"code": "", "message": "", **answer}

    denied = await problems(modules, "problems.denial(given)", given)

    assert denied.startswith(told)
    assert bool(denied) is bool(told)


ENGINE_LOST = {"code": "engine_lost", "message": "the engine hung", "fatal": True}
NOT_THEIRS = {"code": "unknown_room", "message": "found a room of others", "fatal": True}
TAKEN_OVER = {"code": "taken_over", "message": "the session goes on elsewhere", "fatal": True}
TOO_LONG = {"code": "limit_reached", "message": "found a session of 60 s", "fatal": True}
BAD_AUDIO = {"code": "bad_audio", "message": "found half a sample", "fatal": True}


@pytest.mark.parametrize(
    ("code", "error", "told", "is_passing"),
    [
        (1006, None, "The connection was lost", True),
        (1012, None, "The server is restarting", True),
        (1012, {**TOO_LONG, "code": "shutting_down"}, "The server is restarting", True),
        (1011, ENGINE_LOST, "Recognition broke down on the server The engine hung.", True),
        (1013, None, "The server is overloaded", True),
        (1008, TAKEN_OVER, "This dictation goes on in another tab", False),
        (1008, NOT_THEIRS, "What you say cannot be shared any more", False),
        (1008, TOO_LONG, "A limit is reached Found a session of 60 s.", True),
        (1007, BAD_AUDIO, "The server ended the session Found half a sample.", False),
        (1000, None, "The connection was lost The server closed it with code 1000.", False),
    ],
)
async def test_an_early_end_is_explained(
    modules: Page, code: int, error: dict[str, Any] | None, told: str, is_passing: bool
) -> None:
    problem = await problems(modules, "problems.closing(...given)", [code, error])

    assert f"{problem['title']} {problem['text']}".strip().startswith(told)
    assert bool(problem.get("isPassing")) is is_passing


async def test_sound_without_a_final_is_told_only_if_there_is_any(modules: Page) -> None:
    none, some = await problems(
        modules, "[0, 3.21].map((s) => problems.withKept(problems.closing(1008, null), s).text)"
    )

    assert "kept" not in none
    assert "3.2 s of sound without a final result are kept" in some


@pytest.mark.parametrize("name", ["ConstraintNotSatisfied", "TypeError"])
async def test_an_unknown_fault_of_the_microphone_is_told_as_it_is(
    modules: Page, name: str
) -> None:
    problem = await problems(
        modules,
        "problems.microphoneProblem(new DOMException('odd thing', given))",
        name,
        file="microphone-problems.js",
    )

    assert problem["title"] == "The microphone could not be opened"
    assert problem["text"] == "odd thing"


async def test_while_it_reconnects_nobody_is_asked_to_try_again(modules: Page) -> None:
    answer = {"status": 503, "code": "full", "message": "it is full", "retryAfterSeconds": 5}

    problem = await problems(modules, "problems.refusal(given)", answer)
    told, idle = [
        await problems(modules, f"problems.explain(given, '{phase}')", problem, file="wording.js")
        for phase in ("reconnecting", "idle")
    ]

    assert "Try again in 5 s." in idle
    assert "Try again" not in told
    assert told.startswith("It is full. The page tries again by itself. Speak on")
