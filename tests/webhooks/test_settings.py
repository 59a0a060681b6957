import base64
from typing import Any

import pytest

from tests.webhooks.receiver import SECRET
from wsserver.config import Config
from wsserver.webhooks.settings import Receiver

OLD = "whsec_" + base64.b64encode(bytes(24)).decode()


def read(secret: Any) -> Receiver:
    told = {"url": "https://example.org/", "secret": secret}
    (receiver,) = Config.model_validate({"webhooks": {"receivers": [told]}}).webhooks.receivers
    return receiver


@pytest.mark.parametrize(
    ("secret", "secrets"),
    [(SECRET, (SECRET,)), ([SECRET], (SECRET,)), ([SECRET, OLD], (SECRET, OLD))],
)
def test_a_receiver_has_one_secret_or_two(secret: Any, secrets: tuple[str, ...]) -> None:
    receiver = read(secret)

    assert receiver.secrets == secrets
    assert "whsec_" not in repr(receiver)


@pytest.mark.parametrize(
    ("secret", "complaint"),
    [
        ([], "found a list of 0, expected one secret"),
        ([SECRET, OLD, SECRET], "found a list of 3, expected one secret"),
        ([SECRET, 7], "expected a secret, or a list of two"),
        (None, "expected a secret, or a list of two"),
        ({"new": SECRET}, "expected a secret, or a list of two"),
        ([SECRET, "hunter2"], "expected 'whsec_' and 24 to 64 bytes"),
    ],
)
def test_what_is_no_secret_and_no_list_of_two_is_refused(secret: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read(secret)
