from wsserver.broker.used_here import UsedHere


def test_only_what_redis_does_not_know_is_due() -> None:
    used = UsedHere()
    used.add("one", 10.0, is_told=True)
    used.add("two", 20.0, is_told=False)

    due = used.due(5.0)
    used.told(due)

    assert due == {"two": 20.0}
    assert used.due(5.0) == {}


def test_a_redis_that_forgot_is_told_all_that_still_matters() -> None:
    used = UsedHere()
    used.add("one", 10.0, is_told=True)
    used.add("two", 20.0, is_told=True)

    used.forget_told()

    assert used.due(10.0) == {"two": 20.0}
    assert len(used) == 1
