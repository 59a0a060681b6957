import pytest

from tools.practice.evaluation.words import compare, words_of


@pytest.mark.parametrize(
    ("said", "heard", "edits", "after_end"),
    [
        ("We lost the key.", "we lost the key", 0, ""),
        ("We lost the key.", "We lost a key.", 1, ""),
        ("We lost the key.", "We lost the.", 1, ""),
        ("We lost the key.", "", 4, ""),
        ("We lost the key.", "We lost the key to the door.", 3, "to the door"),
        ("We lost", "We have lost", 1, ""),
        ("We lost", "We lust the key", 3, "the key"),
        ("We lost it.", "We lust it.", 1, ""),
        ("", "That", 1, "that"),
        ("", "", 0, ""),
    ],
)
def test_words_are_compared_without_case_and_punctuation(
    said: str, heard: str, edits: int, after_end: str
) -> None:
    compared = compare(words_of(said), words_of(heard))

    assert (compared.said, compared.edits) == (len(said.split()), edits)
    assert compared.after_end == words_of(after_end)


def test_same_words_are_paired_by_their_places() -> None:
    compared = compare(words_of("one two three"), words_of("one uh three"))

    assert compared.same == ((0, 0), (2, 2))
