"""Who follows what goes on is what the configuration says."""

import sys

import pytest

from wsserver import config
from wsserver.config import Config
from wsserver.errors import ConfigError
from wsserver.logs import SessionLines, SpokenWords
from wsserver.metrics import Metrics, SessionWatch
from wsserver.watch import Several
from wsserver.watching import Watching

EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


def watching(settings: Config) -> Watching:
    return Watching(settings, Metrics(lambda: 0.0))


def test_by_default_metrics_and_the_log_follow_a_session() -> None:
    watch = watching(Config()).watch()

    assert isinstance(watch, Several)
    assert [type(each) for each in watch._watches] == [SessionWatch, SessionLines]


def test_words_are_followed_if_the_operator_wants_them() -> None:
    watch = watching(config.load(None, {}, {"log": {"speech": True}})).watch()

    assert isinstance(watch, Several)
    assert [type(each) for each in watch._watches] == [SessionWatch, SessionLines, SpokenWords]


def test_traces_without_their_extra_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, EXPORTER, None)
    monkeypatch.delitem(sys.modules, "wsserver.traces.export", raising=False)

    with pytest.raises(ConfigError, match=r"expected what pip install 'wsserver\[otel\]' brings"):
        watching(config.load(None, {}, {"traces": {"endpoint": "http://localhost:4318"}}))


def test_a_wrong_url_is_told_of_at_the_start() -> None:
    with pytest.raises(ConfigError, match=r"traces\.endpoint"):
        watching(config.load(None, {}, {"traces": {"endpoint": "localhost"}}))
