import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.store.kept import final, keep, line, said, writing
from wsserver import cli
from wsserver.messages import Final
from wsserver.store.records import end_line, timestamp
from wsserver.text.captions import to_srt, to_vtt

Run = Callable[..., str]

ADA, BO = "a1" * 16, "b2" * 16
NOW = datetime.now(UTC)
FINALS = [
    final(1, "so it goes"),
    final(2, "<one> & all"),
    Final(utterance=3, text="", start=4, end=5, reason="repetition", through=0),
]


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with a session of yesterday and one of last month."""
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("store: {folder: kept}")
    yesterday = timestamp(NOW - timedelta(days=1))
    last_month = timestamp(NOW - timedelta(days=30))
    keep(tmp_path / "kept", line(ADA, started=yesterday), *FINALS, kept=yesterday)
    keep(tmp_path / "kept", line(BO, started=last_month), final(1, "old"), kept=last_month)
    return tmp_path / "kept"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `wsserver sessions`, which has to go well; give what it says."""

    def run(*arguments: str) -> str:
        assert cli.run(["sessions", *arguments]) == 0
        return capsys.readouterr().out

    return run


def record(kept: Path, session: str, size: int = 2_500_000) -> Path:
    path = kept / "audio" / f"{session}.0001.000000000000.flac"
    path.parent.mkdir()
    path.write_bytes(bytes(size))
    return path


def test_the_list_has_a_line_for_each_session_the_oldest_first(kept: Path, run: Run) -> None:
    record(kept, ADA)

    _, first, second = run("list").splitlines()

    assert first.split()[0] == BO[:12]
    assert first.split()[3:] == ["ada", "en", "0:00:02", "1", "-"]
    assert second.split()[0] == ADA[:12]
    assert second.split()[3:] == ["ada", "en", "0:00:05", "3", "2.5", "MB"]


@pytest.mark.parametrize(
    ("since", "found"),
    [
        ("2d", [ADA]),
        ("4w", [ADA]),
        ("5w", [BO, ADA]),
        ("1h", []),
        pytest.param((NOW - timedelta(days=3)).date().isoformat(), [ADA], id="a date"),
        pytest.param((NOW - timedelta(hours=25)).isoformat(), [ADA], id="a time"),
    ],
)
def test_the_list_begins_where_it_is_told_to(run: Run, since: str, found: list[str]) -> None:
    listed = [json.loads(entry) for entry in run("list", "--json", "--since", since).splitlines()]

    assert [entry["id"] for entry in listed] == found


def test_programs_get_the_list_as_json(kept: Path, run: Run) -> None:
    path = record(kept, BO)

    entry = json.loads(run("list", "--json").splitlines()[0])

    assert entry.pop("started").endswith("Z")
    assert entry == {
        "id": BO,
        "token_name": "ada",
        "ended": None,
        "model": "practice",
        "language": "en",
        "finals": 1,
        "seconds": 2.0,
        "audio": [str(path.relative_to(kept.parent))],
    }


def test_a_session_is_shown_by_the_beginning_of_its_id(run: Run) -> None:
    shown = run("show", "a1")

    assert f"session   {ADA}\n" in shown
    assert shown.endswith("0:00:01  so it goes\n0:00:02  <one> & all\n0:00:04  (repetition)\n")


def test_nothing_that_was_said_steers_the_terminal(kept: Path, run: Run) -> None:
    keep(kept, line("c3"), final(1, "\x1b]0;mine\x07"))

    assert "\x1b" not in run("show", "c3")


def test_text_is_exported_a_line_for_each_final_with_words(run: Run) -> None:
    assert run("export", ADA) == "so it goes\n<one> & all\n"


@pytest.mark.parametrize(("form", "write"), [("srt", to_srt), ("vtt", to_vtt)])
def test_captions_are_exported_as_from_the_finals_themselves(
    run: Run, form: str, write: Callable[[list[Final]], str]
) -> None:
    assert run("export", ADA, "--format", form) == write(FINALS)


def test_everything_is_exported_as_json(run: Run) -> None:
    document = json.loads(run("export", ADA, "--format", "json"))

    assert (document["id"], document["token_name"]) == (ADA, "ada")
    assert document["lines"][0]["options"]["language"] == "en"
    assert [each["text"] for each in document["finals"]] == ["so it goes", "<one> & all", ""]
    assert document["finals"][0]["words"][1]["text"] == " it"
    assert document["finals"][2]["reason"] == "repetition"


def test_an_export_goes_to_a_file(run: Run) -> None:
    assert run("export", ADA, "-o", "said.txt") == ""

    assert Path("said.txt").read_text(encoding="utf-8") == "so it goes\n<one> & all\n"


def test_sessions_are_deleted_by_their_ids(kept: Path, run: Run) -> None:
    audio = record(kept, ADA)

    run("delete", "a1", "b2")

    assert said(kept, ADA) + said(kept, BO) == []
    assert not audio.exists()


@pytest.mark.parametrize(("age", "left"), [("5w", [BO, ADA]), ("4w", [ADA]), ("12h", [])])
def test_sessions_are_deleted_by_their_age(run: Run, age: str, left: list[str]) -> None:
    run("delete", "--older-than", age)

    assert [json.loads(entry)["id"] for entry in run("list", "--json").splitlines()] == left


def test_a_session_counts_as_old_from_its_end(kept: Path, run: Run) -> None:
    with writing(kept) as connection:
        end_line(connection, line(BO).id, timestamp(NOW))

    run("delete", "--older-than", "12h")

    assert (said(kept, ADA), said(kept, BO)) == ([], ["old"])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["show", "q"], "found no session whose id begins with 'q', expected one"),
        (["export", ""], "found no session whose id begins with ''"),
        (["delete", "a1", "q"], "found no session"),
        (["delete"], "expected either IDs or --older-than"),
        (["delete", "a1", "--older-than", "1d"], "expected either IDs or --older-than"),
        (["delete", "--older-than", "2026-01-01"], "expected an age such as 12h, 30d or 4w"),
        (["delete", "--older-than", "9" * 30 + "d"], "which is before all dates"),
        (["list", "--since", "yesterday"], "found 'yesterday', expected a day such as"),
        (["export", "a1", "--format", "doc"], "'doc'"),
        (["export", "a1", "-o", "none/said.txt"], "No such file"),
    ],
)
def test_a_slip_is_wrong_usage_and_deletes_nothing(
    kept: Path, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["sessions", *arguments]) == 2

    assert complaint in re.sub(r"\s+", " ", capsys.readouterr().err)
    assert (len(said(kept, ADA)), len(said(kept, BO))) == (3, 1)


def test_the_beginning_of_two_ids_is_not_enough(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(kept, line("a1b"))

    assert cli.run(["sessions", "delete", "a1"]) == 2

    assert "found several sessions whose id begins with 'a1'" in capsys.readouterr().err
    assert len(said(kept, ADA)) == 3


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("{}", "store.folder: found none, expected where sessions are kept"),
        ("store: {folder: elsewhere}", "found no elsewhere/transcripts.sqlite3"),
        ("store: {foldr: kept}", "store.foldr: unknown key"),
    ],
)
def test_where_nothing_is_kept_that_is_said_in_one_line(
    document: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.yaml").write_text(document)

    assert cli.run(["sessions", "list"]) == 2

    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1


def test_a_configuration_elsewhere_can_be_named(run: Run) -> None:
    Path("config.yaml").rename("other.yaml")

    assert ADA[:12] in run("list", "--config", "other.yaml")


def test_help_needs_nothing_that_is_kept(run: Run) -> None:
    Path("config.yaml").unlink()

    assert "Show what was said" in run("show", "--help")
