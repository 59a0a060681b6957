import json

from wsserver.messages import Final, TimedWord
from wsserver.webhooks.event import Source, body, event_id

SOURCE = Source("0123abcd", 2, "ada")
NOON = "2026-11-23T12:00:00.000Z"
FINAL = Final(
    utterance=7,
    text="Grüße.",
    start=1.5,
    end=2.25,
    language="de",
    words=(TimedWord(text=" Grüße.", start=1.5, end=2.0, probability=0.9),),
    through=36_000,
    cursor="sealed-secret",
)


def test_a_receiver_is_told_what_was_said_when_and_by_whom() -> None:
    told = json.loads(body(SOURCE, FINAL, NOON))

    assert told == {
        "type": "transcript.final",
        "timestamp": NOON,
        "data": {
            "session": "0123abcd",
            "generation": 2,
            "token": "ada",
            "utterance": 7,
            "text": "Grüße.",
            "start": 1.5,
            "end": 2.25,
            "language": "de",
            "words": [{"text": " Grüße.", "start": 1.5, "end": 2.0, "probability": 0.9}],
        },
    }


def test_what_is_not_there_is_left_out_and_the_reason_of_an_empty_final_is_told() -> None:
    final = Final(utterance=1, text="", start=0.0, end=1.0, reason="no_speech", through=1)

    told = json.loads(body(SOURCE, final, NOON))["data"]

    assert told.keys().isdisjoint({"language", "words", "cursor", "through"})
    assert (told["text"], told["reason"]) == ("", "no_speech")


def test_an_event_is_known_by_session_generation_and_utterance() -> None:
    assert event_id(SOURCE, FINAL) == "0123abcd-2-7"
