"""Finals for the tests of captions."""

from collections.abc import Sequence

from hypothesis import strategies as st

from wsserver.messages import Final, TimedWord


def final(
    text: str,
    start: float = 0.0,
    end: float = 1.0,
    words: Sequence[TimedWord] | None = None,
    language: str | None = "en",
) -> Final:
    spoken = None if words is None else tuple(words)
    return Final(
        utterance=0, text=text, start=start, end=end, language=language, words=spoken, through=0
    )


def word(text: str, start: float, end: float) -> TimedWord:
    return TimedWord(text=text, start=start, end=end, probability=0.9)


times = st.floats(0, 400_000, allow_nan=False)
texts = (
    st.text(max_size=200) | st.text("ab, .", max_size=200) | st.text("語を。เก 가a", max_size=60)
)
languages = st.sampled_from(["en", "de", "ja", None, "xx"])
words = st.lists(st.builds(word, texts, times, times), max_size=20)
finals = st.builds(final, texts, times, times, st.none() | words, languages)
stories = st.lists(finals, max_size=6)


@st.composite
def conversations(draw: st.DrawFn) -> list[Final]:
    """Finals as they come: in order, of words that follow one another."""
    at, made = 0.0, []
    for text in draw(st.lists(st.text("abc ,.", min_size=1, max_size=150), max_size=6)):
        start = at + draw(st.floats(0, 5))
        at = start + len(text) / draw(st.floats(5, 40))
        made.append(final(text, start, at))
    return made
