from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from wsserver.recognition.engines.whisper_ import loop
from wsserver.recognition.engines.whisper_.decoder import Cache, Pass, run
from wsserver.recognition.engines.whisper_.loop import Decoder, Marks, Trace
from wsserver.recognition.engines.whisper_.sampling import Request, filters
from wsserver.recognition.engines.whisper_.screening import screen_of
from wsserver.recognition.engines.whisper_.tokens import Opening
from wsserver.recognition.engines.whisper_.weights import DecoderWeights, weights_of

if TYPE_CHECKING:
    from tests.recognition.engines.whisper_.conftest import Pair

HEADS = ((1, 0), (1, 1))
START, END = 50258, 50257


@pytest.fixture(scope="module", params=["every token", "screened"])
def decoder(request: pytest.FixtureRequest, endless: "Pair") -> Decoder:
    weights = weights_of(endless.stock, torch.float32).decoder
    rules = filters([], [END], weights.device)
    screen = screen_of(weights.embedding) if request.param == "screened" else None
    return Decoder(weights, rules, Marks(START, END, 50362), screen)


def features(rows: int) -> Tensor:
    return torch.randn(rows, 40, 64, generator=torch.Generator().manual_seed(1))


def decode(decoder: Decoder, heard: Tensor, requests: list[Request]) -> list[Trace]:
    return decoder.decode(Cache(decoder.weights, heard, HEADS), requests)


@pytest.mark.parametrize("limits", [(1,), (2, 5), (5, 2), (3, 1, 4, 1, 5), (2, 2, 2), (1, 6, 1)])
def test_rows_that_end_at_unlike_times_keep_their_own(
    decoder: Decoder, limits: tuple[int, ...]
) -> None:
    heard = features(len(limits))
    requests = [
        Request(Opening((*range(100, 100 + row), START), row), limit, positions=30)
        for row, limit in enumerate(limits)
    ]

    together = decode(decoder, heard, requests)

    for row, request in enumerate(requests):
        [alone] = decode(decoder, heard[row : row + 1], [request])
        assert together[row].tokens == alone.tokens
        assert len(alone.tokens) == len(alone.logprobs) == request.limit
        np.testing.assert_allclose(together[row].logprobs, alone.logprobs, atol=1e-4)
        np.testing.assert_allclose(together[row].attention, alone.attention, atol=1e-4)
        assert together[row].no_speech_prob == pytest.approx(alone.no_speech_prob, rel=1e-3)


def test_attention_has_a_line_for_each_token_fed_since_the_start(decoder: Decoder) -> None:
    request = Request(Opening((1, 2, 3, START, 4), 3), limit=6, positions=30)

    [trace] = decode(decoder, features(1), [request])

    assert trace.attention.shape == (2, 2 + 5, 30)


def test_listening_for_the_language_leaves_no_trace(decoder: Decoder) -> None:
    heard = features(2)
    requests = [Request(Opening((START,), 0), limit=3, positions=30)] * 2
    cache = Cache(decoder.weights, heard, HEADS)

    logits = decoder.language_logits(cache)
    after = decoder.decode(cache, requests)

    before = decode(decoder, heard, requests)
    assert logits.shape == (2, 51865)
    assert [trace.tokens for trace in after] == [trace.tokens for trace in before]


LIMIT = 14
MIXED = [
    Request(Opening((*range(100, 100 + 5 * row), START), 5 * row), LIMIT, positions=30)
    for row in range(4)
]


@pytest.fixture(scope="module")
def undrafted(decoder: Decoder) -> list[Trace]:
    traces = decode(decoder, features(4), MIXED)
    assert len({trace.tokens for trace in traces}) == 4
    assert all(len(set(trace.tokens)) > LIMIT // 2 for trace in traces)
    return traces


def assert_alike(heard: Trace, expected: Trace) -> None:
    assert heard.tokens == expected.tokens
    np.testing.assert_allclose(heard.logprobs, expected.logprobs, atol=1e-4)
    np.testing.assert_allclose(heard.attention, expected.attention, atol=1e-4)
    assert heard.no_speech_prob == pytest.approx(expected.no_speech_prob, rel=1e-3)


def spoil(right: tuple[int, ...], edits: list[tuple[str, int, int]]) -> tuple[int, ...]:
    """Replace, insert and delete tokens of a right draft, cut it or lengthen it."""
    draft = list(right)
    for edit, place, token in edits:
        if edit == "insert":
            draft.insert(place, token)
        elif edit == "delete":
            del draft[place : place + 1]
        elif edit == "cut":
            del draft[place:]
        elif edit == "lengthen":
            draft += [token] * place
        elif place < len(draft):
            draft[place] = token
    return tuple(draft)


edits = st.lists(
    st.tuples(
        st.sampled_from(["replace", "insert", "delete", "cut", "lengthen"]),
        st.integers(0, LIMIT + 2),
        # The end of text and marks of the format as well as text, some of it in the right draft.
        st.integers(0, 50_363) | st.sampled_from([END, START, 100, 101]),
    ),
    max_size=5,
)
drafts = st.lists(
    edits.map(lambda made: ("edited", made)) | edits.map(lambda made: ("empty", made)),
    min_size=4,
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(drafts)
def test_no_draft_changes_what_is_said(
    decoder: Decoder,
    undrafted: list[Trace],
    drafts: list[tuple[str, list[tuple[str, int, int]]]],
) -> None:
    requests = [
        replace(request, draft=spoil(trace.tokens if kind == "edited" else (), made))
        for request, trace, (kind, made) in zip(MIXED, undrafted, drafts, strict=True)
    ]

    traces = decode(decoder, features(4), requests)

    for heard, expected in zip(traces, undrafted, strict=True):
        assert_alike(heard, expected)


@pytest.mark.parametrize("wrong", range(LIMIT + 1))
def test_a_draft_that_is_wrong_anywhere_changes_nothing(
    decoder: Decoder, undrafted: list[Trace], wrong: int
) -> None:
    requests = [
        replace(request, draft=(*trace.tokens[:wrong], 7, *trace.tokens[wrong + 1 :], 8, 9))
        for request, trace in zip(MIXED, undrafted, strict=True)
    ]

    traces = decode(decoder, features(4), requests)

    for heard, expected in zip(traces, undrafted, strict=True):
        assert_alike(heard, expected)


@pytest.mark.parametrize(
    ("spoiled", "passes"),
    [
        ("right", 1),
        ("replaced", 2),
        ("inserted", 2),
        ("deleted", 3),
        ("two replaced", 3),
        ("cut by five", 6),
        ("empty", LIMIT),
    ],
)
def test_a_draft_saves_passes(
    decoder: Decoder,
    undrafted: list[Trace],
    spoiled: str,
    passes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = undrafted[0].tokens
    draft = {
        "right": right,
        "replaced": (*right[:5], 7, *right[6:]),
        "inserted": (*right[:5], 7, *right[5:]),
        "deleted": (*right[:5], *right[6:]),
        "two replaced": (*right[:2], 7, *right[3:8], 7, *right[9:]),
        "cut by five": right[: LIMIT - 6],
        "empty": (),
    }[spoiled]
    counts = []

    def counted(weights: DecoderWeights, cache: Cache, step: Pass) -> Tensor:
        counts.append(step.counts)
        return run(weights, cache, step)

    monkeypatch.setattr(loop, "run", counted)

    [trace] = decode(decoder, features(4)[:1], [replace(MIXED[0], draft=draft)])

    assert_alike(trace, undrafted[0])
    assert len(counts) == passes


def test_a_draft_is_verified_in_several_passes_where_memory_is_short(
    decoder: Decoder, undrafted: list[Trace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_MOST_LINES", {"cpu": 3})

    [trace] = decode(decoder, features(4)[:1], [replace(MIXED[0], draft=undrafted[0].tokens)])

    assert_alike(trace, undrafted[0])


def test_where_tokens_are_drawn_a_draft_is_ignored(decoder: Decoder) -> None:
    drawn = replace(MIXED[1], temperature=1.0, seed=5)
    [expected] = decode(decoder, features(1), [drawn])

    [heard] = decode(decoder, features(1), [replace(drawn, draft=expected.tokens)])

    assert heard.tokens == expected.tokens
    assert heard.logprobs == expected.logprobs


def test_a_screen_chooses_what_scoring_every_token_does(endless: "Pair") -> None:
    weights = weights_of(endless.stock, torch.float32).decoder
    rules, marks = filters([], [END], weights.device), Marks(START, END, 50362)
    plain = Decoder(weights, rules, marks)

    screened = decode(replace(plain, screen=screen_of(weights.embedding)), features(4), MIXED)

    for heard, expected in zip(screened, decode(plain, features(4), MIXED), strict=True):
        assert heard.tokens == expected.tokens
        np.testing.assert_allclose(heard.logprobs, expected.logprobs, atol=0.1)
        assert heard.no_speech_prob == pytest.approx(expected.no_speech_prob, rel=0.1)
