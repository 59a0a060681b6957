import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.kept import TOLD, final, keep, line, said, writing
from wsserver.messages import Start
from wsserver.store import records
from wsserver.store.archive import Archive
from wsserver.store.database import FILE_NAME
from wsserver.store.records import add_final, add_line, end_line


def test_a_final_is_kept_with_its_words_and_times(tmp_path: Path) -> None:
    spoken = final(1, "so it goes")

    keep(tmp_path, line(), spoken)

    with Archive(tmp_path) as archive:
        (kept,) = archive.finals("a1")
    for field in ("utterance", "text", "start", "end", "language", "reason", "words"):
        assert getattr(kept, field) == getattr(spoken, field)


def test_a_line_is_kept_with_its_options_and_its_end(tmp_path: Path) -> None:
    start = Start(encoding="mulaw", sample_rate=8_000, channels=2, hotwords=("Ada",), prompt="é")
    begun = dataclasses.replace(line(), start=start)

    keep(tmp_path, begun)
    with writing(tmp_path) as connection:
        end_line(connection, begun.id, "2026-11-22T11:00:00.000Z")

    with Archive(tmp_path) as archive:
        (kept,) = archive.lines("a1")
    assert (kept.encoding, kept.sample_rate, kept.channels) == ("mulaw", 8_000, 2)
    assert (kept.started, kept.ended) == (TOLD, "2026-11-22T11:00:00.000Z")
    assert kept.options["hotwords"] == ["Ada"]
    assert kept.options["prompt"] == "é"


def test_no_cursor_is_kept(tmp_path: Path) -> None:
    begun = dataclasses.replace(line(), start=Start(resume="sealed-secret"))

    keep(tmp_path, begun, final(1, "hello"))

    assert b"sealed-secret" not in (tmp_path / FILE_NAME).read_bytes()


def test_every_option_of_a_start_is_kept_or_known_to_be_left_out() -> None:
    elsewhere = {"type", "encoding", "sample_rate", "channels"}
    secret = {"resume"}

    kept = dataclasses.asdict(Start()).keys() - elsewhere - secret

    assert set(records._KEPT_OPTIONS) == kept


def test_lone_surrogates_are_kept_as_question_marks(tmp_path: Path) -> None:
    begun = dataclasses.replace(
        line(), start=Start(prompt="a\ud800b"), model="\udc80.pt", token_name="\udfffa"
    )

    keep(tmp_path, begun, final(1, "c\udfffd"))

    assert said(tmp_path) == ["c?d"]
    with Archive(tmp_path) as archive:
        (session,) = archive.sessions()
    assert (session.model, session.token_name) == ("?.pt", "?a")


def test_what_is_said_twice_is_kept_once(tmp_path: Path) -> None:
    for _ in range(3):
        keep(tmp_path, line(), final(1, "one"), final(2, "two"))

    assert said(tmp_path) == ["one", "two"]


def test_a_final_of_a_session_that_was_deleted_is_not_kept(tmp_path: Path) -> None:
    keep(tmp_path, line(), final(1, "one"))
    with Archive(tmp_path) as archive:
        archive.delete(["a1"])

    with writing(tmp_path) as connection:
        add_final(connection, line().id, final(2, "two"), TOLD)

    assert said(tmp_path) == []


Range = tuple[int, int]


@pytest.mark.parametrize(
    ("older", "newer", "kept"),
    [
        # It goes on; says one again; says more (a break had cut it short); says less.
        ([(1, 2)], [(2, 3)], ["older 1-2", "newer 2-3"]),
        ([(1, 2), (2, 3)], [(2, 3)], ["older 1-2", "newer 2-3"]),
        ([(1, 2), (2, 3)], [(2, 5)], ["older 1-2", "newer 2-5"]),
        ([(1, 2), (2, 5)], [(2, 3)], ["older 1-2", "newer 2-3"]),
        # Hears nothing where the older one had heard something.
        ([(1, 2), (3, 4), (5, 6)], [(1, 2), (5, 6)], ["newer 1-2", "newer 5-6"]),
        # Has not come as far yet.
        ([(1, 2), (2, 3)], [(1, 2)], ["newer 1-2", "older 2-3"]),
    ],
)
@pytest.mark.parametrize("is_late", [False, True])
def test_the_higher_generation_is_right_where_it_has_come(
    tmp_path: Path, older: list[Range], newer: list[Range], kept: list[str], is_late: bool
) -> None:
    lines = [(1, "older", older), (2, "newer", newer)]

    for generation, name, spoken in reversed(lines) if is_late else lines:
        finals = [
            final(number, f"{name} {start}-{end}", start=start, end=end)
            for number, (start, end) in enumerate(spoken, 1)
        ]
        keep(tmp_path, line(generation=generation), *finals)

    assert said(tmp_path) == kept


@given(st.permutations([1, 2, 3] * 4), st.data())
def test_however_lines_talk_across_each_other_all_is_kept_once(
    turns: list[int], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder, writing(Path(folder)) as connection:
        come = dict.fromkeys((1, 2, 3), 0)
        for generation in come:
            add_line(connection, line(generation=generation))
        for generation in turns:
            come[generation] += 1
            again = data.draw(st.integers(1, come[generation]))
            for utterance in (come[generation], again):
                spoken = final(utterance, f"{utterance}")
                add_final(connection, line(generation=generation).id, spoken, TOLD)

        kept = connection.execute("SELECT text, generation FROM final ORDER BY start_seconds")

        assert kept.fetchall() == [(f"{utterance}", 3) for utterance in range(1, 5)]
