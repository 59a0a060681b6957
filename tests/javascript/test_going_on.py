"""Connections that break under a program, and sessions that go on in the next one."""

from pathlib import Path

import pytest

from tests.javascript.program import running, socket_of
from tests.page.stage import READY, Stage, bookmarked, cursor, final, resumed
from wsserver.messages import Done, Error, Finish, Flush, Flushed

OPEN = "const dictation = await connect(url, given);"
DONE = Done(duration=1.0, utterances=1)
FIRST = bookmarked(READY, cursor("first"), 0, 0)


async def test_a_session_goes_on_where_it_was(node: Path, stage: Stage) -> None:
    script = f"""{OPEN}
        tell(dictation, "final", "ready");
        dictation.addEventListener("interrupted", ({{ detail: {{ error, retryInSeconds }} }}) =>
          say(error.code, error.closeCode, retryInSeconds > 0, dictation.state));
        dictation.send(sound(1, 2, 3, 4));
        const flushed = dictation.flush("pause");
        dictation.send(sound(5, 6));
        say((await flushed).id);
        say((await dictation.finish()).type, dictation.cursor);
    """

    async with running(node, script, url=socket_of(stage), token=stage.token) as program:
        first = await stage.call(FIRST)
        await first.listen(6)
        second_cursor = cursor("second")
        await first.say(bookmarked(final("One."), second_cursor, 2, 1))
        one = await program.says()
        await first.hang_up(1012)
        interrupted = await program.says()
        second = await stage.call(resumed(2, 1, cursor("third")))
        ready = await program.says()
        flush = await second.hear(Flush)
        before = bytes(second.audio)
        await second.say(Flushed(id=flush.id))
        flushed = await program.says()
        await second.hear(Finish)
        await second.say(DONE)
        done = await program.says()

    assert one[1]["text"] == "One."
    assert interrupted == ["connection_lost", 1012, True, "interrupted"]
    assert second.credential == second.start.resume == second_cursor
    assert ready[1]["generation"] == 2
    assert before == b"\2\0\3\0\4\0"
    assert second.audio == b"\2\0\3\0\4\0\5\0\6\0"
    assert flushed == ["pause"]
    assert done == ["done", None]


async def test_positions_count_samples_of_one_channel(node: Path, stage: Stage) -> None:
    script = f"{OPEN} dictation.send(sound(1, -1, 2, -2, 3, -3)); await dictation.finish();"

    given = {"token": stage.token, "channels": 2}
    async with running(node, script, url=socket_of(stage), **given):
        first = await stage.call(FIRST)
        await first.hear(Finish)
        await first.say(bookmarked(final("One."), cursor("second"), 2, 1))
        await first.hang_up(1012)
        second = await stage.call(resumed(2, 1, cursor("third")))
        await second.hear(Finish)
        await second.say(DONE)

    assert second.audio == b"\2\0\xfe\xff\3\0\xfd\xff"


async def test_where_no_cursor_serves_a_new_session_gets_the_rest(node: Path, stage: Stage) -> None:
    script = f"{OPEN} dictation.send(sound(1, 2, 3)); await dictation.finish();"

    given = {"token": stage.token, "language": "en"}
    async with running(node, script, url=socket_of(stage), **given):
        first = await stage.call(FIRST)
        await first.hear(Finish)
        await first.say(bookmarked(final("One."), cursor("expired", -1.0), 2, 1))
        await first.hang_up(1012)
        second = await stage.call()
        await second.hear(Finish)
        await second.say(DONE)

    assert second.start == first.start
    assert stage.is_made(second.credential)
    assert second.audio == b"\3\0"


async def test_a_session_of_another_program_goes_on(node: Path, stage: Stage) -> None:
    script = f"""{OPEN}
        say(dictation.ready.resend_from);
        dictation.send(sound(10, 11, 12));
        say(dictation.unfinishedSeconds * 16000);
        await dictation.finish();
    """

    async with running(node, script, url=socket_of(stage), resume=cursor("old")) as program:
        first = await stage.call(resumed(11, 10, cursor("second")))
        told = [await program.says() for _ in range(2)]
        await first.hear(Finish)
        await first.say(bookmarked(final("One."), cursor("third"), 12, 11))
        await first.hang_up(1012)
        second = await stage.call(resumed(12, 11, cursor("fourth")))
        await second.hear(Finish)
        await second.say(DONE)

    assert told == [[10], [2]]
    assert first.start.resume == first.credential
    assert first.audio == b"\x0a\0\x0b\0\x0c\0"
    assert second.audio == b"\x0b\0\x0c\0"


@pytest.mark.parametrize(
    ("close_code", "error", "name"),
    [
        (1008, Error(code="taken_over", message="m", fatal=True), ["SessionFailed", "taken_over"]),
        (1007, Error(code="bad_audio", message="m", fatal=True), ["SessionFailed", "bad_audio"]),
        (1008, None, ["ConnectionLost", "connection_lost"]),
    ],
)
async def test_what_will_not_pass_ends_it(
    node: Path, stage: Stage, close_code: int, error: Error | None, name: list[str]
) -> None:
    script = f"""{OPEN}
        dictation.addEventListener("error", ({{ detail }}) => say(detail.name, detail.code));
        say(...await tried(dictation.finish()));
    """

    async with running(node, script, url=socket_of(stage), token=stage.token) as program:
        call = await stage.call(FIRST)
        await call.hear(Finish)
        if error:
            await call.say(error)
        await call.hang_up(close_code)
        told = [await program.says() for _ in range(2)]

    assert told == [name, name]


async def test_who_wants_no_second_try_keeps_what_is_not_final(node: Path, stage: Stage) -> None:
    script = f"""{OPEN}
        dictation.addEventListener("error", () => say(dictation.unfinished.map((s) => [...s])));
        dictation.send(sound(1, 2, 3));
        dictation.send(sound(4));
        await dictation.finish().catch(({{ code }}) => say(code));
    """

    given = {"token": stage.token, "giveUpSeconds": 0}
    async with running(node, script, url=socket_of(stage), **given) as program:
        call = await stage.call(FIRST)
        await call.hear(Finish)
        await call.say(bookmarked(final("One."), cursor("second"), 2, 1))
        call.break_off()
        told = [await program.says() for _ in range(2)]

    assert told == [[[[3], [4]]], ["connection_lost"]]
    assert stage.arrivals.empty()


async def test_a_server_that_fails_again_and_again_is_given_up(node: Path, stage: Stage) -> None:
    script = f"""{OPEN}
        dictation.send(sound(1));
        say(...await tried(dictation.finish()));
    """

    async with running(node, script, url=socket_of(stage), token=stage.token) as program:
        for _ in range(4):
            call = await stage.call(FIRST)
            await call.hear(Finish)
            await call.say(Error(code="engine_error", message="m", fatal=True))
            await call.hang_up(1011)
        told = await program.says()

    assert told == ["SessionFailed", "engine_error"]


async def test_what_the_server_asks_to_wait_is_waited(node: Path, stage: Stage) -> None:
    script = f"""{OPEN}
        dictation.addEventListener("interrupted", ({{ detail: {{ error, retryInSeconds }} }}) =>
          say(error.code, retryInSeconds >= (error.retryAfterSeconds ?? 0)));
        await dictation.finish();
    """

    async with running(node, script, url=socket_of(stage), token=stage.token) as program:
        first = await stage.call(FIRST)
        stage.gate.drain()
        first.break_off()
        told = [await program.says() for _ in range(2)]
        stage.gate.is_draining = False
        second = await stage.call(resumed(0, 0, cursor("second")))
        await second.hear(Finish)
        await second.say(DONE)

    assert told == [["connection_lost", True], ["draining", True]]


async def test_a_flush_that_is_answered_twice_is_told_once(node: Path, stage: Stage) -> None:
    script = f"""{OPEN}
        tell(dictation, "flushed", "done");
        dictation.send(sound(1));
        dictation.flush("mine");
        await dictation.finish();
    """

    async with running(node, script, url=socket_of(stage), token=stage.token) as program:
        first = await stage.call(FIRST)
        await first.hear(Finish)
        await first.say(Flushed(id="mine"))
        told = [await program.says()]
        await first.hang_up(1012)
        second = await stage.call(resumed(0, 0, cursor("second")))
        await second.hear(Finish)
        await second.say(Flushed(id="mine"), DONE)
        told.append(await program.says())

    assert [type_ for type_, _ in told] == ["flushed", "done"]


async def test_breaks_long_after_each_other_do_not_add_up(node: Path, stage: Stage) -> None:
    script = f"""{OPEN}
        let aheadMs = 31_000;
        const now = performance.now.bind(performance);
        performance.now = () => now() + aheadMs;
        dictation.addEventListener("ready", () => (aheadMs += 200_000));
        await dictation.finish();
    """

    async with running(node, script, url=socket_of(stage), token=stage.token):
        for _ in range(5):
            call = await stage.call(FIRST)
            await call.hear(Finish)
            call.break_off()
        call = await stage.call(FIRST)
        await call.hear(Finish)
        await call.say(DONE)


async def test_a_server_that_stays_away_too_long_is_given_up(node: Path, stage: Stage) -> None:
    script = f"{OPEN} say(...await tried(dictation.finish()));"

    given = {"token": stage.token, "giveUpSeconds": 3}
    async with running(node, script, url=socket_of(stage), **given) as program:
        call = await stage.call(FIRST)
        await call.hear(Finish)
        stage.gate.drain()
        call.break_off()
        told = await program.says()

    # It asked to wait for five.
    assert told == ["Refused", "draining"]
