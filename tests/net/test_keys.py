import base64
import logging
import stat
from pathlib import Path

import pytest

from wsserver.errors import ConfigError
from wsserver.net.keys import ServerKey, check_key, key_path, server_key

SECRET = bytes(range(32))
TEXT = base64.b64encode(SECRET).decode()


def test_the_configured_key_is_used_and_nothing_is_kept(tmp_path: Path) -> None:
    key = server_key(TEXT, {"XDG_STATE_HOME": str(tmp_path)})

    assert key.derive("a") == ServerKey(SECRET).derive("a")
    assert list(tmp_path.iterdir()) == []


def test_a_key_can_be_handed_on() -> None:
    key = ServerKey(SECRET)

    handed = server_key(key.as_text(), {})

    assert handed.derive("a") == key.derive("a")


def test_without_one_a_key_is_made_once_for_nobody_else_to_read(tmp_path: Path) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path / "state")}

    first, second = server_key(None, environment), server_key(None, environment)

    (path,) = (tmp_path / "state" / "wsserver").iterdir()
    assert first.derive("a") == second.derive("a")
    assert path == key_path(environment)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert check_key(path.read_text()) == path.read_text()


def test_every_purpose_and_every_secret_has_a_key_of_its_own() -> None:
    keys = {
        ServerKey(secret).derive(purpose)
        for secret in (SECRET, SECRET[::-1])
        for purpose in ("cursors", "tokens")
    }

    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
    assert SECRET not in keys


def test_where_nothing_can_be_kept_the_key_serves_for_this_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "wsserver").write_text("a file where the folder should be")

    first = server_key(None, {"XDG_STATE_HOME": str(tmp_path)})
    second = server_key(None, {"XDG_STATE_HOME": str(tmp_path)})

    assert first.derive("a") != second.derive("a")
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "no session outlives this run" in caplog.text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "found a key of 0 bytes, expected at least 32"),
        ("c2hvcnQ=", "found a key of 5 bytes, expected at least 32"),
        ("no base64 at all!", "found no base64"),
        ("ä" * 44, "found no base64"),
    ],
)
def test_what_is_no_key_is_refused_without_being_shown(text: str, why: str, tmp_path: Path) -> None:
    path = key_path({"XDG_STATE_HOME": str(tmp_path)})
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=why) as error:
        check_key(text)
    with pytest.raises(ConfigError, match="without the file a new one is made") as kept:
        server_key(None, {"XDG_STATE_HOME": str(tmp_path)})

    assert not text or (text not in str(error.value) and text not in str(kept.value))


@pytest.mark.parametrize("named", [{}, {"XDG_STATE_HOME": ""}, {"XDG_STATE_HOME": "relative"}])
def test_the_key_is_kept_at_home_by_default(
    named: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ann")

    assert key_path(named) == Path("/home/ann/.local/state/wsserver/key")
