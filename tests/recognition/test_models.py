import hashlib
import http.server
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
import torch
import whisper
from whisper.model import ModelDimensions, Whisper

from tests.ports import free_port
from wsserver.errors import ModelError
from wsserver.recognition import models
from wsserver.recognition.models import Found, cache_folder, find, load

PRACTICE = Path(models.__file__).parents[1] / "practice" / "practice.pt"

# As many layers and heads as base has, which is what its alignment heads need.
MINIATURE_BASE = ModelDimensions(80, 1500, 16, 8, 1, 51865, 448, 16, 8, 6)


@dataclass
class Publisher:
    """A real web server in the place of the one that publishes the models."""

    body: bytes
    whole: bool = True
    requests: list[str] = field(default_factory=list)

    def handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        publisher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.answer(b"")

            def do_GET(self) -> None:
                half = publisher.body[: len(publisher.body) // 2]
                self.answer(publisher.body if publisher.whole else half)

            def answer(self, body: bytes) -> None:
                publisher.requests.append(self.command)
                self.send_response(200)
                self.send_header("Content-Length", str(len(publisher.body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Keep quiet."""

        return Handler


@pytest.fixture(scope="module")
def checkpoint() -> bytes:
    """A whole checkpoint that openai-whisper loads as base."""
    model = Whisper(MINIATURE_BASE)
    buffer = BytesIO()
    torch.save({"dims": asdict(model.dims), "model_state_dict": model.state_dict()}, buffer)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "whisper"


Publish = Callable[[str, str], None]


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Say where base is published."""

    def at(address: str, checksum: str) -> None:
        monkeypatch.setitem(whisper._MODELS, "base", f"http://{address}/{checksum}/base.pt")

    return at


@pytest.fixture
def publisher(checkpoint: bytes, publish: Publish) -> Iterator[Publisher]:
    publisher = Publisher(checkpoint)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), publisher.handler())
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    publish(f"127.0.0.1:{server.server_port}", hashlib.sha256(checkpoint).hexdigest())
    yield publisher
    server.shutdown()
    server.server_close()


@pytest.fixture
def refused(publish: Publish) -> None:
    """Nobody listens where base is published."""
    publish(f"127.0.0.1:{free_port()}", "0" * 64)


@pytest.fixture
def black_hole(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever publishes base takes the connection and never answers."""
    monkeypatch.setattr(models, "PROBE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        publish(f"127.0.0.1:{silent.getsockname()[1]}", "0" * 64)
        yield


@pytest.fixture
def nameless(publish: Publish) -> None:
    """The name of the publisher does not resolve (RFC 2606 keeps .invalid free)."""
    publish("models.invalid", "0" * 64)


def test_auto_downloads_base_once(publisher: Publisher, cache: Path) -> None:
    first, second = find("auto"), find("auto")

    assert first == second == Found("base", "base")
    assert publisher.requests == ["HEAD", "GET"]
    assert [path.name for path in cache.iterdir()] == ["base.pt"]
    assert load(first, "cpu").dims == MINIATURE_BASE


def test_a_model_in_the_cache_needs_no_network(
    publisher: Publisher, cache: Path, checkpoint: bytes
) -> None:
    cache.mkdir(parents=True)
    (cache / "base.pt").write_bytes(checkpoint)

    assert find("auto") == find("base") == Found("base", "base")
    assert publisher.requests == []


def test_a_damaged_file_in_the_cache_is_fetched_again(
    publisher: Publisher, cache: Path, checkpoint: bytes
) -> None:
    cache.mkdir(parents=True)
    (cache / "base.pt").write_bytes(checkpoint[:1000])

    assert find("auto") == Found("base", "base")
    assert (cache / "base.pt").read_bytes() == checkpoint


@pytest.mark.parametrize("trouble", ["refused", "black_hole", "nameless"])
def test_auto_without_network_takes_the_practice_model_and_says_so(
    trouble: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    request.getfixturevalue(trouble)

    found = find("auto")

    assert found == Found("practice", str(PRACTICE), practice=True)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "PRACTICE MODEL" in record.message
    assert "base.pt is not there and cannot be fetched" in record.message


def test_auto_with_a_damaged_file_and_no_network_takes_the_practice_model(
    refused: None, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache.mkdir(parents=True)
    (cache / "base.pt").write_bytes(b"half a file")

    assert find("auto").practice
    assert "base.pt is damaged and cannot be fetched" in caplog.text


def test_half_a_download_is_told_and_leaves_nothing_behind(
    publisher: Publisher, cache: Path
) -> None:
    publisher.whole = False

    with pytest.raises(ModelError, match=r"base\.pt is not there and cannot be fetched"):
        find("base")

    assert list(cache.iterdir()) == []


def test_a_model_asked_for_by_name_is_never_replaced(refused: None, cache: Path) -> None:
    with pytest.raises(ModelError) as told:
        find("base")

    assert str(cache / "base.pt") in str(told.value)
    assert "put the file there by hand (from http://127.0.0.1" in str(told.value)


@pytest.mark.parametrize("model", ["basse", "no/such/file.pt"])
def test_an_unknown_model_is_told_with_all_that_are_known(model: str) -> None:
    with pytest.raises(ModelError, match=r"auto, practice, tiny\.en, tiny, base\.en, base"):
        find(model)


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is a directory"):
        find(str(tmp_path))


def test_a_file_named_like_a_model_is_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny").write_bytes(PRACTICE.read_bytes())
    monkeypatch.chdir(tmp_path)

    found = find("./tiny")

    assert found == Found("tiny", str(tmp_path / "tiny"))
    assert load(found, "cpu").dims.n_audio_state == 192


def test_the_practice_model_can_be_asked_for_without_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert find("practice") == Found("practice", str(PRACTICE), practice=True)
    assert caplog.records == []


def nothing() -> bytes:
    return b""


def text() -> bytes:
    return b"this is no checkpoint\n" * 100


def cut_checkpoint() -> bytes:
    return PRACTICE.read_bytes()[:1_000_000]


def other_content(content: object) -> bytes:
    buffer = BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def weights_that_do_not_fit() -> bytes:
    return other_content({"dims": asdict(MINIATURE_BASE), "model_state_dict": {}})


@pytest.mark.parametrize(
    "content",
    [
        nothing,
        text,
        cut_checkpoint,
        weights_that_do_not_fit,
        lambda: other_content({"state_dict": {}}),
        lambda: other_content([1, 2, 3]),
        lambda: other_content({"dims": {"n_mels": 80}, "model_state_dict": {}}),
        lambda: other_content({"dims": None, "model_state_dict": {}}),
        lambda: other_content(Path("code that a checkpoint must not run")),
    ],
)
def test_a_file_that_is_no_checkpoint_is_told_in_one_line(
    tmp_path: Path, content: Callable[[], bytes]
) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(content())

    with pytest.raises(
        ModelError, match="expected a checkpoint in openai-whisper's format"
    ) as told:
        load(find(str(path)), "cpu")

    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_the_cache_is_where_openai_whisper_looks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME")

    assert cache_folder() == tmp_path / ".cache" / "whisper"
