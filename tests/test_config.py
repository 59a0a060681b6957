from pathlib import Path

import pytest
import yaml

from wsserver.config import Config, load
from wsserver.errors import ConfigError

DOCUMENT = Path(__file__).parent.parent / "config.yaml"


def write(path: Path, document: object) -> Path:
    file = path / "config.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def keys(value: object, path: str = "") -> set[str]:
    if not isinstance(value, dict) or not value:
        return {path}
    return {key for name, below in value.items() for key in keys(below, f"{path}.{name}")}


def test_the_file_that_is_shipped_shows_the_defaults() -> None:
    assert load(DOCUMENT, {}) == Config()


def test_the_file_that_is_shipped_shows_every_knob() -> None:
    shown = keys(yaml.safe_load(DOCUMENT.read_text(encoding="utf-8")))
    known = keys(Config().model_dump(mode="json"))

    unshown = {key for key in known - shown if not key.startswith(".engine.script")}
    assert unshown == set()


def test_without_a_file_everything_has_its_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert load(None, {}) == Config()


def test_a_file_in_the_working_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"server": {"port": 9000}})

    assert load(None, {}).server.port == 9000


def test_the_environment_stands_above_the_file_and_the_command_line_above_both(
    tmp_path: Path,
) -> None:
    file = write(tmp_path, {"server": {"port": 1, "host": "a"}, "log": {"level": "error"}})
    environment = {"WSSERVER_SERVER__PORT": "2", "WSSERVER_SERVER__HOST": "b", "HOME": "/"}

    config = load(file, environment, {"server": {"host": "c"}})

    assert (config.server.port, config.server.host, config.log.level) == (2, "c", "error")


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, {"server": {"port": 9000}})

    assert load(None, {"WSSERVER_CONFIG": str(file)}).server.port == 9000


def test_lists_come_from_the_environment_as_yaml() -> None:
    environment = {"WSSERVER_ENGINE__LANGUAGES": "[en, de]"}

    assert load(DOCUMENT, environment).engine.languages == ("en", "de")


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"serve": {}}, "serve: unknown key"),
        ({"server": {"tls": {"mod": "off"}}}, "server.tls.mod: unknown key"),
        ({"server": {"port": "high"}}, "server.port: found 'high', input should be a valid int"),
        ({"server": {"port": 70_000}}, "server.port: found 70000, input should be less than"),
        ({"sessions": {"idle_seconds": float("inf")}}, "sessions.idle_seconds: found inf, input"),
        ({"engine": {"urls": ["http://a/"]}}, "engine: found urls and the kind whisper, expected"),
        (
            {"engine": {"kind": "ray", "urls": "http://a/"}},
            "engine.urls: found str, expected a list, as [one, another]",
        ),
        ({"engine": {"kind": "ray"}}, "engine: found the kind ray without urls"),
        ({"engine": {"kind": "ray", "urls": ["a:8000"]}}, "engine: found 'a:8000', expected http:"),
        (
            {"engine": {"kind": "ray", "urls": ["https://me:hush@a/"]}},
            "engine: found credentials in a url, which the log would show",
        ),
        (
            {"engine": {"kind": "ray", "urls": ["http://a/"], "model": "base"}},
            "engine: found model and the kind ray, expected nothing but urls: what decodes",
        ),
        ({"log": {"level": "loud"}}, "log.level: found 'loud', input should be 'debug'"),
        ({"endpointing": {"dictation": {"silence_ms": 100}}}, "endpointing.dictation: found pad"),
        ({"guards": None}, "guards: found None, input should be"),
        (["server"], "found list, expected a mapping"),
    ],
)
def test_a_wrong_key_is_one_line_that_names_its_path(
    tmp_path: Path, document: object, complaint: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load(write(tmp_path, document), {})

    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_what_kubernetes_puts_beside_a_service_is_none_of_ours() -> None:
    environment = {
        "WSSERVER_PORT": "tcp://10.0.0.1:8765",
        "WSSERVER_PORT_8765_TCP_ADDR": "10.0.0.1",
        "WSSERVER_SERVICE_HOST": "10.0.0.1",
        "WSSERVER_SERVICE_PORT_HTTP": "8765",
    }

    assert load(DOCUMENT, environment) == Config()


@pytest.mark.parametrize("name", ["WSSERVER_PORT", "WSSERVER_SERVER__PROT"])
def test_an_unknown_variable_is_an_error(name: str) -> None:
    with pytest.raises(ConfigError, match="unknown key"):
        load(DOCUMENT, {name: "1"})


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"server: [", "found no valid YAML at line 1"), (b"\xff\xfe\x00", "cannot be read")],
)
def test_a_file_that_is_no_yaml_is_an_error(tmp_path: Path, content: bytes, complaint: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(content)

    with pytest.raises(ConfigError, match=complaint):
        load(file, {})


def test_a_file_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: found no such file"):
        load(tmp_path / "none.yaml", {})


@pytest.mark.parametrize(
    ("tokens", "path"),
    [
        ("the-plain-token", "server.admission.tokens"),
        (["the-plain-token"], "server.admission.tokens.0"),
        ([{"name": "a", "hash": "the-plain-token"}], "server.admission.tokens.0.hash"),
        ({"a": "the-plain-token"}, "server.admission.tokens"),
    ],
)
def test_no_error_repeats_a_secret(tmp_path: Path, tokens: object, path: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(write(tmp_path, {"server": {"admission": {"tokens": tokens}}}), {})

    assert str(error.value).startswith(f"{path}: ")
    assert "the-plain-token" not in str(error.value)


def test_a_wrong_hash_says_what_one_looks_like(tmp_path: Path) -> None:
    tokens = [{"name": "a", "hash": "sha256:12"}]

    with pytest.raises(ConfigError, match="expected 'sha256:' and 64 hexadecimal digits"):
        load(write(tmp_path, {"server": {"admission": {"tokens": tokens}}}), {})


def test_off_is_a_word_and_no_is_norwegian(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("server: {tls: {mode: off}, admission: {token_in_url: true}}")

    config = load(file, {"WSSERVER_ENGINE__LANGUAGES": "[en, no]"})

    assert config.server.tls.mode == "off"
    assert config.server.admission.token_in_url is True
    assert config.engine.languages == ("en", "no")


def test_a_key_can_be_set_and_shows_nowhere(tmp_path: Path) -> None:
    key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    config = load(write(tmp_path, {"server": {"key": key}}), {})

    assert config.server.key == key
    assert key not in repr(config)


@pytest.mark.parametrize("found", ["the-plain-key", "c2hvcnQ=", 7, ["the-plain-key"]])
def test_a_key_that_is_none_is_told_without_being_shown(tmp_path: Path, found: object) -> None:
    with pytest.raises(ConfigError) as error:
        load(write(tmp_path, {"server": {"key": found}}), {})

    assert str(error.value).startswith("server.key: ")
    assert not any(secret in str(error.value) for secret in ("the-plain-key", "c2hvcnQ="))
