"""Which engine is wanted, as a value that travels to the process that builds it.

Knows nothing of what an engine is made of, and loads no heavy library until one is built.
"""

from dataclasses import dataclass, fields
from typing import Literal
from urllib.parse import urlsplit

from wsserver.errors import ModelError
from wsserver.recognition.engines.fake import FakeEngine, Script
from wsserver.speech import Engine


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """All that decides which engine is built; may be pickled."""

    kind: Literal["whisper", "ctranslate2", "fake", "ray"] = "whisper"
    model: str = "auto"
    """`auto`, `practice`, a name of openai-whisper or a path to a checkpoint.

    For ctranslate2 `auto`, a name of faster-whisper or a path to a folder in its format.
    """

    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["fp32", "fp16", "bf16", "int8"] = "fp32"
    """Of finals, and of all with ctranslate2.  Of whisper all but fp32 are for cuda only; int8 is
    for ctranslate2."""

    partials: Literal["auto", "fp32", "bf16", "int8", "fp16"] = "auto"
    """The precision of partials with whisper: `auto` measures which is the fastest."""

    threads: int = 0
    """Threads of one computation; 0 leaves the choice to torch."""

    languages: tuple[str, ...] = ()
    """ISO 639-1 codes that may be heard; empty for all that the model knows."""

    script: Script = Script()
    """What the fake engine does; the others ignore it."""

    urls: tuple[str, ...] = ()
    """For ray, which has nothing else: where replicas are, each http://host:port/path of a balancer
    or a single one, or unix:/path of a socket on this machine."""

    def __post_init__(self) -> None:
        """Check what belongs together; raise ValueError otherwise."""
        if self.kind != "ray":
            if self.urls:
                raise ValueError(f"found urls and the kind {self.kind}, expected the kind ray")
            return
        if not self.urls:
            raise ValueError("found the kind ray without urls, expected at least one")
        for url in self.urls:
            _check_url(url)
        alien = [
            each.name
            for each in fields(self)
            if each.name not in ("kind", "urls") and getattr(self, each.name) != each.default
        ]
        if alien:
            raise ValueError(
                f"found {alien[0]} and the kind ray, expected nothing but urls: what decodes, and "
                "how, is set where the replicas are deployed"
            )


def build(spec: EngineSpec) -> Engine:
    """Build and load the engine of *spec*; may take seconds, or minutes for a download.

    Raises:
        ModelError: its model cannot be loaded.
    """
    if spec.kind == "fake":
        return FakeEngine(spec.script, spec.languages)
    if spec.kind == "ray":
        raise ModelError("engine.kind ray has its engines elsewhere, so none can be built here")
    if spec.kind == "ctranslate2":
        return _build_ctranslate2(spec)
    from wsserver.recognition.engines.whisper_.load import load

    return load(spec)


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    if not is_web and not (parts.scheme == "unix" and parts.path.startswith("/")):
        raise ValueError(f"found {url!r}, expected http://host:port/path or unix:/path")
    if parts.username is not None:
        raise ValueError("found credentials in a url, which the log would show; expected none")


def _build_ctranslate2(spec: EngineSpec) -> Engine:
    try:
        from wsserver.recognition.engines.ctranslate2_.load import load
    except ModuleNotFoundError as error:
        raise ModelError(
            f"engine.kind ctranslate2 finds no {error.name}; pip install 'wsserver[faster-whisper]'"
        ) from error
    return load(spec)
