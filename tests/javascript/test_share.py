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
