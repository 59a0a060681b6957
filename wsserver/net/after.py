"""Read where a viewer goes on who comes back: `story:number`.

Knows the form of a query; knows nothing of stories.
"""

from urllib.parse import parse_qs

_MOST_DIGITS = 15


def after(text: str) -> tuple[str, int]:
    """Give the story and the number in *text*; what is none begins at no story's beginning."""
    story, _, number = text.rpartition(":")
    if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
        return "", 0
    return story, int(number)


def after_in(target: str) -> tuple[str, int]:
    """Give the same, of `?after=` in a request's *target*."""
    query = target.partition("?")[2]
    return after(parse_qs(query).get("after", [""])[-1])
