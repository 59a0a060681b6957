"""The rooms and the doors between them: who may import whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "wsserver"

# Room -> what it may import from the package beside itself.  The order is that of the flow.
MAY_IMPORT: dict[str, set[str]] = {
    "speech": set(),
    "errors": set(),
    "messages": {"speech"},
    "peers": set(),
    "rooms": {"messages"},
    "dialects": {"messages", "rooms", "speech", "errors"},
    "audio": {"speech", "errors"},
    "text": {"speech", "messages"},
    "session": {"audio", "text", "messages", "speech", "errors"},
    "recognition": {"speech", "errors"},
    "cluster": {"practice", "recognition", "speech", "errors"},
    "net": {"session", "dialects", "messages", "rooms", "peers", "speech", "errors", "sound_file"}
    | {"watch", "whose"},
    "store": {"audio", "messages", "errors", "sound_file"},
    "webhooks": {"store", "messages", "errors"},
    "broker": {"rooms", "peers", "messages", "errors"},
    "sound_file": {"speech", "errors"},
    "client": {"dialects", "messages", "speech", "errors"},
    "dictate": {"client", "sound_file", "text", "dialects", "messages", "speech", "errors"},
    "watch": {"messages", "speech"},
    "whose": set(),
    "metrics": {"messages", "speech", "watch"},
    "traces": {"messages", "speech", "watch", "errors"},
    "practice": set(),
}
ROOT = {
    "__init__", "__main__", "app", "cli", "config", "doorway", "event_loop", "gatehouse", "keeping",
    "lent", "logs", "measures", "self_check", "serve", "sessions", "sessions_command", "shared",
    "verify", "watching", "workers",
}  # fmt: skip
"""What knows the rooms; the rooms do not know it."""
PURE = ("speech", "errors", "messages", "peers", "rooms", "dialects", "audio", "text", "session")
PURE_MODULES = (
    *(
        f"recognition/{name}.py"
        for name in ("plan", "lane", "costs", "capacity", "spare", "pool", "files")
    ),
    *(f"cluster/{name}.py" for name in ("wire", "fleet")),
    *(f"webhooks/{name}.py" for name in ("backoff", "event", "rounds", "signature")),
)
EFFECTS = {
    "aiohttp", "asyncio", "ctranslate2", "faster_whisper", "onnxruntime", "os", "pathlib", "ray",
    "redis", "socket", "soundfile", "subprocess", "threading", "time", "torch", "websockets",
    "whisper",
}  # fmt: skip
ONLY_IN = {
    "torch": {"recognition"},
    "whisper": {"recognition"},
    "onnxruntime": {"recognition"},
    "ctranslate2": {"recognition"},
    "faster_whisper": {"recognition"},
    "aiohttp": {"net", "webhooks", "cluster"},  # the server; the client; both
    "ray": {"cluster"},
    "soundfile": {"sound_file"},
    "sqlite3": {"store", "webhooks"},
    "prometheus_client": {"metrics", "workers"},  # the second puts together what the first wrote
    "redis": {"broker"},
    "opentelemetry": {"traces"},
}


def modules(room: str) -> list[Path]:
    return sorted(PACKAGE.glob(f"{room}.py")) + sorted(PACKAGE.glob(f"{room}/**/*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: use absolute imports"
            assert node.module is not None
            if node.module == "wsserver":
                yield from (f"wsserver.{alias.name}" for alias in node.names)
            else:
                yield node.module


def outside(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def test_every_room_has_its_doors_listed() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir() if path.name != "__pycache__"}

    assert rooms - {"py"} <= MAY_IMPORT.keys() | ROOT


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_opens_only_its_doors(room: str) -> None:
    assert modules(room)
    for path in modules(room):
        opened = {n.split(".")[1] for n in imports(path) if n.startswith("wsserver.")}

        assert opened <= MAY_IMPORT[room] | {room}, path


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_has_no_effects(room: str) -> None:
    for path in [*modules(room), *(PACKAGE / module for module in PURE_MODULES)]:
        assert not EFFECTS & outside(path), path


def test_an_engine_knows_no_other_engine() -> None:
    engines = PACKAGE / "recognition" / "engines"
    rooms = {path.stem for path in engines.iterdir() if not path.stem.startswith("__")}
    for room in rooms:
        if room == "spec":  # where one of them is chosen
            continue
        for path in [*engines.glob(f"{room}.py"), *engines.glob(f"{room}/**/*.py")]:
            prefix = "wsserver.recognition.engines."
            known = {n[len(prefix) :].split(".")[0] for n in imports(path) if n.startswith(prefix)}

            assert known <= {room, "spec"}, path


def test_the_product_needs_nothing_that_is_not_shipped() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert not {"bench", "tests", "tools"} & outside(path), path


@pytest.mark.parametrize(("library", "owners"), ONLY_IN.items())
def test_a_heavy_library_stays_in_its_room(library: str, owners: set[str]) -> None:
    for path in PACKAGE.rglob("*.py"):
        if library in outside(path):
            assert path.relative_to(PACKAGE).parts[0].removesuffix(".py") in owners, path
