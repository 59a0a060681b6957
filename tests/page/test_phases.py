from typing import Any

import pytest
from playwright.async_api import Error as PageError
from playwright.async_api import Page


async def phases(modules: Page, expression: str) -> Any:
    return await modules.evaluate(
        f"async () => {{ const phases = await import('/page/phases.js'); return {expression}; }}"
    )


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        ("start open stop end", "idle"),
        ("start open pause resume", "listening"),
        ("start open pause stop", "finishing"),
        ("start open lose", "reconnecting"),
        ("start open lose lose open", "listening"),
        ("start open lose stop", "recovering"),
        ("start open lose stop open", "finishing"),
        ("start open stop lose lose open end", "idle"),
        ("start open pause lose", "recovering"),
        ("start stop", "recovering"),
        ("recover open end", "idle"),
        ("recover lose open", "finishing"),
        ("recover fail", "idle"),
        ("start fail", "idle"),
        ("start open fail", "idle"),
    ],
)
async def test_a_dictation_takes_its_course(modules: Page, events: str, phase: str) -> None:
    assert await phases(modules, f"'{events}'.split(' ').reduce(phases.next, 'idle')") == phase


@pytest.mark.parametrize(
    ("phase", "event"),
    [("idle", "stop"), ("listening", "start"), ("listening", "end"), ("finishing", "pause")],
)
async def test_an_event_without_a_meaning_is_an_error(
    modules: Page, phase: str, event: str
) -> None:
    assert await phases(modules, f"phases.allows('{phase}', '{event}')") is False
    with pytest.raises(PageError, match=f'found "{event}" while {phase}'):
        await phases(modules, f"phases.next('{phase}', '{event}')")
