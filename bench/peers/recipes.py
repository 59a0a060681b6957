"""How each peer is installed, started without a connection, and spoken to.

Knows commands and options; knows nothing of processes or of what is measured.  A peer runs with
its own defaults, but for what a local model, one language and a port need.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.peers.wires import WhisperLive, WhisperLiveKit, WhisperStreaming, Wire
from wsserver.self_check import SAMPLE

TORCH = "torch==2.13.0"
"""Pinned, so that an index with builds for the processor alone gives one of those."""


@dataclass(frozen=True, slots=True)
class Weights:
    """One model in both formats, in a folder whose name ends as English-only models' names do."""

    folder: Path
    """CTranslate2's files, and the checkpoint beside them."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server of somebody else."""

    name: str
    home: str
    """The virtual environment it shares with others of the same package."""

    packages: tuple[tuple[str, ...], ...]
    """What pip is told to install, call by call."""

    arguments: Callable[[Weights, int, int], list[str]]
    """Gives what comes after the environment's Python, for weights, a port and a crowd."""

    wire: Callable[[], Wire]
    url: str
    """With {port} in it."""

    environment: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None
    """Where it is started."""


_WHISPER_LIVE = (
    ("--no-deps", "whisper-live==0.10.0"),
    # What its server imports: no microphone, no OpenVINO, no libraries for a GPU.
    (
        TORCH,
        "faster-whisper==1.2.0",
        "openai-whisper==20250625",
        "tokenizers==0.20.3",
        "numpy<2.5",
        "fastapi",
        "kaldialign",
        "librosa",
        "numba",
        "onnxruntime",
        "python-multipart",
        "scipy",
        "soundfile",
        "uvicorn",
        "websocket-client",
        "websockets",
    ),
)
_WHISPER_LIVE_KIT = ((TORCH, "whisperlivekit==0.2.26"),)
_WHISPER_STREAMING = ((TORCH, "faster-whisper", "librosa", "soundfile"),)


# What `run_server.py` of its repository calls, which the package leaves out; of its defaults only
# the number of clients is raised, where more speak.
_RUN_WHISPER_LIVE = """\
import sys
from whisper_live.server import TranscriptionServer

port, model, clients, batch = sys.argv[1:]
TranscriptionServer().run(
    "127.0.0.1",
    port=int(port),
    backend="faster_whisper",
    faster_whisper_custom_model_path=model,
    single_model=True,
    max_clients=int(clients),
    max_connection_time=300,
    batch_enabled=batch == "batch",
    batch_max_size=8,
)
"""


def _whisper_live(name: str, mode: str) -> Peer:
    def arguments(weights: Weights, port: int, crowd: int) -> list[str]:
        clients = str(max(4, crowd))
        return ["-c", _RUN_WHISPER_LIVE, str(port), str(weights.folder), clients, mode]

    return Peer(
        name=name,
        home="whisper-live",
        packages=_WHISPER_LIVE,
        arguments=arguments,
        wire=WhisperLive,
        url="ws://127.0.0.1:{port}",
        environment={"OMP_NUM_THREADS": "1"},  # run_server.py's own default
    )


def _whisper_live_kit(name: str, *options: str) -> Peer:
    def arguments(weights: Weights, port: int, _: int) -> list[str]:
        given = [option.format(folder=weights.folder) for option in options]
        return [
            *("-m", "whisperlivekit.basic_server", "--host", "127.0.0.1", "--port", str(port)),
            *("--pcm-input", "--language", "en", "--warmup-file", str(SAMPLE), *given),
        ]

    return Peer(
        name=name,
        home="whisperlivekit",
        packages=_WHISPER_LIVE_KIT,
        arguments=arguments,
        wire=WhisperLiveKit,
        url="ws://127.0.0.1:{port}/asr",
    )


def whisper_streaming(checkout: Path) -> Peer:
    """Give the server of a checkout of whisper_streaming, which no index has.

    Its faster-whisper runs on CUDA alone (a constant in `whisper_online.py`), and its other backend
    takes no local model: elsewhere it does not start unless the reader changes that line.
    """

    def arguments(weights: Weights, port: int, _: int) -> list[str]:
        return [
            *("whisper_online_server.py", "--host", "127.0.0.1", "--port", str(port)),
            *("--backend", "faster-whisper", "--model_dir", str(weights.folder), "--lan", "en"),
            *("--warmup-file", str(SAMPLE), "--log-level", "WARNING"),
        ]

    return Peer(
        name="whisper-streaming",
        home="whisper-streaming",
        packages=_WHISPER_STREAMING,
        arguments=arguments,
        wire=WhisperStreaming,
        url="tcp://127.0.0.1:{port}",
        folder=checkout,
    )


PUBLISHED = (
    _whisper_live("whisper-live", "single"),
    _whisper_live("whisper-live-batch", "batch"),
    # AlignAtt is its default policy, with faster-whisper's encoder where its files are found.
    _whisper_live_kit("whisperlivekit", "--model-path", "{folder}"),
    _whisper_live_kit(
        "whisperlivekit-la",
        *("--backend-policy", "localagreement", "--backend", "faster-whisper"),
        *("--model_dir", "{folder}"),
    ),
)
"""The peers that package indexes have, by the ways in which they run."""


def find(wanted: str) -> Peer:
    """Find a peer by NAME, or whisper-streaming=PATH; raise `ValueError` for another."""
    name, _, path = wanted.partition("=")
    if name == "whisper-streaming" and path:
        return whisper_streaming(Path(path).resolve())
    known = {peer.name: peer for peer in PUBLISHED}
    if wanted not in known:
        names = ", ".join([*known, "whisper-streaming=PATH"])
        raise ValueError(f"found the peer {wanted!r}, expected one of {names}")
    return known[wanted]
