import pytest
from playwright.async_api import Page

from wsserver.dialects import native
from wsserver.messages import Start


@pytest.mark.parametrize(
    ("wishes", "rate", "expected"),
    [
        ("{}", 44_100, Start(sample_rate=44_100)),
        (
            "{ language: '', profile: 'dictation', prompt: '', hotwords: [] }",
            48_000,
            Start(sample_rate=48_000),
        ),
        (
            "{ language: 'de', profile: 'captioning', prompt: 'Notes.',"
            " hotwords: ['Ada', 'Grace'] }",
            48_000,
            Start(
                sample_rate=48_000,
                language="de",
                endpointing="captioning",
                prompt="Notes.",
                hotwords=("Ada", "Grace"),
            ),
        ),
    ],
)
async def test_the_server_is_asked_for_what_people_wish(
    modules: Page, wishes: str, rate: int, expected: Start
) -> None:
    frame = await modules.evaluate(
        f"""async () => {{
          const {{ startFor }} = await import("/page/wishes.js");
          const {{ start }} = await import("/page/client/protocol.js");
          return start(startFor({wishes}, {rate}));
        }}"""
    )

    assert native.read_client(frame) == expected
