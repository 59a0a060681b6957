import threading

from wsserver.store.lane import Lane


def nothing() -> None:
    return


def test_jobs_are_done_in_order_in_another_thread_and_what_waits_is_taken_at_once() -> None:
    begun, go_on = threading.Event(), threading.Event()
    batches: list[list[int]] = []
    threads: set[str] = set()

    def work(jobs: list[int]) -> None:
        batches.append(jobs)
        threads.add(threading.current_thread().name)
        begun.set()
        go_on.wait(10)

    lane = Lane[int]("own", work, nothing)
    lane.start()
    lane.put(1)
    begun.wait(10)
    for number in (2, 3, 4):
        lane.put(number)
    go_on.set()

    assert lane.stop(10)
    assert batches == [[1], [2, 3, 4]]
    assert threads == {"own"}


def test_who_asks_for_it_is_called_again_though_nothing_waits() -> None:
    calls: list[list[int]] = []
    called_again = threading.Event()

    def work(jobs: list[int]) -> float | None:
        calls.append(jobs)
        if jobs:
            return 0.001
        called_again.set()
        return None

    lane = Lane[int]("own", work, nothing)
    lane.start()
    lane.put(1)

    assert called_again.wait(10)
    assert lane.stop(10)
    assert calls == [[1], [], []]


def test_the_end_comes_after_all_that_waits_and_in_the_same_thread() -> None:
    course: list[object] = []
    lane = Lane[int]("own", course.extend, lambda: course.append(threading.current_thread().name))
    for number in (1, 2):
        lane.put(number)

    lane.start()

    assert lane.stop(10)
    assert course == [1, 2, "own"]


def test_a_lane_that_hangs_is_told_of_and_left() -> None:
    go_on = threading.Event()
    lane = Lane[int]("own", lambda _: (go_on.wait(10), None)[1], nothing)
    lane.start()
    lane.put(1)

    assert not lane.stop(0)

    go_on.set()
    assert lane.stop(10)
