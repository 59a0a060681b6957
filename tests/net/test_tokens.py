import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.errors import ConfigError
from wsserver.net.tokens import PREFIX, Token, TokenTable, hash_token, is_hash, new_token


def test_a_new_token_holds_256_random_bits_behind_its_prefix() -> None:
    plain, _ = new_token()

    random = plain.removeprefix(PREFIX)

    assert plain.startswith("wst_")
    assert len(base64.urlsafe_b64decode(random + "=")) == 32


def test_two_new_tokens_differ() -> None:
    assert new_token() != new_token()


def test_a_new_token_comes_with_its_own_hash() -> None:
    plain, digest = new_token()

    assert digest == hash_token(plain)
    assert plain not in digest


def test_the_hash_is_sha256_in_hexadecimal() -> None:
    known = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    assert hash_token("abc") == known


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_hashed(plain: str) -> None:
    assert is_hash(hash_token(plain))


@pytest.mark.parametrize(
    "text", ["", "abc", "sha256:", "sha256:" + "A" * 64, "sha1:" + "a" * 64, "a" * 71]
)
def test_other_texts_are_no_hashes(text: str) -> None:
    assert not is_hash(text)


def test_the_table_finds_each_token_by_its_plain_text() -> None:
    secrets = {name: new_token() for name in ("first", "middle", "last")}
    table = TokenTable(Token(name=name, hash=digest) for name, (_, digest) in secrets.items())

    for name, (plain, _) in secrets.items():
        found = table.find(plain)

        assert found is not None
        assert found.name == name


@pytest.mark.parametrize("plain", ["", "wst_", "ü", "\udcff", "sha256:"])
def test_the_table_finds_nothing_for_other_texts(plain: str) -> None:
    table = TokenTable([Token(name="only", hash=new_token()[1])])

    assert table.find(plain) is None


def test_the_hash_itself_opens_nothing() -> None:
    _, digest = new_token()
    table = TokenTable([Token(name="only", hash=digest)])

    assert table.find(digest) is None


def test_a_table_without_tokens_finds_nothing() -> None:
    assert TokenTable([]).find("anything") is None


def test_two_tokens_of_one_name_are_refused() -> None:
    tokens = [Token(name="twin", hash=new_token()[1]) for _ in range(2)]

    with pytest.raises(ConfigError, match="two tokens named 'twin'"):
        TokenTable(tokens)


def test_the_text_of_a_token_shows_no_hash() -> None:
    _, digest = new_token()

    assert digest not in repr(Token(name="quiet", hash=digest))
