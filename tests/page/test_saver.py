from typing import Any

import pytest
from playwright.async_api import Page


async def saved_after(modules: Page, steps: str, expression: str) -> Any:
    """Take the steps with a saver and a keeper of a hundred samples a second."""
    return await modules.evaluate(
        f"""async () => {{
          const {{ Keeper }} = await import("/page/client/keeper.js");
          const {{ Saver }} = await import("/page/saver.js");
          const {{ openShelf }} = await import("/page/shelf.js");
          const shelf = await openShelf();
          for (const {{ id }} of await shelf.heads()) await shelf.remove(id);
          const saver = new Saver(), keeper = new Keeper(100);
          const now = {{ keeper, cursor: null, wishes: {{}}, text: "one" }};
          const look = (news) => saver.look(Object.assign(now, news));
          const speak = (samples) => {{ keeper.push(new Int16Array(samples).fill(7)); look(); }};
          const turn = () => new Promise((resolve) => setTimeout(resolve));
          const settled = async (isSo) => {{ while (!(await isSo())) await turn(); }};
          const ends = async () => {{
            const [head] = await shelf.heads();
            return head ? (await shelf.read(head.id)).sound.map(([at, s]) => at + s.length) : [];
          }};
          const heads = () => shelf.heads();
          const find = () => new Saver().find(() => true);
          try {{ {steps}; return {expression}; }}
          finally {{ saver.close(); await settled(async () => (await heads()).length === 0); }}
        }}"""
    )


async def test_sound_is_written_in_steps(modules: Page) -> None:
    written = await saved_after(
        modules,
        """
        for (let i = 0; i < 10; i++) speak(3);
        await settled(async () => (await ends()).at(-1) === 30);
        """,
        "(await ends()).at(-1)",
    )

    assert written == 30


async def test_a_final_is_written_at_once(modules: Page) -> None:
    left = await saved_after(
        modules,
        """
        speak(20);
        await settled(async () => (await ends()).at(-1) === 20);
        keeper.settle(18, 15);
        look({ cursor: "c", text: "one two" });
        await settled(async () => (await heads())[0].cursor === "c");
        """,
        "(await heads()).map(({ text, places: p, rate }) => [text, p.through, p.first, rate])[0]",
    )

    assert left == ["one two", 18, 15, 100]


async def test_what_is_over_is_deleted(modules: Page) -> None:
    left = await saved_after(
        modules,
        """
        speak(20);
        saver.close();
        await settled(async () => (await heads()).length === 0);
        speak(1);
        await settled(async () => (await heads()).length === 1);
        """,
        "[await ends(), (await heads()).length]",
    )

    assert left == [[21], 1]


async def test_silence_that_is_final_is_not_kept(modules: Page) -> None:
    left = await saved_after(
        modules, "keeper.push(new Int16Array(20)); keeper.settle(20); look()", "await heads()"
    )

    assert left == []


async def test_no_other_tab_finds_it_meanwhile(modules: Page) -> None:
    found = await saved_after(
        modules,
        "speak(20); await settled(async () => (await heads()).length === 1)",
        "[await find(), (await heads()).length]",
    )

    assert found == [None, 1]


@pytest.mark.parametrize("missing", ["indexedDB", "navigator.locks"])
async def test_it_tells_where_nothing_can_be_kept(modules: Page, missing: str) -> None:
    """A page of its own, since a shelf that is open stays open."""
    hide = {
        "indexedDB": "Object.defineProperty(globalThis, 'indexedDB', { value: undefined })",
        "navigator.locks": "Object.defineProperty(navigator, 'locks', { value: undefined })",
    }[missing]
    page = await modules.context.new_page()
    await page.add_init_script(hide)
    await page.goto(modules.url)
    told = await page.evaluate(
        """async () => {
          const { Keeper } = await import("/page/client/keeper.js");
          const { Saver } = await import("/page/saver.js");
          const saver = new Saver(), keeper = new Keeper(100);
          keeper.push(new Int16Array(20));
          saver.look({ keeper, cursor: null, wishes: {}, text: "" });
          while (saver.isSaving) await new Promise((resolve) => setTimeout(resolve));
          saver.close();
          return [saver.isSaving, await saver.find(() => true)];
        }"""
    )
    await page.close()

    assert told == [False, None]


async def test_where_there_is_no_room_it_tries_again_later(modules: Page) -> None:
    told = await saved_after(
        modules,
        """
        const write = shelf.constructor.prototype.write;
        let tries = 0;
        shelf.constructor.prototype.write = () => {
          tries += 1;
          return Promise.reject(new DOMException("full", "QuotaExceededError"));
        };
        speak(20);
        await settled(() => !saver.isSaving);
        speak(100);
        speak(100);
        await turn();
        const triesWithin = tries;
        shelf.constructor.prototype.write = write;
        speak(400);
        await settled(() => saver.isSaving);
        """,
        "[triesWithin, await ends()]",
    )

    assert told == [1, [620]]


async def test_what_another_page_left_is_found_once(modules: Page) -> None:
    """Written here by hand, as the page that left it is gone."""
    left = """
      const head = { id: "a", savedAt: 1, rate: 100, cursor: "c", wishes: {}, text: "one" };
      const places = { origin: 0, first: 5, through: 6, done: 6, orders: [] };
      await shelf.write({ ...head, places }, 0, new Int16Array(20), 5);
    """

    found = await saved_after(
        modules,
        left,
        """[
          await new Saver().find(() => false),
          await saver.find(() => true).then((f) => [f.keeper.seconds, f.cursor, f.text]),
          await find(),
        ]""",
    )

    assert found == [None, [0.14, "c", "one"], None]
