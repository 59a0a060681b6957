"""Sharing and its routes, before answers that a test makes up."""

from pathlib import Path

import pytest

from tests.javascript.program import result

SHARING = """
    const { mock } = await import("node:test");
    const { Sharing } = await import(at("share.js"));
    const { RoomServer } = await import(at("share-rooms.js"));
    let kept = given.kept ?? null;
    const memory = { recall: () => kept, remember: (room) => (kept = room) };
    let shared;
    const listener = { onRoom: () => {}, onChange: (now) => (shared = now) };
    const sharing = (server) => new Sharing(server, memory, listener);
"""


@pytest.mark.parametrize("body", ["", '{"room": "r', "[]", '{"room": "r"}'])
async def test_an_answer_that_breaks_off_opens_nothing_and_one_may_try_again(
    node: Path, body: str
) -> None:
    script = """
        globalThis.fetch = async () => new Response(given.body, { status: 201 });
        await sharing(new RoomServer("https://example.org/")).open("token", { title: "" });
        say(shared.phase, shared.note !== "");
    """

    assert await result(node, SHARING + script, body=body) == ["off", True]


async def test_a_room_that_is_opened_has_complete_links(node: Path) -> None:
    script = """
        const asked = [];
        globalThis.fetch = async (url, { method, headers, body }) => {
          asked.push(method, url.href, headers.get("Authorization"), body);
          const room = { room: "r", links: { captions: "/captions?room=r" } };
          return new Response(JSON.stringify(room), { status: 201 });
        };
        const server = new RoomServer("https://example.org/below/");
        const { room } = await server.open("token", { title: "Tides", seconds: 60 });
        say(asked, room.links.captions);
    """

    assert await result(node, SHARING + script) == [
        [
            "POST",
            "https://example.org/below/v1/rooms",
            "Bearer token",
            '{"title":"Tides","seconds":60}',
        ],
        "https://example.org/below/captions?room=r",
    ]


@pytest.mark.parametrize(
    ("expires_in_seconds", "steps_ms"),
    [
        (3600, [3_612_000]),
        (-10, [2_000]),
        # A clock that is ahead by an hour thinks that the time is over, and asks again.
        (0, [12_000, 60_000, 60_000]),
        (-3600, [60_000, 60_000]),
        # Longer than timers know.
        (40 * 86_400, [2**31 - 1, 40 * 86_400_000 + 12_000 - (2**31 - 1)]),
    ],
)
async def test_the_end_of_a_room_is_noticed_whatever_the_clock_says(
    node: Path, expires_in_seconds: int, steps_ms: list[int]
) -> None:
    script = """
        mock.timers.enable({ apis: ["setTimeout", "Date"], now: 2e12 });
        const looks = [null, ...given.steps.slice(1).map(() => ({ status: 200, code: "" }))];
        looks.push({ status: 410, code: "room_ended" });
        kept = { room: "r", expires: 2e9 + given.seconds };
        const here = sharing({ look: async () => looks.shift() });
        await here.restore();
        const phases = [];
        for (const step of given.steps) {
          mock.timers.tick(step - 1);
          await new Promise(setImmediate);
          phases.push(shared.phase);
          mock.timers.tick(1);
          await new Promise(setImmediate);
        }
        say(looks.length, phases.every((phase) => phase === "on"), shared.phase);
    """

    said = await result(node, SHARING + script, seconds=expires_in_seconds, steps=steps_ms)

    assert said == [0, True, "off"]
