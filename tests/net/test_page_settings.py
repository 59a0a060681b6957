import json

import pytest

from tests.net.doorway import Setup, open_doorway
from wsserver.net.page_settings import COMMANDS, NAME, Action, PageSettings, settings_page
from wsserver.net.pages import Page, page_routes


def index() -> Page:
    return Page(b"<!doctype html>", "text/html; charset=utf-8", "1")


async def test_the_page_is_told_the_commands() -> None:
    commands: dict[str, dict[str, Action]] = {"de": {"neue Zeile": "new_line"}}
    pages = {"index.html": index(), NAME: settings_page(PageSettings(commands=commands))}

    async with (
        open_doorway(Setup(routes=page_routes(pages))) as doorway,
        doorway.browser() as browser,
        browser.get("/page/settings.json") as answer,
    ):
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/json"
        assert await answer.json() == {"commands": commands}


def test_the_mark_of_the_settings_changes_with_them() -> None:
    assert settings_page(PageSettings()) == settings_page(PageSettings(commands=COMMANDS))
    assert settings_page(PageSettings()).etag != settings_page(PageSettings(commands={})).etag


@pytest.mark.parametrize("language", COMMANDS)
def test_every_language_has_every_command(language: str) -> None:
    told = json.loads(settings_page(PageSettings()).content)["commands"][language]

    assert set(told.values()) == {
        *("new_line", "new_paragraph", "scratch_that", "undo", "stop_dictation")
    }
