from typing import Any

import pytest
from playwright.async_api import Page

Look = tuple[int, int, float, bool]
"""Bytes taken, bytes that wait, seconds of sound, whether the browser believes to be online."""


@pytest.mark.parametrize(
    ("looks", "is_stalled"),
    [
        ([(0, 0, 0.0, True), (0, 0, 60.0, True)], False),
        ([(0, 5, 3.0, True), (0, 9, 13.0, True)], False),
        ([(0, 5, 3.0, True), (0, 9, 13.1, True)], True),
        ([(0, 5, 3.0, False), (0, 9, 5.1, False)], True),
        ([(0, 5, 3.0, True), (0, 9, 5.1, False)], True),
        # As long as anything goes through, it is slow and no more.
        ([(0, 5, 0.0, True), (1, 9, 9.0, True), (1, 15, 18.0, True)], False),
        # A session that goes on in another connection does not begin at 0.
        ([(0, 5, 500.0, True)], False),
    ],
)
async def test_a_network_that_takes_nothing_is_given_up(
    modules: Page, looks: list[Look], is_stalled: bool
) -> None:
    told: list[Any] = await modules.evaluate(
        """async (looks) => {
          const { Stall } = await import("/page/client/stall.js");
          const stall = new Stall();
          return looks.map(([takenBytes, waitingBytes, seconds, isOnline]) =>
            stall.look({ takenBytes, waitingBytes }, seconds, isOnline));
        }""",
        looks,
    )

    assert told[-1] is is_stalled
