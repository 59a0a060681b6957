import pytest

from wsserver.net.after import after, after_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s:7", ("s", 7)),
        ("a:b:7", ("a:b", 7)),
        ("s:0", ("s", 0)),
        ("", ("", 0)),
        ("s", ("", 0)),
        ("s:", ("", 0)),
        ("s:-1", ("", 0)),
        ("s:1e3", ("", 0)),
        ("s:²", ("", 0)),
        ("s:٣", ("", 0)),
        ("s:" + "9" * 5_000, ("", 0)),
    ],
)
def test_a_place_is_a_story_and_a_number(text: str, expected: tuple[str, int]) -> None:
    assert after(text) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/v1/rooms/r", ("", 0)),
        ("/v1/rooms/r?after=s:7", ("s", 7)),
        ("/v1/rooms/r?token=t&after=s%3A7", ("s", 7)),
        ("/v1/rooms/r?after=s:7&after=s:8", ("s", 8)),
    ],
)
def test_it_stands_in_the_query(target: str, expected: tuple[str, int]) -> None:
    assert after_in(target) == expected
