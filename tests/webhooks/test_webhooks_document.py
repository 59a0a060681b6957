"""docs/webhooks.md against what is sent."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.webhooks.receiver import KEY, SECRET
from wsserver.messages import Final
from wsserver.webhooks.event import Source, body
from wsserver.webhooks.signature import headers

DOCUMENT = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")


def block(info: str) -> str:
    (found,) = re.findall(rf"^```{info}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.fixture
def is_genuine() -> Any:
    names: dict[str, Any] = {}
    exec(block("python receiver"), names)
    return names["is_genuine"]


def test_the_program_knows_what_is_genuine(is_genuine: Any) -> None:
    now = int(time.time())
    sent = headers([KEY], "a1-1-7", now, b"{}")

    assert is_genuine(SECRET, sent, b"{}")
    assert not is_genuine(SECRET, sent, b"{ }")
    assert not is_genuine(SECRET, sent | {"webhook-id": "a1-1-8"}, b"{}")
    assert not is_genuine(SECRET, headers([KEY], "a1-1-7", now - 1000, b"{}"), b"{}")
    assert not is_genuine(SECRET, headers([bytes(32)], "a1-1-7", now, b"{}"), b"{}")


@pytest.mark.parametrize("keys", [[KEY, bytes(32)], [bytes(32), KEY]])
def test_the_program_goes_from_one_secret_to_another(is_genuine: Any, keys: list[bytes]) -> None:
    sent = headers(keys, "a1-1-7", int(time.time()), b"{}")

    assert is_genuine(SECRET, sent, b"{}")
    assert not is_genuine(SECRET, sent, b"{ }")


def test_the_event_that_is_shown_is_one_that_is_sent() -> None:
    shown = json.loads(block("json event"))
    data = shown["data"]
    source = Source(data["session"], data["generation"], data["token"])
    final = Final(
        utterance=data["utterance"],
        text=data["text"],
        start=data["start"],
        end=data["end"],
        language=data["language"],
        through=1,
    )

    assert json.loads(body(source, final, shown["timestamp"])) == shown
