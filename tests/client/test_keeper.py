"""What is kept until it is final, and what has to be sent again."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from wsserver.client.keeper import Keeper, Kept
from wsserver.messages import Audio, Finish, Flush


def keeper_of(*messages: Kept, sample_bytes: int = 2) -> Keeper:
    keeper = Keeper(sample_bytes)
    for message in messages:
        keeper.push(message)
    return keeper


def audio(messages: list[Kept]) -> bytes:
    return b"".join(message.data for message in messages if isinstance(message, Audio))


def test_all_that_was_sent_comes_again_in_its_order() -> None:
    sent: list[Kept] = [Audio(data=b"aabb"), Flush(id="1"), Audio(data=b"cc"), Finish()]

    assert keeper_of(*sent).rest(0) == sent


def test_what_the_server_needs_no_more_does_not_come_again() -> None:
    keeper = keeper_of(Audio(data=b"aabbcc"), Audio(data=b"dd"))

    keeper.settle(through=2, resend_from=2)

    assert keeper.rest(2) == [Audio(data=b"cc"), Audio(data=b"dd")]
    assert (keeper.end, keeper.unfinished) == (4, b"ccdd")


def test_what_the_resampler_needs_is_kept_beside_what_is_not_final() -> None:
    keeper = keeper_of(Audio(data=b"aa"), Audio(data=b"bb"), Audio(data=b"cc"))

    keeper.settle(through=2, resend_from=1)

    assert audio(keeper.rest(1)) == b"bbcc"
    assert keeper.unfinished == b"cc"


def test_whole_chunks_that_are_needed_no_more_take_no_memory() -> None:
    keeper = keeper_of(*[Audio(data=bytes(2000))] * 50)

    keeper.settle(through=49_000, resend_from=49_000)

    assert keeper.samples == 1000


def test_an_answered_flush_does_not_come_again() -> None:
    keeper = keeper_of(Audio(data=b"aa"), Flush(id="1"), Flush(id="2"), Audio(data=b"bb"))

    keeper.answer()

    assert keeper.rest(0) == [Audio(data=b"aa"), Flush(id="2"), Audio(data=b"bb")]


def test_a_flush_whose_answer_was_lost_comes_where_the_session_stands() -> None:
    keeper = keeper_of(Audio(data=b"aa"), Flush(id="1"), Audio(data=b"bbccdd"))

    keeper.settle(through=3, resend_from=2)

    assert keeper.rest(2) == [Audio(data=b"cc"), Flush(id="1"), Audio(data=b"dd")]


def test_a_session_that_another_program_began_counts_on() -> None:
    keeper = Keeper(2)

    keeper.begin(100)
    keeper.push(Audio(data=b"aabb"))
    keeper.settle(through=101, resend_from=101)

    assert keeper.end == 102
    assert keeper.rest(101) == [Audio(data=b"bb")]


_sent = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=8).map(lambda data: Audio(data=data * 2)),
        st.uuids().map(lambda name: Flush(id=str(name))),
    ),
    max_size=12,
)


@given(_sent, st.data())
def test_wherever_the_session_stands_the_rest_is_complete_and_every_cut_in_its_place(
    sent: list[Kept], data: st.DataObject
) -> None:
    keeper = keeper_of(*sent)
    through = data.draw(st.integers(0, keeper.end))
    resend_from = data.draw(st.integers(0, through))
    whole = audio(sent)

    keeper.settle(through, resend_from)
    rest = keeper.rest(resend_from)

    assert audio(rest) == whole[2 * resend_from :]
    assert cuts(rest, resend_from) == [(name, max(place, through)) for name, place in cuts(sent, 0)]


def cuts(messages: list[Kept], begin: int) -> list[tuple[str | None, int]]:
    """Say at which sample each flush stands."""
    lengths = [len(m.data) // 2 if isinstance(m, Audio) else 0 for m in messages]
    places = accumulate(lengths, initial=begin)
    return [
        (message.id, place)
        for message, place in zip(messages, places, strict=False)
        if isinstance(message, Flush)
    ]
