import pytest

from wsserver.broker.settings import RedisSettings
from wsserver.config import load
from wsserver.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://:secret@example.org:6380/1", "redis://example.org:6380"),
        ("rediss://ann:secret@example.org", "rediss://example.org"),
        ("unix://:secret@/run/redis.sock?db=1", "unix:///run/redis.sock"),
        ("redis://example.org?password=secret", "redis://example.org"),
    ],
)
def test_its_place_tells_no_secret(url: str, place: str) -> None:
    settings = load(None, {"WSSERVER_REDIS__URL": url}).redis

    assert settings.place == place
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    "value",
    [
        "http://secret@example.org",
        "redis://:secret/x@example.org",
        "secret",
        "[secret]",
    ],
)
@pytest.mark.parametrize("name", ["WSSERVER_REDIS__URL", "WSSERVER_REDIS"])
def test_what_is_wrong_is_told_without_the_url(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {name: value})

    assert str(caught.value).startswith("redis")
    assert "secret" not in str(caught.value)


def test_without_a_url_there_is_none() -> None:
    assert RedisSettings().url is None
