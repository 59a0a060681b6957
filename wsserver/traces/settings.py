"""Where traces go, if anywhere.

Knows the configuration and OpenTelemetry's variables; knows nothing of spans or of its library.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from annotated_types import Ge, Le

from wsserver.errors import ConfigError

TRACES_PATH = "/v1/traces"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSettings:
    """What is traced, and who is told."""

    endpoint: str | None = None
    """URL of a collector that takes OTLP over HTTP; without a path, /v1/traces is meant."""

    share: Annotated[float, Ge(0), Le(1)] = 1.0
    """Of the utterances that are traced; a client's own trace says for itself whether it is."""

    stop_seconds: Annotated[float, Ge(0)] = 2.0
    """For the last spans to go when the server stops; what is left is lost."""


def is_wanted(settings: TraceSettings, environment: Mapping[str, str]) -> bool:
    """Tell whether traces are to be made, by *settings* or by OpenTelemetry's own variables."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
        return False
    return settings.endpoint is not None or any(environment.get(name) for name in _ENDPOINTS)


def endpoint_url(settings: TraceSettings) -> str | None:
    """Give the whole URL, None if the environment says it; raise `ConfigError` for what is none."""
    if settings.endpoint is None:
        return None
    parts = urlsplit(settings.endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        # Without the value: there may be a password in it.
        raise ConfigError("traces.endpoint: expected a URL as http://localhost:4318")
    return parts._replace(path=TRACES_PATH).geturl() if parts.path in ("", "/") else parts.geturl()
