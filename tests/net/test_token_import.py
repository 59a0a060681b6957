import json
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wsserver.errors import ConfigError
from wsserver.net.token_import import import_tokens
from wsserver.net.tokens import hash_token

FIRST, SECOND = "alpha-0123456789", "beta-0123456789"


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ([FIRST, SECOND], ["imported-1", "imported-2"]),
        ({"tokens": [FIRST, SECOND]}, ["imported-1", "imported-2"]),
        ({"port": 8000, "tokens": [FIRST, SECOND]}, ["imported-1", "imported-2"]),
        ({"tokens": {"ann": FIRST, "bob": SECOND}}, ["ann", "bob"]),
        ({"ann": FIRST, "bob": SECOND}, ["ann", "bob"]),
        ([{"name": "ann", "token": FIRST}, {"name": "bob", "token": SECOND}], ["ann", "bob"]),
        ({"tokens": [{"name": "ann", "token": FIRST}, SECOND]}, ["ann", "imported-2"]),
        ([{"token": FIRST}, {"name": "bob", "token": SECOND}], ["imported-1", "bob"]),
    ],
)
def test_common_shapes_are_taken(shape: object, names: list[str]) -> None:
    tokens = import_tokens(json.dumps(shape))

    assert [token.name for token in tokens] == names
    assert [token.hash for token in tokens] == [hash_token(FIRST), hash_token(SECOND)]
    assert {token.scope for token in tokens} == {("speak",)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "found no JSON (line 1, column 1)"),
        ('["supersecret-token"', "found no JSON (line 1"),
        ('"supersecret-token"', "found a string, expected a list of tokens"),
        ("12", "found a number"),
        ("null", "found nothing"),
        ("[]", "found a list without tokens"),
        ("{}", "found an object without tokens"),
        ('{"tokens": "supersecret-token"}', "found a string"),
        ('{"tokens": {}}', "found an object without tokens"),
        ('["supersecret-token", 5]', "found a number in entry 2"),
        ('["supersecret-token", true]', "found a boolean in entry 2"),
        ('{"host": "0.0.0.0"}', "found 7 characters in entry 1"),
        ('{"port": 8000}', "found a number in entry 1"),
        ('{"supersecret-token": "ann"}', "not the other way round"),
        ('[{"key": "supersecret-token"}]', "found no key 'token' in entry 1"),
        ('[{"name": 7, "token": "supersecret-token"}]', "found no name in entry 1"),
        ('["supersecret-token and more"]', "without spaces"),
        ('["supersecret-token", "supersecret-token"]', "same token in the entries 1 and 2"),
        (
            '[{"name": "a", "token": "supersecret-token"}, {"name": "a", "token": "another-one"}]',
            "same name in the entries 1 and 2",
        ),
    ],
)
def test_other_shapes_are_refused_in_words_without_any_token(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        import_tokens(text)

    told = "".join(traceback.format_exception(caught.value))
    assert says in str(caught.value)
    assert "supersecret" not in told.replace(text, "")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("tokens"), inner),
)


@given(json_values)
@settings(max_examples=50)
def test_any_json_gives_tokens_or_a_configuration_error(value: object) -> None:
    try:
        tokens = import_tokens(json.dumps(value))
    except ConfigError:
        return

    assert tokens
    assert all(token.name and token.hash.startswith("sha256:") for token in tokens)
