"""An MP3 that is decoded piece by piece sounds like one that is decoded at once."""

import base64
import io

import numpy as np
import soundfile
from playwright.async_api import Page

from tests.conftest import Sample

PIECES = """async (file) => {
  const { decodePieces } = await import("/page/files/decoder.js");
  const { readMp3 } = await import("/page/files/mp3.js");
  const octets = Uint8Array.from(atob(file), (c) => c.charCodeAt(0));
  const read = async (from, to) => octets.slice(from, to);
  const mp3 = await readMp3(read, octets.length);
  const join = async (from) => {
    const joined = [];
    for await (const block of decodePieces(mp3, read, from)) for (const s of block) joined.push(s);
    return joined;
  };
  const pieces = await join(0);
  const context = new OfflineAudioContext(1, 1, mp3.rate);
  const whole = (await context.decodeAudioData(octets.slice().buffer)).getChannelData(0);
  const apart = (shift) => {
    let worst = 0;
    for (let i = 0; i < whole.length; i += 1) {
      worst = Math.max(worst, Math.abs(whole[i] - (pieces[i + shift] ?? 0)));
      if (worst > 1e-3) break;
    }
    return worst;
  };
  const longest = pieces.length - whole.length;
  const shifts = Array.from({ length: longest + 1 }, (_, shift) => shift);
  const later = await join(100);
  const skipped = 100 * mp3.frameSamples;
  return {
    expected: mp3.starts.length * mp3.frameSamples,
    pieces: pieces.length,
    apart: Math.min(...shifts.map(apart)),
    isSameLater: later.every((sample, i) => Math.abs(sample - pieces[i + skipped]) < 1e-3),
    later: later.length + skipped,
  };
}"""


async def test_the_joints_of_pieces_cannot_be_heard(modules: Page, samples: list[Sample]) -> None:
    said = [soundfile.read(sample.path)[0] for sample in samples if "my-uncle" in sample.path.name]
    sound = np.tile(said[0], 50)
    file = io.BytesIO()
    soundfile.write(file, sound, 16_000, format="MP3")

    found = await modules.evaluate(PIECES, base64.b64encode(file.getvalue()).decode())

    assert len(sound) > 2 * 60 * 16_000, "expected more than two pieces"
    assert found["pieces"] == found["later"] == found["expected"]
    assert found["apart"] < 1e-3
    assert found["isSameLater"]
