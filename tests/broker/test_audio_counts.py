import pytest

from wsserver.broker.audio_counts import DAY_SECONDS, AudioCounts


class Clock:
    now = 20_000.0 * DAY_SECONDS

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counts(clock: Clock) -> AudioCounts:
    return AudioCounts("here", clock)


def test_what_is_used_is_told_once_and_as_a_sum(counts: AudioCounts) -> None:
    counts.spend("ann", 2)
    counts.spend("ann", 3)
    first = counts.due([])
    second = counts.due([])
    counts.spend("ann", 1)

    assert (first, second, counts.due([])) == ({"ann": 5}, {}, {"ann": 6})


def test_who_is_present_is_asked_about_whether_or_not_anything_was_used(
    counts: AudioCounts,
) -> None:
    assert counts.due(["bob", "bob"]) == {"bob": 0}


def test_only_what_others_used_is_theirs(counts: AudioCounts, clock: Clock) -> None:
    counts.learn(counts.day, "ann", {b"here": b"9", b"there": b"2.5", b"else": b"1"})

    assert counts.spent("ann") == 3.5
    assert counts.spent("bob") == 0


def test_what_was_known_stays_known_when_redis_forgets(counts: AudioCounts) -> None:
    counts.spend("ann", 4)
    counts.due([])
    counts.learn(counts.day, "ann", {b"there": b"7"})

    counts.learn(counts.day, "ann", {})
    counts.forget_told()

    assert counts.spent("ann") == 7
    assert counts.due([]) == {"ann": 4}


def test_a_new_day_begins_at_nothing_and_hears_no_more_of_the_old_one(
    counts: AudioCounts, clock: Clock
) -> None:
    yesterday = counts.day
    counts.spend("ann", 4)
    counts.learn(yesterday, "ann", {b"there": b"7"})

    clock.now += DAY_SECONDS
    counts.learn(yesterday, "ann", {b"there": b"8"})

    assert counts.spent("ann") == 0
    assert counts.due(["ann"]) == {"ann": 0}
