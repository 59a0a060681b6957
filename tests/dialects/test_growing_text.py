import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.dialects.growing_text import rest


@pytest.mark.parametrize(
    ("told", "text", "added"),
    [
        ("", "", ""),
        ("", "He put", "He put"),
        ("He put", "He put the ladder.", " the ladder."),
        ("He put", "He put, the", ", the"),
        ("He put", "She put the ladder.", " the ladder."),
        ("He put", "He puts it.", "s it."),
        ("He put the", "She sat.", ""),
        ("He put", "", ""),
    ],
)
def test_what_was_told_is_only_added_to(told: str, text: str, added: str) -> None:
    assert rest(told, text) == added


@given(st.text("ab ", max_size=9), st.text("ab ", max_size=9))
def test_what_is_only_continued_is_told_whole(told: str, more: str) -> None:
    assert told + rest(told, told + more) == told + more
