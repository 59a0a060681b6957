"""From what the configuration calls a model to a loaded one.

Knows nothing of engines.  A model that was asked for is loaded or it is an error; only `auto` may
fall back, and says so.
"""

import http.client
import logging
import pickle
import queue
import socket
import tempfile
import threading
import urllib.request
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from importlib.resources import files
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING

from wsserver.errors import ModelError

if TYPE_CHECKING:
    from whisper.model import Whisper

logger = logging.getLogger(__name__)

PREFERRED = "base"
"""The published model that `auto` takes if it can."""

PROBE_S = 3.0
"""How long `auto` waits for an answer from where the models are published."""

PATIENCE_S = 20.0
"""How long a model asked for by name is waited for, and how long a download may stall."""

# All that torch, pickle, zipfile, urllib and whisper were seen to raise on files that are no
# checkpoints and networks that are none.
_FOREIGN = (
    OSError,
    RuntimeError,
    EOFError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    MemoryError,
    pickle.PickleError,
    zipfile.BadZipFile,
    http.client.HTTPException,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A model that is on this machine."""

    name: str
    """A name for people."""

    source: str
    """What openai-whisper's loader takes: a published name or an absolute path."""

    practice: bool = False
    """True for the small practice model that is shipped."""


def find(model: str) -> Found:
    """Find what *model* means: `auto`, `practice`, a published name or a path.

    Downloads a published model that is not in the cache, showing its progress.

    Raises:
        ModelError: it is not to be had; the message says what to do.
    """
    import whisper

    if model == "auto":
        return _auto()
    if model == "practice":
        return _practice()
    if model in whisper.available_models():
        _ensure_cached(model, PATIENCE_S)
        return Found(model, model)
    return _at_path(model)


def load(found: Found, device: str) -> "Whisper":
    """Load a model that was found, by openai-whisper's own loader.

    Raises:
        ModelError: it is no checkpoint in openai-whisper's format, or does not fit.
    """
    import whisper

    expected = "expected a checkpoint in openai-whisper's format, with 'dims' and weights to match"
    with _translated(f"cannot load the model {found.source}", expected):
        return whisper.load_model(found.source, device, str(cache_folder()))


def cache_folder() -> Path:
    """Give the folder where openai-whisper keeps what it downloaded."""
    root = environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "whisper"


def _auto() -> Found:
    try:
        _ensure_cached(PREFERRED, PROBE_S)
    except ModelError as error:
        logger.warning(
            "listening with the PRACTICE MODEL, which knows about 1,200 words of synthetic "
            "English and is no product, because model auto found no real one: %s",
            error,
        )
        return _practice()
    return Found(PREFERRED, PREFERRED)


def _practice() -> Found:
    path = Path(str(files("wsserver.practice"))) / "practice.pt"
    if not path.is_file():
        raise ModelError(f"the practice model is missing from {path}; install wsserver anew")
    return Found("practice", str(path), practice=True)


def _at_path(model: str) -> Found:
    import whisper

    path = Path(model).expanduser().absolute()
    if path.is_dir():
        raise ModelError(f"model {path} is a directory; expected a checkpoint file in it")
    if not path.is_file():
        names = ", ".join(("auto", "practice", *whisper.available_models()))
        raise ModelError(f"model {model!r} is neither an existing file nor one of {names}")
    return Found(path.name, str(path))


def _ensure_cached(name: str, patience_s: float) -> None:
    """See that the published model lies whole in the cache, if need be by downloading it."""
    import whisper

    url = whisper._MODELS[name]  # noqa: SLF001 - its only table
    path = cache_folder() / url.rpartition("/")[2]
    state = "damaged" if path.is_file() else "not there"
    remedy = f"put the file there by hand (from {url}) or configure the path of a checkpoint"
    with _translated(f"{path} is {state} and cannot be fetched", remedy):
        if path.is_file() and _sha256(path) == url.split("/")[-2]:
            return
        _probe(url, patience_s)
        logger.info("downloading %s to %s", url, path)
        _download(url, path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _probe(url: str, patience_s: float) -> None:
    """Raise OSError unless *url* answers in time."""
    answers: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
    # In a thread, because looking up a name has no timeout of its own.
    threading.Thread(target=_ask, args=(url, patience_s, answers), daemon=True).start()
    try:
        error = answers.get(timeout=patience_s)
    except queue.Empty:
        raise TimeoutError(f"no answer from {url} within {patience_s:g} s") from None
    if error is not None:
        raise error


def _ask(url: str, patience_s: float, answers: "queue.SimpleQueue[Exception | None]") -> None:
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - openai-whisper's own URL
    try:
        with urllib.request.urlopen(request, timeout=patience_s):  # noqa: S310 - the same
            answers.put(None)
    except _FOREIGN as error:
        answers.put(error)


def _download(url: str, path: Path) -> None:
    """Fetch *url* by openai-whisper's own downloader, which checks the sum.

    In a folder beside the target, so that nobody ever finds half a file in its place.
    """
    import whisper

    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        _stalling_at_most(PATIENCE_S),
        tempfile.TemporaryDirectory(dir=path.parent) as partial,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves the file open
        fetched = whisper._download(url, partial, False)  # noqa: SLF001 - its only downloader
        Path(fetched).replace(path)


@contextmanager
def _stalling_at_most(timeout_s: float) -> Iterator[None]:
    # The downloader passes no timeout on, and this process has nothing else to do yet.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(timeout_s)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


@contextmanager
def _translated(failed: str, remedy: str) -> Iterator[None]:
    """Turn foreign exceptions into a `ModelError` of one line."""
    try:
        yield
    except _FOREIGN as error:
        reason = next(iter(str(error).splitlines()), "")[:200]
        raise ModelError(f"{failed}: {type(error).__name__}: {reason}; {remedy}") from error
