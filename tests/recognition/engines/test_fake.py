import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.errors import EngineError
from wsserver.recognition.engines.fake import WORD_SAMPLES, FakeEngine, Script
from wsserver.speech import DecodeOptions, Hypothesis, Priority, Samples, Window


def window(audio: Samples, start: int = 0, utterance: int = 0) -> Window:
    return Window("s", utterance, Priority.FINAL, start, audio, DecodeOptions())


def sound(length: int) -> Samples:
    return np.full(length, 0.1, np.float32)


def hear(script: Script, *windows: Window) -> list[Hypothesis]:
    return FakeEngine(script).recognize(windows)


@pytest.mark.parametrize(
    ("start", "length", "text"),
    [
        (0, 0, ""),
        (0, 3200, ""),
        (0, 3201, "w0"),
        (0, 32_000, "w0 w1 w2 w3 w4"),
        (3200, 6400, "w0"),
        (3201, 6400, "w1"),
        (64_000, 12_800, "w10 w11"),
    ],
)
def test_words_are_heard_where_their_middle_lies(start: int, length: int, text: str) -> None:
    [heard] = hear(Script(), window(sound(length), start))

    assert heard.text == text
    assert bytes(heard.tokens).decode() == text


def test_silence_says_nothing() -> None:
    audio = sound(5 * WORD_SAMPLES)
    audio[WORD_SAMPLES : 3 * WORD_SAMPLES] = 0

    [heard] = hear(Script(), window(audio))

    assert heard.text == "w0 w3 w4"


@given(st.integers(0, 10**6), st.integers(0, 10**5), st.integers(0, 10**5))
def test_windows_that_meet_hear_what_one_window_hears(start: int, left: int, right: int) -> None:
    before, after = window(sound(left), start), window(sound(right), start + left)

    parts = hear(Script(), before, after)
    [whole] = hear(Script(), window(sound(left + right), start))

    heard = " ".join(part.text for part in parts).split()
    assert heard == whole.text.split()


def test_words_lie_in_order_inside_the_window() -> None:
    spoken = window(sound(20_000), start=10_000)

    [positions] = hear(Script(), spoken)
    [scripted] = hear(Script(said={0: "three more words"}), spoken)

    for heard in (positions, scripted):
        times = [time for word in heard.words for time in (word.start, word.end)]
        assert times == sorted(times)
        assert spoken.start <= times[0]
        assert times[-1] <= spoken.end
        assert "".join(word.text for word in heard.words).strip() == heard.text
    assert scripted.text == "three more words"


def test_a_fault_strikes_a_batch_that_holds_its_utterance(tmp_path: Path) -> None:
    script = Script(faults={3: "raise", 4: "short"}, once=tmp_path / "struck")

    with pytest.raises(EngineError, match="the script says"):
        hear(script, window(sound(6400)), window(sound(6400), utterance=3))
    after = hear(script, window(sound(6400), utterance=3))

    assert [heard.text for heard in after] == ["w0"]


def test_a_short_batch_lacks_a_hypothesis() -> None:
    script = Script(faults={4: "short"})

    heard = hear(script, window(sound(6400)), window(sound(6400), utterance=4))

    assert len(heard) == 1


def test_an_exit_ends_the_process() -> None:
    program = (
        "import numpy as np\n"
        "from wsserver.recognition.engines.fake import FakeEngine, Script\n"
        "from wsserver.speech import Priority, Window\n"
        "silence = Window('s', 0, Priority.FINAL, 0, np.zeros(1, np.float32))\n"
        "FakeEngine(Script(faults={0: 'exit'})).recognize([silence])\n"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 70


def test_a_hang_never_returns() -> None:
    done = threading.Event()
    script = Script(faults={0: "hang"})

    def work() -> None:
        hear(script, window(sound(10)))
        done.set()

    threading.Thread(target=work, daemon=True).start()

    assert not done.wait(0.1)


def test_a_batch_takes_what_it_and_its_windows_take(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("wsserver.recognition.engines.fake.time.sleep", slept.append)

    hear(Script(batch_s=5.0, delay_s=1.0), window(sound(9)), window(sound(9)))

    assert slept == [7.0]


def test_a_batch_takes_its_memory() -> None:
    script = Script(batch_bytes=2**60)

    with pytest.raises(MemoryError):
        hear(script, window(sound(9)))
