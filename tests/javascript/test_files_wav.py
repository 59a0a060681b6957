"""The page reads WAV files as libsndfile does, in slices of any size."""

import base64
import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.javascript.program import result

READ = """
const { readWav, toMono } = await import(at("files/wav.js"));
const octets = new Uint8Array(Buffer.from(given.file, "base64"));
const reads = [];
const read = async (from, to) => (reads.push(to - from), octets.slice(from, to));
const wav = await readWav(read, octets.length);
const mono = [];
if (wav) {
  const step = wav.frameBytes * 7;
  for (let from = wav.start; from < wav.end; from += step) {
    mono.push(...toMono(octets.slice(from, Math.min(from + step, wav.end)), wav));
  }
}
say(wav, mono, Math.max(...reads));
"""

SAMPLES = np.sin(np.arange(50) / 5) * 0.9
STEREO = np.stack([SAMPLES, SAMPLES[::-1] / 3], axis=1)


def encoded(data: Any, subtype: str, form: str = "WAV") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, data, 22_050, subtype, format=form)
    return file.getvalue()


async def read(node: Path, file: bytes) -> tuple[dict[str, Any] | None, list[float], int]:
    wav, mono, most = await result(node, READ, url="", file=base64.b64encode(file).decode())
    return wav, mono, most


@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("data", [SAMPLES, STEREO], ids=["mono", "stereo"])
@pytest.mark.parametrize(
    "subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"]
)
async def test_every_coding_gives_the_samples_that_libsndfile_gives(
    node: Path, form: str, data: Any, subtype: str
) -> None:
    file = encoded(data, subtype, form)
    expected, _ = soundfile.read(io.BytesIO(file), always_2d=True, dtype="float32")

    wav, mono, most = await read(node, file)

    assert wav is not None
    assert (wav["rate"], wav["channels"]) == (22_050, expected.shape[1])
    assert np.allclose(mono, expected.mean(axis=1), atol=1e-6)
    assert most <= 48


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


FORMAT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 16_000, 32_000, 2, 16))
DATA = struct.pack("<4h", 1, 2, 3, 4)
TAGS = chunk(b"LIST", b"INFOodd")


@pytest.mark.parametrize(
    ("chunks", "frames"),
    [
        pytest.param(FORMAT + chunk(b"data", DATA), 4, id="plain"),
        pytest.param(TAGS + FORMAT + TAGS + chunk(b"data", DATA), 4, id="tags before"),
        pytest.param(FORMAT + chunk(b"data", DATA) + TAGS, 4, id="tags behind"),
        pytest.param(FORMAT + b"data\xff\xff\xff\xff" + DATA, 4, id="from a pipe"),
        pytest.param(FORMAT + b"data\0\0\0\0" + DATA, 4, id="never closed"),
        pytest.param(FORMAT + b"data\x64\0\0\0" + DATA[:5], 2, id="cut"),
    ],
)
async def test_the_samples_are_found_wherever_they_are(
    node: Path, chunks: bytes, frames: int
) -> None:
    wav, mono, _ = await read(node, b"RIFF\0\0\0\0WAVE" + chunks)

    assert wav is not None
    assert mono == [sample / 2**15 for sample in range(1, frames + 1)]


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"RIFF", id="cut in its name"),
        pytest.param(b"OggS" + bytes(60), id="another kind"),
        pytest.param(b"RIFF\0\0\0\0AVI " + bytes(60), id="a film"),
        pytest.param(b"RIFF\0\0\0\0WAVE" + chunk(b"data", DATA), id="no format"),
        pytest.param(b"RIFF\0\0\0\0WAVE" + FORMAT, id="no data"),
        pytest.param(b"RIFF\0\0\0\0WAVE" + FORMAT[:12], id="cut in its format"),
        pytest.param(encoded(SAMPLES, "IMA_ADPCM"), id="compressed"),
    ],
)
async def test_what_is_no_plain_wav_is_left_to_the_decoders(node: Path, file: bytes) -> None:
    wav, _, _ = await read(node, file)

    assert wav is None
