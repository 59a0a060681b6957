from typing import Any

import pytest
from playwright.async_api import Page

OVERLOADED = "{ code: 'overloaded' }"
EXPIRED = "{ status: 403, code: 'bad_cursor' }"
UNKNOWN = "{ status: 403, code: 'bad_token' }"
FULL = "{ status: 503, code: 'full' }"


async def way_after(modules: Page, steps: str) -> Any:
    """Take the steps with a way that has a cursor; give what they gave and what is next."""
    return await modules.evaluate(
        f"""async () => {{
          const {{ Way }} = await import("/page/client/way.js");
          const way = new Way();
          way.cursor = "wsc_1";
          const isWorthATry = {steps};
          return [Boolean(isWorthATry), way.credential("wst_1"), way.cursor];
        }}"""
    )


@pytest.mark.parametrize(
    ("steps", "is_worth_a_try", "credential", "cursor"),
    [
        ("null", False, "wsc_1", "wsc_1"),
        # The handshake takes no cursor, or not any more.
        (f"way.refuse('wsc_1', {EXPIRED})", True, "wst_1", None),
        (f"way.refuse('wsc_1', {UNKNOWN})", True, "wst_1", "wsc_1"),
        (
            f"way.refuse('wsc_1', {UNKNOWN}) && way.refuse('wst_1', {UNKNOWN})",
            False,
            "wst_1",
            "wsc_1",
        ),
        (
            f"way.refuse('wsc_1', {UNKNOWN}) && (way.cursor = 'wsc_2', null)",
            False,
            "wsc_2",
            "wsc_2",
        ),
        (f"way.refuse('wsc_1', {FULL})", False, "wsc_1", "wsc_1"),
        ("way.refuse('wsc_1', null)", False, "wsc_1", "wsc_1"),
        # A session that the server broke goes on; one that it does not take does not.
        (f"way.fail({OVERLOADED}, true)", False, "wsc_1", "wsc_1"),
        (f"way.fail({OVERLOADED}, false)", False, "wsc_1", "wsc_1"),
        ("way.fail({ code: 'bad_cursor' }, false)", True, "wst_1", None),
        ("way.fail({ code: 'limit_reached' }, true)", False, "wst_1", None),
        ("way.fail({ code: 'taken_over' }, true)", False, "wst_1", None),
        ("way.fail({ code: 'taken_over' }, false)", False, "wst_1", None),
    ],
)
async def test_a_session_goes_on_as_long_as_it_can(
    modules: Page, steps: str, is_worth_a_try: bool, credential: str, cursor: str | None
) -> None:
    assert await way_after(modules, steps) == [is_worth_a_try, credential, cursor]
