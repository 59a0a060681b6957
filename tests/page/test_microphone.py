"""The microphone: found, chosen, heard, taken away and let go."""

import pytest
from playwright.async_api import expect

from tests.page.stage import final
from tests.page.visit import Visit
from wsserver.messages import Done, Finish, Flush

TENTH_SECOND = 4_410
"""Samples; Chromium's microphone that is none has 44,100 a second."""


async def test_the_microphone_is_heard_at_its_own_rate(visit: Visit) -> None:
    call = await visit.begin()
    rate = await visit.run("new AudioContext().sampleRate")

    await call.listen(call.start.sample_rate)

    assert call.start.encoding == "s16le"
    assert call.start.sample_rate == rate
    assert any(call.audio)


async def test_the_microphone_can_be_chosen(visit: Visit) -> None:
    # Not every browser knows a microphone again without a profile.
    await visit.page.context.grant_permissions(["microphone"])
    await visit.page.add_init_script(
        """
        const { mediaDevices } = navigator, list = mediaDevices.enumerateDevices.bind(mediaDevices);
        mediaDevices.enumerateDevices = async () =>
          (await list()).map(({ kind, label }) => ({ kind, label, deviceId: label }));
        """
    )
    await visit.begin()
    offered = visit.at("device").locator("option")
    await expect(offered).not_to_have_count(1)
    wanted = await offered.nth(2).text_content()

    await visit.at("options").locator("summary").click()
    await visit.at("device").select_option(index=2)
    await visit.page.reload()

    await expect(visit.at("chosen")).to_contain_text(wanted or "")


@pytest.mark.parametrize(
    ("rate", "is_mixed", "declared"),
    [
        (96_000, True, 48_000),
        (96_000, False, 48_000),
        (88_200, False, 44_100),
        (8_000, True, 8_000),
    ],
)
async def test_a_rate_no_server_takes_is_lowered(
    visit: Visit, rate: int, is_mixed: bool, declared: int
) -> None:
    await visit.page.add_init_script(
        f"""
        const Real = AudioContext;
        window.AudioContext = class extends Real {{
          constructor(options) {{ super(options ?? {{ sampleRate: {rate} }}); }}
          createMediaStreamSource(stream) {{
            // As Firefox does, where device and context differ.
            if (this.sampleRate !== {rate} && !{str(is_mixed).lower()}) {{
              throw new DOMException("mixed rates", "NotSupportedError");
            }}
            return super.createMediaStreamSource(stream);
          }}
        }};
        """
    )

    call = await visit.begin()
    await call.listen(2 * declared)  # the microphone of Chromium beeps once a second

    assert call.start.sample_rate == declared
    assert any(call.audio)


REFUSING = """
navigator.mediaDevices.getUserMedia = async () => {{
  throw new DOMException("not possible", "{name}");
}};
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NotAllowedError", "The microphone is blocked."),
        ("NotFoundError", "No microphone found."),
        ("NotReadableError", "Another program may be using it"),
        ("AbortError", "The microphone could not be opened. not possible"),
    ],
)
async def test_a_microphone_that_cannot_be_used_is_told(visit: Visit, name: str, told: str) -> None:
    await visit.page.add_init_script(REFUSING.format(name=name))
    await visit.arrive()

    await visit.at("main").click()

    await visit.is_told(told)
    await visit.is_in("Ready")
    assert visit.stage.arrivals.empty()


WATCHING = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wishes) => {
  streams.push(await open(wishes));
  return streams.at(-1);
};
window.streams = [];
window.states = () => streams.flatMap((s) => s.getTracks()).map((track) => track.readyState);
"""
"""Lets a test see the streams that the page was given."""


async def test_an_unplugged_microphone_ends_well(visit: Visit) -> None:
    await visit.page.add_init_script(WATCHING)
    call = await visit.begin()

    await visit.run("streams[0].getTracks()[0].dispatchEvent(new Event('ended'))")
    await visit.is_told("The microphone went away.")
    await call.hear(Finish)
    await call.say(final("One."), Done(duration=1.0, utterances=1))

    await visit.is_in("Ready")
    await visit.reads("One.")
    await visit.is_told("The microphone went away.")


async def test_a_phone_call_pauses(visit: Visit) -> None:
    await visit.page.add_init_script(
        """
        const Real = AudioContext;
        window.AudioContext = class extends Real {
          constructor(options) { super(options); window.context = this; }
        };
        """
    )
    call = await visit.begin()
    await call.listen(TENTH_SECOND)

    await visit.run("context.suspend()")
    await visit.is_in("Paused")
    await visit.is_told("The system took the microphone away for a while.")
    await call.hear(Flush)
    await visit.at("main").click()
    await visit.is_in("Listening")
    await visit.is_told_nothing()

    await call.listen(len(call.audio) // 2 + TENTH_SECOND)


async def test_a_pause_that_is_told_late_does_not_pause_again(visit: Visit) -> None:
    await visit.page.add_init_script(
        """
        const Real = AudioContext;
        window.AudioContext = class extends Real {
          resume() {
            this.dispatchEvent(new Event("statechange"));
            return super.resume();
          }
        };
        """
    )
    call = await visit.begin()
    await visit.at("main").click()
    await call.hear(Flush)

    await visit.at("main").click()
    await call.listen(len(call.audio) // 2 + TENTH_SECOND)

    await visit.is_in("Listening")
    await visit.is_told_nothing()


NEVER_ASKED = "navigator.mediaDevices.getUserMedia = () => new Promise(() => {})"


async def test_a_start_can_be_cancelled(visit: Visit) -> None:
    await visit.page.add_init_script(NEVER_ASKED)
    await visit.arrive()
    await visit.at("main").click()
    await visit.is_in("Connecting…")

    await visit.page.get_by_role("button", name="Cancel").click()

    await visit.is_in("Ready")
    assert visit.stage.arrivals.empty()


async def test_a_permission_that_comes_after_cancelling_opens_nothing(visit: Visit) -> None:
    await visit.page.add_init_script(
        WATCHING.replace("await open(wishes)", "(await gate, await open(wishes))")
        + "window.gate = new Promise((resolve) => { window.allow = resolve; });"
    )
    await visit.arrive()
    await visit.at("main").click()
    await visit.page.keyboard.press("Escape")
    await visit.is_in("Ready")
    await visit.at("main").click()

    await visit.run("allow()")
    call = await visit.stage.call()
    await visit.is_in("Listening")
    await visit.at("stop").click()
    await call.hear(Finish)

    assert await visit.run("states()") == ["ended", "ended"]


async def test_cancelling_does_not_cost_sound_of_before(visit: Visit) -> None:
    first = await visit.begin()
    await first.listen(10 * TENTH_SECOND)
    await first.hang_up(1008)
    await visit.is_in("Ready")
    await visit.run("() => { " + NEVER_ASKED + " }")

    await visit.at("main").click()
    await visit.page.keyboard.press("Escape")

    await visit.is_told("Not started.")
    await visit.is_told("of sound without a final result are kept")


async def test_the_microphone_is_let_go_at_the_end(visit: Visit) -> None:
    await visit.page.add_init_script(WATCHING)
    call = await visit.begin()
    assert await visit.run("states()") == ["live"]

    await visit.at("stop").click()
    await call.hear(Finish)

    assert await visit.run("states()") == ["ended"]


async def test_a_browser_that_never_starts_its_sound_is_told(visit: Visit) -> None:
    await visit.page.add_init_script(
        """
        AudioContext.prototype.resume = () => new Promise(() => {});
        const real = setTimeout;
        window.setTimeout = (deed, ms, ...given) => real(deed, Math.min(ms, 200), ...given);
        """
    )
    await visit.arrive()

    await visit.at("main").click()

    await visit.is_told("The browser does not start its sound")
    await visit.is_in("Ready")
