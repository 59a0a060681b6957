"""What a program makes of the client: events, sound, tokens, the end."""

from pathlib import Path
from typing import Any

import pytest

from tests.javascript.program import result, running, socket_of
from tests.page.stage import READY, Call, Stage, final, partial
from wsserver.messages import Ack, Done, Error, Finish, Flush, Flushed, Start, Warn

OPEN = "const dictation = await connect(url, given);"
DONE = Done(duration=1.0, utterances=1)


async def test_sound_goes_in_and_words_come_out(node: Path, stage: Stage) -> None:
    script = f"""{OPEN}
        tell(dictation, "speech", "partial", "final", "done");
        say(dictation.ready.session, dictation.state);
        dictation.send(sound(1, -2, 3));
        say((await dictation.finish()).utterances, dictation.state);
    """

    async with running(node, script, url=socket_of(stage), token=stage.token) as program:
        call = await stage.call()
        opened = await program.says()
        await call.hear(Finish)
        await call.say(partial("the cat"), final("The cat sat."), DONE)
        told = [await program.says() for _ in range(4)]

    assert opened == ["s1", "open"]
    assert call.audio == b"\1\0\xfe\xff\3\0"
    assert [type_ for type_, _ in told[:3]] == ["partial", "final", "done"]
    assert [told[0][1]["text"], told[1][1]["text"]] == ["the cat", "The cat sat."]
    assert told[3] == [1, "over"]


async def test_the_session_is_opened_as_it_is_asked_for(node: Path, stage: Stage) -> None:
    given = {"encoding": "mulaw", "sample_rate": 8000, "channels": 2, "language": "de"}
    more = {"words": True, "endpointing": "captioning", "hotwords": ["Ada"], "partials": False}
    options = {"token": stage.token, **given, **more}

    async with running(
        node, f"{OPEN} dictation.close();", url=stage.url + "v1/dictation", **options
    ):
        call = await stage.call()

    expected: dict[str, Any] = {**given, **more, "hotwords": ("Ada",)}
    assert call.start == Start(**expected)


@pytest.mark.parametrize(
    ("sound", "encoding", "sent"),
    [
        ("Int16Array.of(1, -1)", "s16le", b"\1\0\xff\xff"),
        ("Float32Array.of(0, 0.5, -2, NaN)", "s16le", b"\0\0\0\x40\0\x80\0\0"),
        ("Buffer.from([9, 1, 0, 2, 0]).subarray(1)", "s16le", b"\1\0\2\0"),
        ("Uint8Array.of(1, 0).buffer", "s16le", b"\1\0"),
        ("Float32Array.of(1)", "f32le", b"\0\0\x80\x3f"),
        ("Buffer.from([0, 0, 128, 63])", "f32le", b"\0\0\x80\x3f"),
        ("Uint8Array.of(7, 255)", "mulaw", b"\x07\xff"),
        ("Buffer.from([7])", "alaw", b"\x07"),
        ("new Int16Array(0)", "s16le", b""),
    ],
)
async def test_sound_of_many_kinds_becomes_samples(
    node: Path, sound: str, encoding: str, sent: bytes
) -> None:
    octets = await result(
        node,
        f"""const {{ toChunk }} = await import(at("client/samples.js"));
        const original = {sound};
        const chunk = toChunk(original, "{encoding}", 1);
        new Uint8Array(original.buffer ?? original).fill(0);
        say(...new Uint8Array(chunk.buffer));""",
    )

    assert bytes(octets) == sent


@pytest.mark.parametrize(
    ("sound", "encoding", "channels", "complaint"),
    [
        ("[1, 2]", "s16le", 1, "TypeError: found Array"),
        ("null", "s16le", 1, "TypeError: found null"),
        ("Int16Array.of(1)", "f32le", 1, "TypeError: found Int16Array"),
        ("Float32Array.of(1)", "mulaw", 1, "TypeError: found Float32Array"),
        ("Uint8Array.of(1, 2, 3)", "s16le", 1, "RangeError: found 3 octets"),
        ("Int16Array.of(1, 2, 3)", "s16le", 2, "RangeError: found 3 samples"),
    ],
)
async def test_other_things_are_no_sound(
    node: Path, sound: str, encoding: str, channels: int, complaint: str
) -> None:
    (found,) = await result(
        node,
        f"""const {{ toChunk }} = await import(at("client/samples.js"));
        try {{ toChunk({sound}, "{encoding}", {channels}); }} catch (e) {{ say(String(e)); }}""",
    )

    assert found.startswith(complaint)


async def test_a_long_lived_token_is_exchanged(node: Path, stage: Stage) -> None:
    async with running(node, f"{OPEN} dictation.close();", url=socket_of(stage), token=stage.token):
        call = await stage.call()

    assert stage.is_made(call.credential)


@pytest.mark.parametrize("token", ["given.token", "() => given.token", "async () => given.token"])
async def test_a_token_that_was_made_for_it_is_presented(
    node: Path, stage: Stage, token: str
) -> None:
    made = stage.make()
    script = f"const dictation = await connect(url, {{ token: {token} }}); dictation.close();"

    async with running(node, script, url=socket_of(stage), token=made):
        call = await stage.call()

    assert call.credential == made


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("'wst_wrong'", ["Refused", "bad_token", 403]),
        ("undefined", ["Refused", "no_token", 401]),
        ("() => { throw new Error('away'); }", ["DictationError", "token_failed", None]),
    ],
)
async def test_who_is_not_let_in_is_told_why(
    node: Path, stage: Stage, token: str, name: list[Any]
) -> None:
    told = await result(
        node,
        f"""await connect(url, {{ token: {token} }})
            .catch((error) => say(error.name, error.code, error.status ?? null));""",
        url=socket_of(stage),
    )

    assert told == name


async def test_a_server_that_has_no_place_says_when_to_come_back(node: Path, stage: Stage) -> None:
    stage.gate.drain()

    told = await result(
        node,
        """await connect(url, given).catch((error) =>
            say(error.code, error.status, error.isPassing, error.retryAfterSeconds > 0));""",
        url=socket_of(stage),
        token=stage.token,
    )

    assert told == ["draining", 503, True, True]


async def test_a_session_that_cannot_be_had_is_told(node: Path, stage: Stage) -> None:
    script = "say(...await tried(connect(url, given)));"

    async with running(
        node, script, url=socket_of(stage), token=stage.token, language="xx"
    ) as program:
        call = await stage.call(Error(code="unsupported_format", message="no xx", fatal=True))
        await call.hang_up(1003)
        told = await program.says()

    assert told == ["SessionFailed", "unsupported_format"]


async def test_a_server_that_is_not_there_is_told(node: Path) -> None:
    told = await result(
        node, "say(...await tried(connect(url)));", url="ws://127.0.0.1:9/v1/dictation"
    )

    assert told == ["ConnectionLost", "unreachable"]


async def test_in_a_page_a_path_will_do(node: Path) -> None:
    told = await result(
        node,
        """globalThis.location = new URL("https://example.org/prefix/page.html");
        const { Server } = await import(at("client/server.js"));
        const servers = ["v1/dictation", "/v1/dictation", "http://other/v1/dictation"];
        say(...servers.map((url) => new Server(url).socketUrl));""",
    )

    assert told == [
        "wss://example.org/prefix/v1/dictation",
        "wss://example.org/v1/dictation",
        "ws://other/v1/dictation",
    ]


async def test_a_flush_is_answered(node: Path, stage: Stage) -> None:
    script = f"""{OPEN}
        dictation.send(sound(1));
        const own = dictation.flush("mine");
        const other = dictation.flush();
        other.then(({{ id }}) => say("other", typeof id));
        say("own", (await own).id);
        await other;
        dictation.close();
    """

    async with running(node, script, url=socket_of(stage), token=stage.token) as program:
        call = await stage.call()
        ids = [(await call.hear(Flush)).id for _ in range(2)]
        await call.say(Flushed(id=ids[0]))
        own = await program.says()
        await call.say(Flushed(id=ids[1]))
        other = await program.says()

    assert ids[0] == "mine"
    assert ids[1] != "mine"
    assert own == ["own", "mine"]
    assert other == ["other", "string"]


async def test_a_warning_and_an_error_that_is_none_are_told(node: Path, stage: Stage) -> None:
    script = f'{OPEN} tell(dictation, "warning", "error"); await dictation.finish();'

    async with running(node, script, url=socket_of(stage), token=stage.token) as program:
        call = await stage.call()
        await call.hear(Finish)
        await call.say(
            Warn(code="odd", message="m"), Error(code="e", message="m", fatal=False), DONE
        )
        told = [await program.says() for _ in range(2)]

    assert [(type_, detail["code"]) for type_, detail in told] == [
        ("warning", "odd"),
        ("warning", "e"),
    ]


async def test_who_sends_fast_is_asked_to_wait(node: Path, stage: Stage) -> None:
    script = f"""{OPEN}
        await dictation.send(new Int16Array(60 * 8000));
        let isHeld = true;
        const caughtUp = dictation.send(sound(1)).then(() => (isHeld = false));
        await new Promise((resolve) => setTimeout(resolve));
        say(isHeld, dictation.unfinishedSeconds > 60);
        await caughtUp;
        say(isHeld, dictation.unfinishedSeconds);
        dictation.close();
    """

    given = {"token": stage.token, "sample_rate": 8000}
    async with running(node, script, url=socket_of(stage), **given) as program:
        call = await stage.call()
        await call.listen(60 * 8000 + 1)
        held = await program.says()
        await call.say(Ack(through=8000))
        freed = await program.says()

    assert held == [True, True]
    assert freed == [False, 59 + 1 / 8000]


async def test_no_frame_is_longer_than_the_server_takes(node: Path, stage: Stage) -> None:
    script = f"{OPEN} dictation.send(new Int16Array(300_001)); await dictation.finish();"

    async with running(node, script, url=socket_of(stage), token=stage.token):
        call = await stage.call()
        sizes = await sizes_until_finish(call)
        await call.say(DONE)

    assert sum(sizes) == 600_002
    assert max(sizes) == READY.limits.frame_bytes


async def sizes_until_finish(call: Call) -> list[int]:
    sizes = []
    while isinstance(frame := await call.frames.get(), bytes):
        sizes.append(len(frame))
    return sizes


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ("dictation.finish(); dictation.send(sound(1));", "bad_order"),
        ("dictation.finish(); dictation.flush();", "bad_order"),
        ("dictation.close(); dictation.send(sound(1));", "closed"),
        ("dictation.close(); await dictation.finish();", "closed"),
        ("const flushed = dictation.flush(); dictation.close(); await flushed;", "closed"),
    ],
)
async def test_after_the_end_there_is_no_more(
    node: Path, stage: Stage, more: str, complaint: str
) -> None:
    script = f"{OPEN} try {{ {more} }} catch (e) {{ say(e.code); }} dictation.close();"

    async with running(node, script, url=socket_of(stage), token=stage.token) as program:
        await stage.call()
        told = await program.says()

    assert told == [complaint]


async def test_it_can_be_called_off_at_any_time(node: Path, stage: Stage) -> None:
    script = """
        const early = new AbortController();
        const opening = tried(connect(url, { ...given, signal: early.signal }));
        early.abort(new Error("early"));
        say(...await opening);
        const late = new AbortController();
        const dictation = await connect(url, { ...given, signal: late.signal });
        tell(dictation, "error");
        const end = tried(dictation.finish());
        late.abort();
        say(...await end);
        say(...await tried(connect(url, { signal: AbortSignal.abort() })));
    """

    async with running(node, script, url=socket_of(stage), token=stage.make()) as program:
        told = [await program.says()]
        call = await stage.call()
        told += [await program.says() for _ in range(2)]
        await call.ended()

    assert told == [["Error", None], ["AbortError", 20], ["AbortError", 20]]


async def test_what_is_no_message_ends_it(node: Path, stage: Stage) -> None:
    script = f"{OPEN} say(...await tried(dictation.finish()));"

    async with running(node, script, url=socket_of(stage), token=stage.token) as program:
        call = await stage.call()
        await call.say_raw('{"type": "gossip"}')
        told = await program.says()

    assert told == ["SessionFailed", "unreadable"]
    assert call.connection.close_code == 4000


def test_nothing_of_the_client_leaves_its_folder() -> None:
    """So that a copy of the door and the folder is all that others need."""
    webclient = Path(__file__).parents[2] / "webclient"
    parts = [webclient / "dictation-client.js", *webclient.glob("client/*")]

    for path in parts:
        assert path.suffix == ".js"
        assert '"../' not in path.read_text(encoding="utf-8")
