from pathlib import Path

import pytest

from tests.javascript.program import result

SCRIPT = """
    const { EventStream } = await import(at("event-stream.js"));
    const stream = new EventStream();
    say(...given.parts.map((part) => stream.take(part)));
"""


@pytest.mark.parametrize(
    ("parts", "events"),
    [
        (["data: one\n\n"], [["one"]]),
        (["data:one\n\ndata: two\n\n"], [["one", "two"]]),
        (["data: one\r\n\r\n", "data: two\r\r"], [["one"], []]),
        (["data: two\r\r", "\n"], [[], ["two"]]),
        (["da", "ta: o", "ne\n", "\n"], [[], [], [], ["one"]]),
        (["event: final\nid: s:1\ndata: one\n\n"], [["one"]]),
        ([": still here\n\n", "retry: 1000\n\n"], [[], []]),
        (["data: a\ndata: b\n\n"], [["a\nb"]]),
        (["data: one\n"], [[]]),
        (["data\n\n"], [[""]]),
    ],
)
async def test_events_are_read_wherever_their_text_is_cut(
    node: Path, parts: list[str], events: list[list[str]]
) -> None:
    assert await result(node, SCRIPT, parts=parts) == events
