"""Read config.yaml and the environment into frozen settings, or say which key is wrong.

Knows where the sections go as little as they know where they come from.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import yaml
from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wsserver.audio.endpointer import CAPTIONING, DICTATION, Endpointing
from wsserver.broker.settings import RedisSettings
from wsserver.errors import ConfigError
from wsserver.logs import LogSettings
from wsserver.net.page_settings import PageSettings
from wsserver.net.settings import NetSettings, RoomSettings, WyomingSettings
from wsserver.recognition.engines import EngineSpec
from wsserver.recognition.scheduler import SchedulerSettings
from wsserver.store.settings import StoreSettings
from wsserver.text.guards import GuardLimits
from wsserver.traces.settings import TraceSettings
from wsserver.webhooks.settings import WebhookSettings

PREFIX = "WSSERVER_"
"""WSSERVER_SERVER__PORT=9000 stands above `server: {port: ...}` in the file."""

DEFAULT_PATH = Path("config.yaml")
_BOOL = "tag:yaml.org,2002:bool"
_HARMLESS = {"scope", "sessions", "audio_seconds_per_day"}
"""What errors may show of a token; a plain one may stand anywhere else below `tokens`."""

_OTHER_VARIABLES = {"WSSERVER_CONFIG", "WSSERVER_URL", "WSSERVER_TOKEN"}
_KUBERNETES = re.compile(r"WSSERVER_(SERVICE_(HOST|PORT)\w*|PORT(_\d+_\w+)?)")
"""What Kubernetes puts into every container beside a service that is called wsserver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """What one session may take, and how often it is answered."""

    idle_seconds: Annotated[float, Gt(0)] = 120.0
    """Without audio or a keepalive; then the session ends.  Browsers let a hidden page tell that it
    lives once a minute."""

    longest_seconds: Annotated[float, Gt(0)] = 6 * 3600.0
    """From start to end, by the clock."""

    drain_seconds: Annotated[float, Ge(0)] = 10.0
    """For those who speak to pause, and a third of it for finals, when the server stops."""

    max_lag_seconds: Annotated[float, Gt(0)] = 3.0
    """Predicted work waiting for the engine above which nobody new is let in (503)."""

    hop_ms: Annotated[int, Ge(100), Le(5000)] = 500
    """Audio between two partials of an utterance."""

    resume_seconds: Annotated[float, Gt(0)] = 3600.0
    """For which a cursor serves; a session whose connection broke can be resumed that long."""

    carry_tokens: Annotated[int, Ge(0), Le(223)] = 0
    """Tokens of earlier finals that the decoder sees before the next one; 0 is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointingProfiles:
    """Where utterances are cut, for the two kinds of use."""

    dictation: Endpointing = DICTATION
    captioning: Endpointing = CAPTIONING


class Config(BaseModel):
    """All of config.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    server: NetSettings = Field(default_factory=NetSettings)
    sessions: SessionLimits = Field(default_factory=SessionLimits)
    engine: EngineSpec = Field(default_factory=EngineSpec)
    scheduler: SchedulerSettings = Field(default_factory=SchedulerSettings)
    endpointing: EndpointingProfiles = Field(default_factory=EndpointingProfiles)
    guards: GuardLimits = Field(default_factory=GuardLimits)
    store: StoreSettings = Field(default_factory=StoreSettings)
    webhooks: WebhookSettings = Field(default_factory=WebhookSettings)
    rooms: RoomSettings = Field(default_factory=RoomSettings)
    redis: RedisSettings = Field(default_factory=RedisSettings)
    wyoming: WyomingSettings = Field(default_factory=WyomingSettings)
    page: PageSettings = Field(default_factory=PageSettings)
    traces: TraceSettings = Field(default_factory=TraceSettings)
    log: LogSettings = Field(default_factory=LogSettings)


def load(
    path: Path | None,
    environment: Mapping[str, str] = os.environ,
    above: Mapping[str, Any] = MappingProxyType({}),
) -> Config:
    """Read *path*, or ./config.yaml if there is one; put the environment, then *above*, over it.

    Raises `ConfigError`, in one line, for a file that cannot be read, an unknown key or a wrong
    value; the line names the key's path.
    """
    named = path or _path(environment.get("WSSERVER_CONFIG"))
    document = _read(named or DEFAULT_PATH, required=named is not None)
    _merge(document, _from_environment(environment))
    _merge(document, above)
    try:
        return Config.model_validate(document)
    except ValidationError as error:
        raise ConfigError(_explain(error)) from None


class _Loader(yaml.SafeLoader):
    """Takes true and false alone for booleans: `off` is a mode of TLS, and `no` is Norwegian."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOL]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile("(?i:true|false)$"), list("tTfF"))


def _parse(text: str) -> Any:
    return yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        document = _parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if not required:
            return {}
        raise ConfigError(f"{path}: found no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" at line {where.line + 1}" if where else ""
        raise ConfigError(f"{path}: found no valid YAML{line}") from None
    if document is not None and not isinstance(document, dict):
        raise ConfigError(f"{path}: found {type(document).__name__}, expected a mapping")
    return document or {}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in sorted(environment):
        if name.startswith(PREFIX) and not _is_foreign(name, environment[name]):
            *sections, key = name.removeprefix(PREFIX).lower().split("__")
            branch: dict[str, Any] = {key: _scalar(name, environment[name])}
            for section in reversed(sections):
                branch = {section: branch}
            _merge(found, branch)
    return found


def _is_foreign(name: str, value: str) -> bool:
    if name in _OTHER_VARIABLES:
        return True
    # WSSERVER_PORT=9000 is somebody's slip; WSSERVER_PORT=tcp://10.0.0.1:8765 is not.
    named_so = _KUBERNETES.fullmatch(name) is not None
    return named_so and (name != "WSSERVER_PORT" or "://" in value)


def _scalar(name: str, text: str) -> Any:
    try:
        return _parse(text)
    except yaml.YAMLError:
        raise ConfigError(f"{name}: found no valid YAML value") from None


def _merge(document: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        below = document.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            _merge(below, value)
        else:
            document[key] = value


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"{path}: unknown key"
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if first["type"] == "predicate_failed":
        message = (
            "expected 'sha256:' and 64 hexadecimal digits, as `wsserver token new` prints them"
        )
    if first["type"] == "tuple_type":  # without the value: there may be a password in a URL
        return f"{path}: found {type(first['input']).__name__}, expected a list, as [one, another]"
    if _is_secret(first["loc"]) or isinstance(first["input"], dict | list):
        return f"{path}: {message}"
    return f"{path}: found {first['input']!r:.80}, {message}"


def _is_secret(place: tuple[int | str, ...]) -> bool:
    return (
        ("tokens" in place and not _HARMLESS & set(place))
        or place[:2] in (("server", "key"), ("webhooks", "receivers"))
        or (place[0] == "redis" and place[1:] != ("prefix",))
    )
