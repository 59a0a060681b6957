"""When traces are made, and where they go."""

import pytest

from wsserver.errors import ConfigError
from wsserver.traces.settings import TraceSettings, endpoint_url, is_wanted

HERE = TraceSettings(endpoint="http://localhost:4318")


@pytest.mark.parametrize(
    ("settings", "environment", "wanted"),
    [
        (TraceSettings(), {}, False),
        (HERE, {}, True),
        (TraceSettings(), {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        (TraceSettings(), {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/x"}, True),
        (TraceSettings(), {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        (TraceSettings(), {"OTEL_SERVICE_NAME": "dictation"}, False),
        (HERE, {"OTEL_SDK_DISABLED": "true"}, False),
        (HERE, {"OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_they_are_off_unless_somebody_says_where_they_go(
    settings: TraceSettings, environment: dict[str, str], *, wanted: bool
) -> None:
    assert is_wanted(settings, environment) is wanted


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        (None, None),
        ("http://localhost:4318", "http://localhost:4318/v1/traces"),
        ("https://collector/", "https://collector/v1/traces"),
        ("https://collector/otlp/traces?tenant=1", "https://collector/otlp/traces?tenant=1"),
    ],
)
def test_a_url_without_a_path_means_the_usual_one(endpoint: str | None, url: str | None) -> None:
    assert endpoint_url(TraceSettings(endpoint=endpoint)) == url


@pytest.mark.parametrize("endpoint", ["localhost:4318", "grpc://ada:secret@localhost", "http://"])
def test_what_is_no_url_is_refused_without_repeating_it(endpoint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        endpoint_url(TraceSettings(endpoint=endpoint))

    assert str(raised.value).startswith("traces.endpoint: ")
    assert "secret" not in str(raised.value)
