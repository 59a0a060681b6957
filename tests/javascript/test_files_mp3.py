"""The page finds every frame of an MP3, whatever is before and behind them."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.javascript.program import result

READ = """
const { readMp3 } = await import(at("files/mp3.js"));
const behind = Buffer.alloc(given.behind ?? 0);
const octets = new Uint8Array(Buffer.concat([Buffer.from(given.file, "base64"), behind]));
say(await readMp3(async (from, to) => octets.slice(from, to), octets.length));
"""

RATES = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]

TAG = b"ID3\4\0\0\0\0\2\1" + bytes(257)
LYRICS = b"TAG" + bytes(125)


def encoded(rate: int, channels: int = 1, mode: str = "VARIABLE") -> bytes:
    noise = np.random.default_rng(1).normal(size=(2 * rate, channels)) / 10
    file = io.BytesIO()
    soundfile.write(file, noise, rate, format="MP3", bitrate_mode=mode, compression_level=0.5)
    return file.getvalue()


async def read(node: Path, file: bytes, behind: int = 0) -> dict[str, Any] | None:
    """Read *file*, with so many empty octets behind it."""
    coded = base64.b64encode(file).decode()
    (mp3,) = await result(node, READ, url="", file=coded, behind=behind)
    found: dict[str, Any] | None = mp3
    return found


@pytest.mark.parametrize("rate", RATES)
async def test_all_frames_are_found(node: Path, rate: int) -> None:
    file = encoded(rate)

    mp3 = await read(node, file)

    assert mp3 is not None
    assert mp3["rate"] == rate
    seconds = len(mp3["starts"]) * mp3["frameSamples"] / rate
    # An encoder puts a frame or two around what it is given.
    assert 2 <= seconds <= 2 + 4 * mp3["frameSamples"] / rate
    assert mp3["end"] == len(file)
    assert all(file[start] == 0xFF for start in mp3["starts"])
    assert file[mp3["starts"][0] :].find(b"Xing") not in range(64)


@pytest.mark.parametrize("mode", ["CONSTANT", "AVERAGE", "VARIABLE"])
@pytest.mark.parametrize("channels", [1, 2])
async def test_frames_may_be_of_any_length(node: Path, mode: str, channels: int) -> None:
    mp3 = await read(node, encoded(44_100, channels, mode))

    assert mp3 is not None
    assert 2 <= len(mp3["starts"]) * 1152 / 44_100 <= 2.1


async def test_tags_are_no_sound(node: Path) -> None:
    plain = encoded(16_000)
    bare = await read(node, plain)

    tagged = await read(node, TAG + plain + LYRICS)

    assert bare is not None
    assert tagged is not None
    assert tagged["starts"] == [start + len(TAG) for start in bare["starts"]]
    assert tagged["end"] == len(TAG) + bare["end"]


async def test_a_frame_that_was_cut_is_left_out(node: Path) -> None:
    plain = encoded(16_000)
    whole = await read(node, plain)

    cut = await read(node, plain[:-1])

    assert whole is not None
    assert cut is not None
    assert cut["starts"] == whole["starts"][:-1]


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"ID3", id="cut in its tag"),
        pytest.param(TAG, id="nothing but a tag"),
        pytest.param(b"\xff" * 4000, id="no such rate"),
        pytest.param(b"OggS" + bytes(4000), id="another kind"),
    ],
)
async def test_what_is_not_frame_by_frame_is_left_to_the_decoders(node: Path, file: bytes) -> None:
    assert await read(node, file) is None


async def test_a_file_with_more_behind_its_frames_than_tags_is_left_to_them_too(node: Path) -> None:
    assert await read(node, encoded(16_000), behind=100 * 1024) is not None
    assert await read(node, encoded(16_000), behind=300 * 1024) is None
