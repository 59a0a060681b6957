import json
import math
import struct
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import TypeAdapter, ValidationError

from wsserver.cluster.wire import (
    MOST_BYTES,
    VERSION,
    Asked,
    Reply,
    Report,
    Request,
    pack_reply,
    pack_request,
    unpack_reply,
    unpack_request,
)
from wsserver.errors import BadMessage, EngineError, EngineLost, EngineUnavailable
from wsserver.recognition.costs import Prices
from wsserver.recognition.pool import Demand
from wsserver.recognition.scheduler import SchedulerSettings
from wsserver.speech import (
    LONGEST_WINDOW,
    DecodeOptions,
    EngineInfo,
    Hypothesis,
    Priority,
    Samples,
    Window,
    Word,
)

numbers = st.floats(allow_nan=False)
finite = st.floats(allow_nan=False, allow_infinity=False)
naturals = st.integers(0, 2**40)
tokens = st.lists(st.integers(0, 60_000), max_size=8).map(tuple)
sixteen_bits: st.SearchStrategy[Samples] = arrays(np.int16, st.integers(0, 400)).map(
    lambda steps: steps.astype(np.float32) / np.float32(32_768)
)
any_samples: st.SearchStrategy[Samples] = arrays(
    np.float32, st.integers(0, 400), elements=st.floats(-1, 1, width=32)
)
options = st.builds(
    DecodeOptions,
    language=st.none() | st.text(max_size=4),
    task=st.sampled_from(["transcribe", "translate"]),
    prompt=st.text(max_size=20),
    carry=tokens,
    temperature=numbers,
    seed=naturals,
)
heads = st.builds(
    Window,
    session=st.text(max_size=20),
    utterance=naturals,
    priority=st.sampled_from(Priority),
    start=naturals,
    audio=sixteen_bits | any_samples,
    options=options,
    exact=st.booleans(),
    draft=tokens,
    alone=st.booleans(),
)
words = st.builds(Word, text=st.text(max_size=9), start=naturals, end=naturals, probability=numbers)
hypotheses = st.builds(
    Hypothesis,
    text=st.text(max_size=20),
    tokens=tokens,
    words=st.lists(words, max_size=3).map(tuple),
    language=st.text(max_size=3),
    language_probability=numbers,
    avg_logprob=numbers,
    no_speech_prob=numbers,
    compression_ratio=numbers,
    temperature=numbers,
)
failures = st.builds(
    lambda kind, reason: kind(reason),
    st.sampled_from([EngineError, EngineLost, EngineUnavailable]),
    st.text(max_size=20),
)
demands = st.builds(Demand, naturals, finite, finite, finite, finite)
infos = st.builds(
    EngineInfo,
    model=st.text(max_size=9),
    languages=st.lists(st.text(max_size=3), max_size=3).map(tuple),
    device=st.text(max_size=5),
    precision=st.text(max_size=5),
    practice=st.booleans(),
)
reports = st.builds(
    Report,
    replica=st.text(max_size=9),
    info=infos,
    ready=st.booleans(),
    prices=st.builds(Prices, finite, finite, finite, finite),
    waiting_seconds=finite,
    busy=finite,
    replicas=naturals,
    demands=st.dictionaries(st.text(max_size=5), st.builds(Asked, demands, finite), max_size=3),
)

MOST_WINDOWS = 256
REPORT = Report("r", EngineInfo("m", ("en",), "cpu", "fp32"), ready=True, prices=Prices(1, 1, 1, 1))
SENT = pack_request(
    Request("g", (Window("s", 1, Priority.FINAL, 0, np.full(40, 0.5, np.float32)),) * 2)
)
ANSWERED = pack_reply(
    Reply((Hypothesis("a", (1,), (), "en", 1.0, -0.1, 0.0, 1.0), None, EngineLost("b")), REPORT)
)


def described(window: Window) -> tuple[object, ...]:
    """Give all of a window but its audio, for comparison."""
    return (
        window.session,
        window.utterance,
        window.priority,
        window.start,
        window.options,
        window.exact,
        window.draft,
        window.alone,
    )


@given(st.lists(heads, max_size=3), demands)
def test_a_request_arrives_as_it_was_sent(windows: list[Window], demand: Demand) -> None:
    arrived = unpack_request(pack_request(Request("g", tuple(windows), demand)))

    assert (arrived.gateway, arrived.demand) == ("g", demand)
    assert list(map(described, arrived.windows)) == list(map(described, windows))
    for sent, got in zip(windows, arrived.windows, strict=True):
        assert got.audio.dtype == np.float32
        assert got.audio.shape == sent.audio.shape
        # Half a step of 16 bits, and a whole one at the very top, which 16 bits do not have.
        assert np.abs(got.audio - sent.audio).max(initial=0) <= (0 if sent.exact else 1 / 32_768)


@given(sixteen_bits, st.booleans())
def test_what_came_in_16_bits_goes_in_16_bits_and_not_a_bit_is_lost(
    audio: Samples, exact: bool
) -> None:
    window = Window("s", 1, Priority.FINAL, 0, audio, exact=exact)
    nothing = replace(window, audio=audio[:0])

    sent = pack_request(Request("g", (window,)))

    assert np.array_equal(unpack_request(sent).windows[0].audio, audio)
    digits = len(str(len(audio))) - 1
    assert len(sent) - len(pack_request(Request("g", (nothing,)))) == 2 * len(audio) + digits


def test_the_largest_batch_that_may_be_set_fits() -> None:
    settings = TypeAdapter(SchedulerSettings)
    with pytest.raises(ValidationError):
        settings.validate_python({"max_batch": MOST_WINDOWS + 1})
    longest = Window("s", 1, Priority.FINAL, 0, np.full(LONGEST_WINDOW, 0.1, np.float32))

    assert MOST_WINDOWS * len(pack_request(Request("g", (longest,)))) < MOST_BYTES


@given(st.lists(hypotheses | st.none() | failures, max_size=4), reports)
def test_a_reply_arrives_as_it_was_sent(
    results: list[Hypothesis | EngineError | None], report: Report
) -> None:
    arrived = unpack_reply(pack_reply(Reply(tuple(results), report)))

    def comparable(result: Hypothesis | EngineError | None) -> object:
        return (type(result), str(result)) if isinstance(result, EngineError) else result

    assert arrived.report == report
    assert list(map(comparable, arrived.results)) == list(map(comparable, results))


def test_a_number_that_is_none_arrives_too() -> None:
    strange = Hypothesis("", (), (), "en", 1.0, float("nan"), 0.0, float("-inf"))

    (got,) = unpack_reply(pack_reply(Reply((strange,), REPORT))).results

    assert isinstance(got, Hypothesis)
    assert np.isnan(got.avg_logprob)
    assert got.compression_ratio == float("-inf")


@given(st.data())
def test_damaged_bytes_are_one_clear_error_or_another_message(data: st.DataObject) -> None:
    body = data.draw(st.sampled_from([SENT, ANSWERED]))
    at = data.draw(st.integers(0, len(body) - 1))
    damaged = data.draw(
        st.sampled_from([body[:at], body[:at] + b"\xff" + body[at + 1 :], body + body[:at]])
    )

    for unpack in (unpack_request, unpack_reply):
        with suppress(BadMessage):
            unpack(damaged)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "found 0 bytes, expected at least 10"),
        (b"x" * 40, "found b'xxxx' at the beginning, expected b'wsrc'"),
        (SENT[:20], "found 10 bytes after the prefix, expected at least"),
        (SENT[:-1], "found 159 bytes of samples, expected 160"),
        (
            SENT[:4] + struct.pack("<H", VERSION + 1) + SENT[6:],
            "found version 2 of the protocol, expected 1",
        ),
        (ANSWERED, "found a damaged head: gateway: Field required"),
    ],
)
def test_says_what_is_wrong_with_a_request(body: bytes, told: str) -> None:
    with pytest.raises(BadMessage, match=told.replace("(", r"\(")):
        unpack_request(body)


def test_says_what_is_wrong_with_a_reply() -> None:
    with pytest.raises(BadMessage, match="found 1 bytes after a reply, expected none"):
        unpack_reply(ANSWERED + b"x")


@pytest.mark.parametrize("samples", [-1, LONGEST_WINDOW + 1])
def test_no_window_is_longer_than_a_model_takes(samples: int) -> None:
    length = struct.unpack_from("<I", SENT, 6)[0]
    head = json.loads(SENT[10 : 10 + length])
    for window in head["windows"]:
        window["samples"] = samples
    text = json.dumps(head).encode()
    body = SENT[:6] + struct.pack("<I", len(text)) + text + bytes(max(0, samples * 4))

    with pytest.raises(BadMessage, match="samples, expected"):
        unpack_request(body)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_no_number_is_taken_with_which_nothing_can_be_reckoned(number: float) -> None:
    asked = pack_request(Request("g", demand=Demand(partials_per_second=number)))

    with pytest.raises(BadMessage, match=r"found a damaged head: demand\.partials_per_second"):
        unpack_request(asked)
