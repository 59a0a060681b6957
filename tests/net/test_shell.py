import pytest

from wsserver.net.shell import shell_of

FILES = {"index.html": b"page", "main.js": b"1", "service-worker.js": b"w", "settings.json": b"{}"}


def test_the_same_files_are_the_same_version() -> None:
    assert shell_of(FILES) == shell_of(dict(reversed(FILES.items())))


@pytest.mark.parametrize("name", ["index.html", "main.js", "service-worker.js"])
def test_another_file_is_another_version(name: str) -> None:
    assert shell_of({**FILES, name: b"other"}).version != shell_of(FILES).version


def test_one_file_more_or_less_is_another_version() -> None:
    versions = {shell_of(files).version for files in (FILES, {**FILES, "more.css": b""}, {})}

    assert len(versions) == 3


def test_what_the_operator_sets_is_neither_kept_nor_a_version() -> None:
    shell = shell_of({**FILES, "settings.json": b"other"})

    assert shell.hashes.keys() == {"index.html", "main.js"}
    assert shell.version == shell_of(FILES).version
