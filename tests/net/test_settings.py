import pytest
from pydantic import TypeAdapter, ValidationError

from wsserver.net.settings import NetSettings

read = TypeAdapter(NetSettings).validate_python


def test_nothing_given_gives_the_defaults() -> None:
    assert read({}) == NetSettings()


def test_every_section_can_be_given() -> None:
    found = read(
        {
            "host": "0.0.0.0",
            "tls": {"mode": "files", "certificate": "a.pem", "key": "b.pem"},
            "http": {"head_timeout_seconds": 3},
            "socket": {"paths": ["/"]},
            "admission": {"tokens": [{"name": "ann", "hash": "sha256:" + "0" * 64}]},
        }
    )

    assert found.host == "0.0.0.0"
    assert found.tls.certificate is not None
    assert found.http.head_timeout_seconds == 3
    assert found.socket.paths == ("/",)
    assert found.admission.tokens[0].scope == ("speak",)


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"port": 65_536}, ("port",)),
        ({"host": ""}, ("host",)),
        ({"tls": {"mode": "on"}}, ("tls", "mode")),
        ({"http": {"head_timeout_seconds": 0}}, ("http", "head_timeout_seconds")),
        ({"http": {"head_limit_bytes": 10}}, ("http", "head_limit_bytes")),
        ({"socket": {"paths": []}}, ("socket", "paths")),
        ({"socket": {"receive_queue_frames": 0}}, ("socket", "receive_queue_frames")),
        ({"admission": {"max_sessions": 0}}, ("admission", "max_sessions")),
        (
            {"admission": {"tokens": [{"name": "ann", "hash": "plain"}]}},
            ("admission", "tokens", 0, "hash"),
        ),
        (
            {"admission": {"tokens": [{"name": "", "hash": "sha256:" + "0" * 64}]}},
            ("admission", "tokens", 0, "name"),
        ),
    ],
)
def test_a_value_out_of_its_range_is_an_error_at_its_key(
    value: object, where: tuple[object, ...]
) -> None:
    with pytest.raises(ValidationError) as caught:
        read(value)

    assert caught.value.errors()[0]["loc"] == where
