import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.net.base64url import decode, encode


@given(st.binary())
def test_what_is_written_is_read_again(data: bytes) -> None:
    assert decode(encode(data)) == data


def test_the_alphabet_is_that_of_urls_without_padding() -> None:
    assert encode(b"\xfb\xff") == "-_8"


def test_the_usual_alphabet_is_taken_as_well() -> None:
    assert decode("+/8") == b"\xfb\xff"


def test_padding_is_taken_as_well() -> None:
    assert decode("-_8=") == b"\xfb\xff"


@pytest.mark.parametrize("text", ["a", "é", "ab c", "ab=c", "a\n"])
def test_what_is_none_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="no base64url") as caught:
        decode(text)

    assert caught.value.__cause__ is None
