import base64
import string
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.audio.clock import Mark, Place
from wsserver.audio.filters import design
from wsserver.audio.intake import Stance
from wsserver.errors import BadCursor
from wsserver.messages import Start
from wsserver.net.cursors import LONGEST, VERSION, Cursors, is_cursor
from wsserver.net.settings import HttpSettings
from wsserver.session.cursor import Cursor
from wsserver.session.opening import MAX_PROMPT_CHARACTERS
from wsserver.text.transcript import Transcript

KEY = bytes(32)
LETTERS = string.ascii_letters + string.digits + "-_"
NOW = 1_000_000.0
CURSOR = Cursor(
    session="a" * 32,
    generation=3,
    start=Start(sample_rate=44_100, prompt="Die Fähre.", hotwords=("Onega", "Vologda")),
    model="small",
    stance=Stance(Place(5_000, Mark(37, 100)), in_speech=True, through=13_778, resend_from=13_667),
    utterance=12,
    transcript=Transcript("de", (5, 50_000)),
)


def cursors(key: bytes = KEY, now: float = NOW) -> Cursors:
    return Cursors(key, 3600, lambda: now)


def test_what_is_sealed_is_what_is_opened() -> None:
    claim = cursors().open(cursors().seal(CURSOR, "ann"))

    assert (claim.cursor, claim.subject, claim.expires) == (CURSOR, "ann", NOW + 3600)


def test_a_cursor_with_all_at_its_default_comes_back_too() -> None:
    cursor = Cursor(session="s", generation=1, start=Start(), model="base")

    assert cursors().open(cursors().seal(cursor, "ann")).cursor == cursor


def test_a_seal_hides_what_it_holds_and_never_looks_the_same() -> None:
    first, second = (cursors().seal(CURSOR, "ann") for _ in range(2))

    assert first != second
    assert is_cursor(first)
    hidden = base64.urlsafe_b64decode(first.removeprefix("wsc_") + "==")
    assert not any(word in hidden for word in (b"Onega", b"small", b"ann", b"aaaa"))


@pytest.mark.parametrize(("later", "ok"), [(0, True), (3599, True), (3600, False), (1e6, False)])
def test_a_cursor_expires(later: float, ok: bool) -> None:
    sealed = cursors().seal(CURSOR, "ann")

    if ok:
        assert cursors(now=NOW + later).open(sealed).cursor == CURSOR
    else:
        with pytest.raises(BadCursor, match=f"that expired {later - 3600:.0f} s ago"):
            cursors(now=NOW + later).open(sealed)


def test_a_cursor_can_keep_an_earlier_expiry() -> None:
    sealed = cursors().seal(CURSOR, "ann", expires=NOW + 5)

    assert cursors().open(sealed).expires == NOW + 5


def test_another_key_opens_nothing() -> None:
    sealed = cursors().seal(CURSOR, "ann")

    with pytest.raises(BadCursor, match="found a damaged or foreign cursor, expected one of this"):
        cursors(key=bytes(31) + b"x").open(sealed)


@given(place=st.integers(0), shift=st.integers(1, len(LETTERS) - 1))
def test_a_cursor_that_was_tampered_with_is_refused(place: int, shift: int) -> None:
    sealed = cursors().seal(CURSOR, "ann")  # never the same twice
    at = 4 + place % (len(sealed) - 5)
    other = LETTERS[(LETTERS.index(sealed[at]) + shift) % len(LETTERS)]

    with pytest.raises(BadCursor):
        cursors().open(sealed[:at] + other + sealed[at + 1 :])


@given(length=st.integers(0, 400))
def test_a_cursor_that_was_cut_short_is_refused(length: int) -> None:
    sealed = cursors().seal(CURSOR, "ann")

    with pytest.raises(BadCursor):
        cursors().open(sealed[: min(length, len(sealed) - 1)])


@given(text=st.text())
def test_what_is_no_cursor_is_refused_without_being_shown(text: str) -> None:
    for found in (text, "wsc_" + text):
        with pytest.raises(BadCursor) as error:
            cursors().open(found)

        assert len(text) < 9 or text not in str(error.value)
        assert error.value.__suppress_context__ or error.value.__context__ is None


def test_a_version_of_later_days_is_told_apart() -> None:
    later = "wsc_" + base64.urlsafe_b64encode(bytes([9] * 60)).decode()

    with pytest.raises(BadCursor, match=f"found a cursor of version 9, expected {VERSION}"):
        cursors().open(later)


def test_what_is_much_too_long_is_not_looked_at() -> None:
    with pytest.raises(BadCursor, match="characters that are no cursor"):
        cursors().open("wsc_" + "A" * LONGEST)


@pytest.mark.parametrize(
    ("first", "last", "most"),
    [
        ("a", "z", 3_200),
        ("一", "龥", 8_000),  # the most that 2000 characters of a living script hold
    ],
)
def test_the_largest_cursor_fits_into_a_head(first: str, last: str, most: int) -> None:
    chance = Random(1)
    letters = range(ord(first), ord(last) + 1)
    prompt = "".join(chr(chance.choice(letters)) for _ in range(MAX_PROMPT_CHARACTERS))
    carry = tuple(chance.randrange(51_865) for _ in range(223))
    largest = replace(CURSOR, start=Start(prompt=prompt), transcript=Transcript("zh", carry))

    sealed = cursors().seal(largest, "ann")

    assert len(sealed) < most
    # A browser's is encoded once more, and leaves room for all other headers.
    assert len(sealed) * 4 / 3 < HttpSettings().head_limit_bytes * 0.66
    assert cursors().open(sealed).cursor == largest


def test_an_ordinary_cursor_is_short() -> None:
    cursor = replace(CURSOR, start=Start(language="en"), transcript=Transcript("en"))

    assert len(cursors().seal(cursor, "ann")) < 420


def test_what_the_resampler_needs_belongs_to_the_version() -> None:
    reaches = {rate: design(rate).reach for rate in (8_000, 12_345, 22_050, 44_100, 48_000)}

    # Another reach needs another `resend_from` than that of a cursor from before: VERSION + 1.
    assert (VERSION, reaches) == (1, {8_000: 42, 12_345: 42, 22_050: 57, 44_100: 112, 48_000: 122})
