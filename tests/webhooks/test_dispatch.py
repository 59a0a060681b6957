import asyncio
import base64
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from tests.store.kept import final, ready
from tests.waiting import until
from tests.webhooks import receiver as receiver_module
from tests.webhooks.receiver import SECRET, Receiver, Request, receiving
from wsserver.errors import ConfigError
from wsserver.messages import Start, Warn
from wsserver.store.database import connect
from wsserver.store.journal import Entry
from wsserver.webhooks import dispatch as dispatch_module
from wsserver.webhooks.courier import Luck
from wsserver.webhooks.dispatch import NOT_PASSED_ON, Dispatch
from wsserver.webhooks.settings import Receiver as Told
from wsserver.webhooks.settings import WebhookSettings
from wsserver.webhooks.spool import SCHEMA


class Clock:
    """A clock that hurries: every look at it is a minute later."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        self.now += 60.0
        return self.now


@asynccontextmanager
async def running(
    folder: Path, *receivers: Receiver, luck: Luck | None = None, **settings: Any
) -> AsyncIterator[Dispatch]:
    told = tuple(Told(url=each.url, secret=SECRET) for each in receivers)
    known = settings.pop("receivers", told)
    dispatch = Dispatch(WebhookSettings(receivers=known, plain_http=True, **settings), folder, luck)
    await dispatch.start()
    try:
        yield dispatch
    finally:
        await dispatch.stop()


async def say(dispatch: Dispatch, session: str, *texts: str) -> list[Warn | None]:
    recorder = dispatch.recorder("ada")
    assert recorder is not None
    recorder.opened(Start(), ready(session))
    warned = [await recorder.final(final(n, text)) for n, text in enumerate(texts, 1)]
    recorder.closed()
    return warned


def spooled(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / SCHEMA.file_name)) as connection:
        rows = connection.execute("SELECT event FROM delivery ORDER BY number")
        return [event for (event,) in rows]


async def test_finals_come_signed_and_in_order_and_leave_nothing_behind(tmp_path: Path) -> None:
    async with receiving(Receiver()) as receiver, running(tmp_path, receiver) as dispatch:
        assert await say(dispatch, "a1", "one", "two", "three") == [None] * 3

        assert await receiver.has_taken(3) == ["one", "two", "three"]
    assert [request.event for request in receiver.requests] == ["a1-1-1", "a1-1-2", "a1-1-3"]
    assert spooled(tmp_path) == []


async def test_what_no_receiver_has_taken_is_counted(tmp_path: Path) -> None:
    receiver = Receiver(answer=lambda _: 503)
    async with receiving(receiver), running(tmp_path, receiver) as dispatch:
        before = dispatch.waiting
        await say(dispatch, "a1", "one", "two")
        await receiver.until(lambda: bool(receiver.requests) and dispatch.waiting > 1)

        assert (before, dispatch.waiting) == (0, 2)


async def test_a_final_is_in_the_spool_before_its_speaker_gets_it(tmp_path: Path) -> None:
    receiver = Receiver(port=9)  # nobody listens there

    async with running(tmp_path, receiver) as dispatch:
        await say(dispatch, "a1", "one")

        assert spooled(tmp_path) == ["a1-1-1"]


@pytest.mark.parametrize("statuses", [[500, 503], [404], [302, 429]])
async def test_what_is_not_taken_is_sent_again_under_the_same_name(
    tmp_path: Path, statuses: list[int]
) -> None:
    receiver = Receiver(statuses=statuses[:], headers={"Location": "/elsewhere"})
    async with (
        receiving(receiver),
        running(tmp_path, receiver, luck=Luck(monotonic=Clock())) as dispatch,
    ):
        await say(dispatch, "a1", "one", "two")

        assert await receiver.has_taken(2) == ["one", "two"]
    events = [request.event for request in receiver.requests]
    assert events == ["a1-1-1"] * (len(statuses) + 1) + ["a1-1-2"]


async def test_a_session_whose_final_is_refused_keeps_no_other_waiting(tmp_path: Path) -> None:
    def refuse(request: Request) -> int | None:
        return 400 if request.session == "a1" else None

    refusing = Receiver(answer=refuse)
    async with receiving(refusing) as receiver, running(tmp_path, receiver) as dispatch:
        await say(dispatch, "a1", "never", "after it")
        await say(dispatch, "b2", "one", "two")

        assert await receiver.has_taken(2) == ["one", "two"]
    assert spooled(tmp_path) == ["a1-1-1", "a1-1-2"]


@pytest.mark.parametrize("step_seconds", [-10 * 3600.0, 2 * 86_400.0])
async def test_a_clock_that_is_set_delays_nothing_and_gives_nothing_up(
    tmp_path: Path, step_seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    wall = [1_800_000_000.0]

    def refuse_twice(_: Request) -> int | None:
        wall[0] += step_seconds
        return 500 if len(receiver.requests) < 3 else None

    receiver = Receiver(answer=refuse_twice)
    luck = Luck(clock=lambda: wall[0], monotonic=Clock())
    async with receiving(receiver), running(tmp_path, receiver, luck=luck) as dispatch:
        await say(dispatch, "a1", "one")

        assert await receiver.has_taken(1) == ["one"]
    assert len(receiver.requests) == 3
    assert "is given up" not in caplog.text


async def test_after_a_day_it_is_given_up_and_the_next_has_its_turn(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(request: Request) -> int | None:
        return 400 if request.text == "bad" else None

    async with receiving(Receiver(answer=refuse)) as receiver:
        luck = Luck(monotonic=Clock())
        async with running(tmp_path, receiver, luck=luck, give_up_seconds=600.0) as dispatch:
            await say(dispatch, "a1", "bad", "good")

            assert await receiver.has_taken(1) == ["good"]
    assert len(receiver.requests) > 2
    assert "is given up: status 400 for a1-1-1" in caplog.text


async def test_what_is_in_the_spool_no_more_holds_up_nothing_behind_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(request: Request) -> int | None:
        return 500 if request.text == "one" else None

    async with (
        receiving(Receiver(answer=refuse)) as receiver,
        running(tmp_path, receiver) as dispatch,
    ):
        await say(dispatch, "a1", "one", "two")
        with closing(connect(tmp_path, create=True, schema=SCHEMA)) as other:
            other.execute("DELETE FROM delivery WHERE event = 'a1-1-1'")

        assert await receiver.has_taken(1) == ["two"]
    assert "is lost: the spool has no a1-1-1 any more" in caplog.text


async def test_who_is_gone_is_left_alone_and_the_others_are_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        receiving(Receiver(statuses=[410])) as gone,
        receiving(Receiver()) as receiver,
        running(tmp_path, gone, receiver) as dispatch,
    ):
        await say(dispatch, "a1", "one", "two")
        await receiver.has_taken(2)
        await until_gone(dispatch)

        assert await say(dispatch, "b2", "three") == [None]
        await receiver.has_taken(3)
    assert [request.text for request in gone.requests] == ["one"]
    assert "takes no webhooks any more (410)" in caplog.text
    assert spooled(tmp_path) == []


async def until_gone(dispatch: Dispatch) -> None:
    await until(lambda: any(courier.is_gone for courier in dispatch._couriers.values()))


async def test_what_breaks_for_one_receiver_is_logged_and_ends_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def forget(_: Request) -> None:  # so that the answer finds nothing that it answers
        next(iter(dispatch._couriers.values()))._rounds.clear()

    async with (
        receiving(Receiver(answer=forget)) as broken,
        receiving(Receiver()) as receiver,
        running(tmp_path, broken, receiver) as dispatch,
    ):
        await say(dispatch, "a1", "one")
        await until(lambda: "have to wait until the server is started again" in caplog.text)

        await say(dispatch, "b2", "two")
        assert await receiver.has_taken(2) == ["one", "two"]
    assert f"webhooks to http://127.0.0.1:{broken.port} have to wait" in caplog.text
    assert "KeyError" in caplog.text
    assert "in-the-url" not in "".join(
        r.getMessage() for r in caplog.records if "wsserver" in r.name
    )
    assert spooled(tmp_path) == ["a1-1-1", "b2-1-1"]


async def test_what_was_left_is_sent_by_the_next_server_and_by_no_other_name(
    tmp_path: Path,
) -> None:
    receiver = Receiver()
    async with receiving(receiver):
        pass
    async with running(tmp_path, receiver) as dispatch:
        await say(dispatch, "a1", "one", "two")
    assert spooled(tmp_path) == ["a1-1-1", "a1-1-2"]

    async with receiving(receiver, receiver.port), running(tmp_path, receiver) as dispatch:
        await say(dispatch, "a1", "three")

        assert await receiver.has_taken(3) == ["one", "two", "three"]
    assert spooled(tmp_path) == []


async def test_a_receiver_that_is_configured_no_more_gets_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path, Receiver(port=9)) as dispatch:
        await say(dispatch, "a1", "one")

    async with receiving(Receiver()) as receiver, running(tmp_path, receiver):
        pass

    assert (receiver.requests, spooled(tmp_path)) == ([], [])
    assert "event a1-1-1 is dropped" in caplog.text


async def test_two_servers_never_share_a_spool_and_the_next_one_has_it(tmp_path: Path) -> None:
    first, second = Receiver(port=9), Receiver(port=10)

    async with running(tmp_path, first) as dispatch:
        await say(dispatch, "a1", "one")
        with pytest.raises(ConfigError, match=r"webhooks\.folder: found .+ in use by another"):
            async with running(tmp_path, second):
                pass
    assert spooled(tmp_path) == ["a1-1-1"]

    async with running(tmp_path, first):
        pass


async def test_a_spool_that_cannot_be_used_is_free_for_another_try(tmp_path: Path) -> None:
    file = tmp_path / SCHEMA.file_name
    file.write_bytes(b"no database, and long enough" * 100)
    with pytest.raises(ConfigError, match=r"webhooks\.folder: cannot use"):
        async with running(tmp_path, Receiver(port=9)):
            pass

    file.unlink()

    async with running(tmp_path, Receiver(port=9)) as dispatch:
        assert await say(dispatch, "a1", "one") == [None]


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match=r"webhooks\.folder: cannot use .+: not a directory"):
        async with running(tmp_path / "file" / "spool", Receiver(port=9)):
            pass


async def test_only_sessions_of_the_tokens_that_are_named_are_told(tmp_path: Path) -> None:
    async with receiving(Receiver()) as receiver:
        told = Told(url=receiver.url, secret=SECRET, tokens=("bo",))
        async with running(tmp_path, receivers=(told,)) as dispatch:
            assert dispatch.recorder("ada") is None
            assert dispatch.recorder("bo") is not None


async def test_who_changes_secrets_finds_both_signatures(tmp_path: Path) -> None:
    old = "whsec_" + base64.b64encode(bytes(24)).decode()
    async with receiving(Receiver(signatures=2)) as receiver:
        told = Told(url=receiver.url, secret=(old, SECRET))
        async with running(tmp_path, receivers=(told,)) as dispatch:
            await say(dispatch, "a1", "one")

            assert await receiver.has_taken(1) == ["one"]


async def test_a_full_spool_is_told_once_and_takes_no_word_from_its_speaker(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, Receiver(port=9), most_waiting=2) as dispatch:
        await say(dispatch, "a1", "one", "two")
        await dispatch._spool.look()

        assert await say(dispatch, "b2", "three", "four") == [NOT_PASSED_ON, None]
    assert spooled(tmp_path) == ["a1-1-1", "a1-1-2"]


async def test_a_disk_that_fails_is_told_and_what_it_missed_goes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wsserver.store.database.BUSY_SECONDS", 0.0)
    monkeypatch.setattr("wsserver.store.journal.RETRY_SECONDS", 0.01)
    async with receiving(Receiver()) as receiver, running(tmp_path, receiver) as dispatch:
        with closing(connect(tmp_path, create=True, schema=SCHEMA)) as other:
            other.execute("BEGIN IMMEDIATE")
            warned = await say(dispatch, "a1", "one", "two")

        assert warned == [NOT_PASSED_ON, None]
        assert await receiver.has_taken(2) == ["one", "two"]
    assert spooled(tmp_path) == []


async def test_all_goes_on_in_a_file_that_came_in_the_place_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wsserver.store.journal.RETRY_SECONDS", 0.01)
    folder, old = tmp_path / "spool", tmp_path / "old"

    def replace(_: sqlite3.Connection) -> None:
        if not old.exists():
            folder.rename(old)
            raise sqlite3.OperationalError("disk I/O error")

    async with receiving(Receiver()) as receiver, running(folder, receiver) as dispatch:
        await say(dispatch, "a1", "one", "two")
        await receiver.has_taken(2)
        dispatch._spool._lane.put(Entry(replace))
        await say(dispatch, "b2", "three")

        assert await receiver.has_taken(3) == ["one", "two", "three"]
    assert spooled(folder) == []


async def test_the_speaker_waits_for_a_disk_that_hangs_for_a_while_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch_module, "LONGEST_WAIT_SECONDS", 0.0)
    told = (Told(url="https://example.org/", secret=SECRET),)
    dispatch = Dispatch(WebhookSettings(receivers=told), tmp_path)  # whose thread does not run

    assert await say(dispatch, "a1", "one") == [NOT_PASSED_ON]


async def test_no_secret_and_no_url_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver = Receiver(statuses=[500])
    async with (
        receiving(receiver),
        running(tmp_path, receiver, luck=Luck(monotonic=Clock())) as dispatch,
    ):
        await say(dispatch, "a1", "one")
        await receiver.has_taken(1)
    async with running(tmp_path, receiver) as dispatch:
        await say(dispatch, "a1", "two")

    ours = [r.getMessage() for r in caplog.records if r.name.startswith("wsserver")]
    assert any(f"http://127.0.0.1:{receiver.port} failed" in message for message in ours)
    assert not [message for message in ours if "in-the-url" in message or "whsec_" in message]
    assert "in-the-url" not in repr(dispatch._settings)
    assert receiver_module.SECRET not in repr(dispatch._settings)


async def test_a_server_that_stops_sends_what_is_due(tmp_path: Path) -> None:
    async with receiving(Receiver()) as receiver:
        async with running(tmp_path, receiver) as dispatch:
            recorder = dispatch.recorder("ada")
            assert recorder is not None
            recorder.opened(Start(), ready("a1"))
            waiting = [recorder.final(final(n, str(n))) for n in range(20)]
        await asyncio.gather(*waiting)

    assert [request.text for request in receiver.taken] == [str(n) for n in range(20)]
    assert spooled(tmp_path) == []
