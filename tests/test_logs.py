import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest

from wsserver.logs import LogSettings, set_up
from wsserver.whose import Badge, take_off

pytestmark = pytest.mark.usefixtures("log_of_its_own")


def test_text_is_one_line_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogSettings())

    logging.getLogger("wsserver.test").info("two sessions are open")

    assert "INFO    wsserver.test: two sessions are open" in capsys.readouterr().err


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogSettings(format="json"))

    try:
        raise ValueError("found 1, expected 2")
    except ValueError:
        logging.getLogger("wsserver.test").exception("it broke\nin two lines")

    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["logger"]) == ("error", "wsserver.test")
    assert entry["message"] == "it broke\nin two lines"
    assert "ValueError: found 1, expected 2" in entry["error"]


@pytest.mark.parametrize("name", ["wsserver.test", "wsserver.sockets"])
def test_what_is_below_the_level_is_left_out(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger(name)
    logger.setLevel(logging.INFO)
    set_up(LogSettings(level="warning"))

    logger.info("a connection is open")
    logger.warning("a connection is odd")

    assert capsys.readouterr().err.count("connection") == 1


def test_headers_are_never_logged(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogSettings(level="debug"))

    logging.getLogger("websockets.server").debug("< Authorization: Bearer secret")

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "sign", ["\n", "\r", "\x1b[31m", "\x7f", "\x9b31m", "\x85", "\u2028", "\u202e", "\udc9b"]
)
def test_nothing_that_is_logged_forges_a_line_or_steers_a_terminal(
    form: Literal["text", "json"], sign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(LogSettings(format=form))

    try:
        raise ValueError(f"found {sign}12:00:00 INFO    forged: all is well")
    except ValueError:
        logging.getLogger("wsserver.test").exception("Grüße from %s/x", sign)

    lines = capsys.readouterr().err.removesuffix("\n").split("\n")
    assert all(line.isprintable() for line in lines)
    assert "Grüße" in lines[0]
    assert not [line for line in lines[1:] if not line.startswith("    ")]


def test_frames_that_pass_do_not_bury_what_a_failed_test_tells(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("websockets.client", "wsserver.sockets", "wsserver.test")
    report = request.config.pluginmanager.get_plugin("logging-plugin")
    assert report

    for name in names:
        caplog.set_level(logging.DEBUG, name)
        logging.getLogger(name).debug("by the way")
        logging.getLogger(name).info("indeed")

    told = report.report_handler.stream.getvalue()
    assert (told.count("by the way"), told.count("indeed")) == (1, 3)
    assert (caplog.text.count("by the way"), caplog.text.count("indeed")) == (3, 3)


@pytest.fixture
def badge() -> Iterator[Badge]:
    """Work for a session."""
    badge = Badge()
    badge.session = "0123456789abcdef"
    badge.put_on()
    yield badge
    take_off()


@pytest.mark.usefixtures("badge")
@pytest.mark.parametrize(("worker", "prefix"), [(None, "INFO    "), (2, "INFO    worker 2: ")])
def test_a_line_says_first_where_it_comes_from(
    worker: int | None, prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(LogSettings(), worker)

    logging.getLogger("wsserver.test").info("the client went away")

    assert f"{prefix}wsserver.test: [01234567] the client went away" in capsys.readouterr().err


@pytest.mark.usefixtures("badge")
def test_an_object_has_it_as_fields_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogSettings(format="json"), 2)

    logging.getLogger("wsserver.test").info("the client went away")

    entry = json.loads(capsys.readouterr().err)
    assert (entry["worker"], entry["session"]) == (2, "0123456789abcdef")


def test_outside_of_sessions_and_workers_nothing_is_made_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up(LogSettings(format="json"))

    logging.getLogger("wsserver.test").info("the model is loaded")

    assert {"worker", "session"}.isdisjoint(json.loads(capsys.readouterr().err))


@pytest.mark.parametrize("speech", [False, True])
def test_that_words_are_written_is_said_aloud(
    *, speech: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(LogSettings(speech=speech))

    assert ("WORDS THAT PEOPLE SAY" in capsys.readouterr().err) is speech
