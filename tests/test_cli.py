import base64
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.broker.conftest import running_redis
from tests.webhooks.receiver import SECRET
from wsserver import cli
from wsserver.config import load
from wsserver.net.keys import server_key
from wsserver.net.room_ids import PURPOSE as ROOMS
from wsserver.net.room_ids import RoomIds
from wsserver.net.signed_tokens import PURPOSE, SignedTokens
from wsserver.net.tokens import TokenTable, new_token

pytestmark = pytest.mark.usefixtures("log_of_its_own")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def below_tokens(lines: str) -> Path:
    file = Path("config.yaml")
    tokens = yaml.safe_load(lines)
    file.write_text(yaml.safe_dump({"server": {"admission": {"tokens": tokens}}}))
    return file


@pytest.mark.parametrize("name", ["ada", "no", "12", 'the "new" one\'s', "back\\slash", "тест"])
def test_a_new_token_opens_the_server_whose_config_has_its_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["token", "new", name, "--scope", "speak", "--scope", "view"]) == 0
    said = capsys.readouterr()
    plain = next(word for word in said.err.split() if word.startswith("wst_"))

    tokens = load(below_tokens(said.out), {}).server.admission.tokens

    assert plain not in said.out
    found = TokenTable(tokens).find(plain)
    assert found is not None
    assert (found.name, found.scope) == (name, ("speak", "view"))


def test_the_plain_tokens_of_an_old_config_are_imported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("old.json").write_text(json.dumps({"tokens": {"ada": "old-token-1", "bo": "old-token-2"}}))
    assert cli.run(["token", "import", "old.json"]) == 0
    said = capsys.readouterr()

    table = TokenTable(load(below_tokens(said.out), {}).server.admission.tokens)

    assert "old-token" not in said.out + said.err
    assert [table.find(f"old-token-{n}") is not None for n in (1, 2, 3)] == [True, True, False]


def test_check_says_what_would_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["check"]) == 0

    said = capsys.readouterr().out
    assert "http://127.0.0.1:8765/, TLS off" in said
    assert "model     auto, fp32 on auto" in said
    assert "keeping   nothing" in said
    assert "webhooks  to nobody\n  Wyoming   not spoken\n" in said


def test_check_says_where_replicas_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    urls = ["http://ray:8000/", "unix:/run/replica"]
    Path("config.yaml").write_text(json.dumps({"engine": {"kind": "ray", "urls": urls}}))

    assert cli.run(["check"]) == 0

    said = " ".join(capsys.readouterr().out.split())
    assert "model that of the replicas at http://ray:8000/, unix:/run/replica tokens" in said


def test_check_says_whether_redis_answers_and_traces_are_made(
    capsys: pytest.CaptureFixture[str],
) -> None:
    traces = {"endpoint": "http://localhost:4318"}
    assert cli.run(["check"]) == 0
    assert "Redis     none: " in (said := capsys.readouterr().out)
    assert "traces    none" in said

    with running_redis() as redis:
        document = {"redis": {"url": redis.url}, "traces": traces}
        Path("config.yaml").write_text(json.dumps(document))
        assert cli.run(["check"]) == 0
        assert " answers: " in (said := capsys.readouterr().out)
        assert "traces    made" in said

    assert cli.run(["check"]) == 0
    assert " does not answer: " in capsys.readouterr().out


def test_check_says_what_would_be_kept(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.yaml").write_text("store: {folder: kept, audio: true, keep_days: 30}")

    assert cli.run(["check"]) == 0

    assert "keeping   words and audio in kept for 30 days" in capsys.readouterr().out


@pytest.mark.parametrize(("count", "told"), [(1, "1 receiver of"), (2, "2 receivers of")])
def test_check_says_how_many_are_told_and_not_where(
    count: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    receivers = [{"url": f"https://example.org/{n}", "secret": SECRET} for n in range(count)]
    Path("config.yaml").write_text(json.dumps({"webhooks": {"receivers": receivers}}))

    assert cli.run(["check"]) == 0

    said = capsys.readouterr().out
    assert f"webhooks  {told} finals\n" in said
    assert "example.org" not in said
    assert "whsec_" not in said


@pytest.mark.parametrize(
    ("listening", "url"),
    [
        ({"port": 10300}, "tcp://127.0.0.1:10300"),
        ({"port": 10300, "host": "fd00::1"}, "tcp://[fd00::1]:10300"),
        ({"port": 0}, "tcp://127.0.0.1:any free port"),
    ],
)
def test_check_says_where_wyoming_is_spoken_and_in_whose_name(
    listening: dict[str, Any], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tokens = [{"name": "house", "hash": new_token()[1]}]
    document = {"server": {"admission": {"tokens": tokens}}}
    wyoming = {"wyoming": {"token": "house", **listening}}
    Path("config.yaml").write_text(json.dumps(document | wyoming))

    assert cli.run(["check"]) == 0

    assert f"Wyoming   {url}, in the name of house\n" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "serve"])
def test_a_wrong_config_is_one_line_and_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.yaml").write_text("server: {prt: 1}")

    assert cli.run([command]) == 2

    assert capsys.readouterr().err == "wsserver: server.prt: unknown key\n"


@pytest.mark.parametrize(
    ("model", "complaint"),
    [("no-such-model", "no-such-model"), ("config.yaml", "config.yaml")],
)
def test_a_model_that_cannot_be_loaded_is_exit_code_2_and_never_replaced(
    model: str, complaint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("config.yaml").write_text("server: {port: 0}")

    assert cli.run(["serve", "--model", model]) == 2

    said = capfd.readouterr()
    assert complaint in said.err
    assert "Ready" not in said.out


@pytest.mark.parametrize(
    "arguments", [["sing"], ["check", "--loud"], ["check", "--config", "none.yaml"]]
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    assert cli.run(arguments) == 2


def test_help_and_version_are_exit_code_0() -> None:
    assert cli.run(["--help"]) == 0
    assert cli.run(["--version"]) == 0


def test_the_package_is_a_command() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "wsserver", "--version"], capture_output=True, text=True, check=True
    )

    assert said.stdout.startswith("wsserver, version")


KEY = base64.b64encode(bytes(32)).decode()


def signing_config() -> None:
    _, digest = new_token()
    token = {"name": "ada", "hash": digest, "scope": ["speak", "view"]}
    only_views = {"name": "bo", "hash": new_token()[1], "scope": ["view"]}
    server = {"key": KEY, "admission": {"tokens": [token, only_views]}}
    Path("config.yaml").write_text(yaml.safe_dump({"server": server}))


def test_a_token_is_signed_with_the_servers_key(capsys: pytest.CaptureFixture[str]) -> None:
    signing_config()
    key = server_key(KEY, {}).derive(PURPOSE)

    assert cli.run(["token", "sign", "--name", "ada", "--scope", "view", "--seconds", "60"]) == 0

    signed = SignedTokens(key, (), 3600, time.time).check(capsys.readouterr().out.strip())
    assert (signed.subject, signed.scope, signed.one_session) == ("ada", ("view",), True)
    assert signed.expires <= time.time() + 60


def test_a_token_is_signed_with_the_key_that_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    assert cli.run(["token", "sign", "--name", "development", "--any-sessions"]) == 0

    key = server_key(None, {"XDG_STATE_HOME": str(tmp_path)}).derive(PURPOSE)
    signed = SignedTokens(key, (), 3600, time.time).check(capsys.readouterr().out.strip())
    assert (signed.subject, signed.one_session) == ("development", False)


def own_room(name: str = "ada") -> str:
    return RoomIds(server_key(KEY, {}).derive(ROOMS)).new(name)


def test_a_token_for_the_viewers_of_a_room_is_signed(capsys: pytest.CaptureFixture[str]) -> None:
    signing_config()
    key, room = server_key(KEY, {}).derive(PURPOSE), own_room()
    words = ["--name", "ada", "--room", room, "--title", "The tides"]

    assert cli.run(["token", "sign", *words]) == 0

    longest = 43_200
    checker = SignedTokens(key, (), 3600, time.time, longest)
    signed = checker.check(capsys.readouterr().out.strip())
    assert (signed.subject, signed.room, signed.title) == ("ada", room, "The tides")
    assert signed.is_for_viewer
    assert not signed.one_session
    assert 0 <= time.time() + longest - signed.expires < 60


ADAS = ["--name", "ada", "--room", own_room()]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--name", "ada", "--room", own_room("bo")], "found no room of the token 'ada'"),
        (["--name", "ada", "--room", ""], "found no room of the token 'ada'"),
        (["--name", "bo", "--room", own_room("bo")], "found no scope 'speak' in the token 'bo'"),
        ([*ADAS, "--scope", "speak"], "expected to read along alone"),
        ([*ADAS, "--one-session"], "expected to read along alone"),
        ([*ADAS, "--seconds", "43201"], "expected at most 43200"),
        ([*ADAS, "--title", "t" * 201], "expected up to 200"),
        (["--name", "ada", "--title", "The tides"], "found --title without --room"),
        (["--name", "eve"], "found no token named 'eve', expected one of ada, bo"),
        (["--name", "bo"], "found no scope 'speak' in the token 'bo'"),
        (["--name", "ada", "--seconds", "3601"], "expected at most 3600"),
        (["--name", "ada", "--seconds", "0"], "0 is not in the range"),
        ([], "Missing option '--name'"),
    ],
)
def test_nothing_is_signed_that_no_server_would_take(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    signing_config()

    assert cli.run(["token", "sign", *arguments]) == 2

    said = capsys.readouterr()
    assert complaint in said.err
    assert said.out == ""


def test_nothing_is_signed_with_a_key_that_cannot_be_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "wsserver").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    assert cli.run(["token", "sign", "--name", "development"]) == 2

    assert "found no key" in capsys.readouterr().err
