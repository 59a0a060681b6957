"""What the pages of those who read along decide without a browser."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.javascript.program import WEBCLIENT, result

OVER = {"phase": "over"}


async def found(node: Path, module: str, expression: str, **given: object) -> Any:
    script = f"const page = await import(at({module!r})); say({expression});"
    return (await result(node, script, **given))[0]


@pytest.mark.parametrize(
    ("address", "url", "token"),
    [
        ("captions?room=abc&token=x-y", "v1/rooms/abc", "x-y"),
        ("overlay?size=5vh&token=x&room=a", "v1/rooms/a", "x"),
        ("captions?room=a%2F..%2Fb&token=x", "v1/rooms/a%2F..%2Fb", "x"),
        ("captions?token=x", None, None),
        ("captions?room=abc", None, None),
        ("captions", None, None),
    ],
)
@pytest.mark.parametrize("root", ["https://example.org/", "http://localhost:8765/below/it/"])
async def test_the_address_of_a_page_names_the_room(
    node: Path, root: str, address: str, url: str | None, token: str | None
) -> None:
    read = "(({ url, token }) => [url.href, token])(page.roomIn(given.page) ?? { url: {} })"

    room = await found(node, "room-address.js", read, page=root + address)

    assert room == [root + url if url else None, token] or room == [None, None]
    assert (room[1] is None) == (url is None)


@pytest.mark.parametrize(
    ("state", "live", "text", "lamp"),
    [
        ({"phase": "connecting"}, False, "Connecting…", "calm"),
        ({"phase": "waiting"}, True, "Reconnecting…", "lost"),
        ({"phase": "waiting", "reason": "busy"}, False, "No place is free. Trying again…", "lost"),
        ({"phase": "open"}, True, "Live", "live"),
        ({"phase": "open"}, False, "Nobody speaks now", "calm"),
        (OVER | {"reason": "ended"}, True, "This has ended.", "calm"),
        (OVER | {"reason": "expired"}, True, "This link has expired.", "calm"),
        (OVER | {"reason": "of later days"}, True, "This has ended.", "calm"),
        (OVER | {"reason": "refused"}, True, "This link is not valid any more.", "calm"),
    ],
)
async def test_the_state_is_told_in_few_words(
    node: Path, state: dict[str, str], live: bool, text: str, lamp: str
) -> None:
    told = await found(
        node, "captions-wording.js", "page.told(given.state, given.live)", state=state, live=live
    )

    assert told == {"text": text, "lamp": lamp}


@pytest.mark.parametrize(
    ("state", "welcome", "advice"),
    [
        ({"phase": "open"}, "What is said appears here.", ""),
        (OVER | {"reason": "ended"}, "Nothing was said.", ""),
        (
            OVER | {"reason": "expired"},
            "This link has expired. Ask whoever gave it to you for a new one.",
            "Ask whoever gave it to you for a new one.",
        ),
    ],
)
async def test_what_to_do_is_told_in_place_of_words_or_beside_them(
    node: Path, state: dict[str, str], welcome: str, advice: str
) -> None:
    told = "[page.welcome(given.state), page.advice(given.state)]"

    assert await found(node, "captions-wording.js", told, state=state) == [welcome, advice]


@pytest.mark.parametrize(
    ("held", "waiting", "label"),
    [
        (False, 3, "Pause"),
        (True, 0, "Go on"),
        (True, 1, "Go on (1 new)"),
        (True, 12, "Go on (12 new)"),
    ],
)
async def test_the_button_that_holds_the_screen_counts_what_waits(
    node: Path, held: bool, waiting: int, label: str
) -> None:
    hold = "page.holdLabel(given.held, given.waiting)"

    assert await found(node, "captions-wording.js", hold, held=held, waiting=waiting) == label


@pytest.mark.parametrize(
    ("query", "look"),
    [
        ("", {}),
        ("room=a&token=b", {}),
        ("size=60", {"size": "60px"}),
        ("size=5.5vh", {"size": "5.5vh"}),
        ("size=0", {}),
        ("size=9;color:red", {}),
        ("lines=3", {"lines": 3}),
        ("lines=99", {"lines": 6}),
        ("lines=", {}),
        ("lines=many", {}),
        ("align=center&position=top", {"align": "center", "position": "top"}),
        ("align=justify&position=left", {}),
        ("color=ffcc00&background=00000080", {"color": "#ffcc00", "background": "#00000080"}),
        ("color=red&background=transparent", {"color": "red", "background": "transparent"}),
        ("color=var(--x)&background=url(x)", {}),
        ("color=nonsense", {}),
        ("font=Noto Sans", {"font": '"Noto Sans", '}),
        ('font=x";y', {}),
        ("characters=32", {"characters": 32}),
        ("characters=1", {"characters": 12}),
        ("fade=0", {"fadeSeconds": 0}),
        ("fade=1", {"fadeSeconds": 3}),
        ("fade=-1", {"fadeSeconds": 0}),
        ("fade=20", {"fadeSeconds": 20}),
    ],
)
async def test_the_overlay_looks_as_its_address_says_or_as_usual(
    node: Path, query: str, look: dict[str, object]
) -> None:
    supports = "(_, value) => /^(#.*|red|transparent)$/.test(value)"
    read = f"[page.USUAL, page.lookOf(new URLSearchParams(given.query), {supports})]"

    usual, made = await found(node, "overlay-look.js", read, query=query)

    assert made == usual | look


async def test_the_overlay_shows_the_last_lines_that_were_said_since_it_faded(node: Path) -> None:
    script = """
        const { OverlayWindow } = await import(at("overlay-window.js"));
        const window = new OverlayWindow(2);
        const shown = (...lines) => lines.slice(window.from(lines.length)).join("");
        const steps = [shown("a"), shown("a", "b", "c")];
        window.clear(3, false);
        steps.push(shown("a", "b", "c"));
        window.open(4);
        steps.push(shown("a", "b", "c", "d"), shown("a", "b", "c", "d", "e"));
        window.clear(5, true);
        steps.push(shown("a", "b", "c", "d", "e"));
        window.open(5);
        steps.push(shown("a", "b", "c", "d", "e"));
        say(...steps);
    """

    assert await result(node, script) == ["a", "bc", "", "d", "de", "", "e"]


# A break takes away what is not final; or what is heard turns out to be shorter.
@pytest.mark.parametrize("counts", [[3], []])
async def test_the_overlay_shows_words_again_that_come_back_shorter(
    node: Path, counts: list[int]
) -> None:
    script = """
        const { OverlayWindow } = await import(at("overlay-window.js"));
        const window = new OverlayWindow(2);
        window.clear(6, true);
        for (const count of given.counts) window.limit(count);
        window.limit(4);
        window.open(4);
        say(window.from(4));
    """

    assert await result(node, script, counts=counts) == [3]


async def test_a_story_is_laid_out_anew_for_another_width(node: Path) -> None:
    script = """
        const { CaptionStory } = await import(at("caption-story.js"));
        const story = new CaptionStory(42);
        const heard = { session: "a", start: 0, end: 1, committed: 0 };
        const text = () => story.lines().map((line) => line.map(({ text }) => text).join(""));
        story.take({ type: "final", ...heard, number: 1, utterance: 1, text: "So it goes." });
        story.take({ type: "partial", ...heard, utterance: 2, text: "And so" });
        story.take({ type: "partial", ...heard, utterance: 2, text: "And so on" });
        const before = text();
        story.columns = 12;
        const narrow = text();
        story.take({ type: "closed", reason: "ended" });
        story.columns = 42;
        say(before, narrow, text());
    """

    assert await result(node, script) == [
        ["So it goes. And so on"],
        ["So it goes.", "And so on"],
        ["So it goes."],
    ]


LONG_STORY = """
    const { CaptionStory } = await import(at("caption-story.js"));
    const text = (line) => line.map(({ text }) => text).join("");
    const heard = (number) => ({
      type: number % 3 === 0 ? "partial" : "final", committed: 0, language: "en",
      session: number % 2 ? "a" : "b", utterance: number, number,
      start: 9 * number, end: 9 * number + 3,
      text: "It goes on and on. ".repeat(1 + (number % 5)),
    });
"""


async def test_what_is_new_of_a_story_is_all_that_changes_and_little(node: Path) -> None:
    script = """
        const story = new CaptionStory(30);
        const shown = [];
        const isAll = () => shown.map(text).join() === story.lines().map(text).join();
        let isSame = true, most = 0;
        for (let number = 1; number <= 900; number += 1) {
          story.take(heard(number));
          if (number === 500) story.columns = 42;
          const { from, lines } = story.news();
          shown.splice(from, Infinity, ...lines);
          if (number !== 500) most = Math.max(most, lines.length);
          isSame &&= shown.length === story.count && (number % 50 > 0 || isAll());
        }
        say(isSame, shown.length > 900, most < 30);
    """

    assert await result(node, LONG_STORY + script) == [True, True, True]


async def test_a_story_that_forgets_still_knows_its_last_lines(node: Path) -> None:
    script = """
        const [whole, short] = [new CaptionStory(30), new CaptionStory(30, false)];
        let isSame = true;
        for (let number = 1; number <= 900; number += 1) {
          for (const story of [whole, short]) story.take(heard(number));
          const last = (story) => story.lines(story.count - 6).map(text).join();
          isSame &&= whole.count === short.count && last(whole) === last(short);
        }
        say(isSame, whole.count === whole.lines().length, short.lines().length < 500);
    """

    assert await result(node, LONG_STORY + script) == [True, True, True]


@pytest.mark.parametrize("name", ["captions", "overlay"])
def test_a_page_has_what_its_modules_look_for_and_nothing_inline(name: str) -> None:
    page = (WEBCLIENT / f"{name}.html").read_text(encoding="utf-8")
    modules = [each.read_text(encoding="utf-8") for each in WEBCLIENT.glob(f"{name}*.js")]

    wanted = {each for module in modules for each in re.findall(r'element\("([\w-]+)"\)', module)}
    linked = re.findall(r'(?:href|src)="page/([\w.-]+)"', page)
    assert wanted <= set(re.findall(r'id="([\w-]+)"', page))
    assert wanted
    assert all((WEBCLIENT / each).is_file() for each in linked)
    assert len(linked) >= 3
    # What the page's security policy forbids.
    assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=", page)
