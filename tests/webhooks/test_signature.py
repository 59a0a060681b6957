import base64

import pytest

from wsserver.webhooks.signature import headers, read_secret

# The example of the specification's libraries (standardwebhooks.com).
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'
TIMESTAMP = 1_614_265_330
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_request_is_signed_as_the_specification_says() -> None:
    assert headers([read_secret(SECRET)], EVENT, TIMESTAMP, BODY) == {
        "webhook-id": EVENT,
        "webhook-timestamp": str(TIMESTAMP),
        "webhook-signature": SIGNATURE,
    }


def test_with_two_secrets_there_are_two_signatures_with_a_space_between() -> None:
    old = bytes(24)
    alone = headers([old], EVENT, TIMESTAMP, BODY)["webhook-signature"]

    sent = headers([read_secret(SECRET), old], EVENT, TIMESTAMP, BODY)

    assert sent["webhook-signature"] == f"{SIGNATURE} {alone}"


@pytest.mark.parametrize("count", [24, 64])
def test_a_secret_has_from_24_to_64_bytes(count: int) -> None:
    text = "whsec_" + base64.b64encode(bytes(count)).decode()

    assert read_secret(text) == bytes(count)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        SECRET.removeprefix("whsec_"),
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_!MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_ü",
    ],
)
def test_what_is_no_secret_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="expected 'whsec_' and 24 to 64 bytes") as raised:
        read_secret(text)

    assert text == "" or text.removeprefix("whsec_") == "" or text not in str(raised.value)
