/**
 * Open a file and hand over its sound in blocks: mono, at one rate, from any place on.
 * Knows which files are read piece by piece; knows nothing of sessions or the page.
 */

import { decodePieces, decodeWhole } from "./decoder.js";
import { RATE, Unusable } from "./limits.js";
import { readMp3 } from "./mp3.js";
import { Resampler } from "./resampler.js";
import { readWav, toMono } from "./wav.js";

const BLOCK_SECONDS = 1;

/** A shorter MP3 is decoded at once, which is simpler and exact to the sample. */
const LONG_MP3_SECONDS = 300;

/**
 * @typedef {AsyncGenerator<Float32Array>} Blocks
 * @typedef {{samples: number, read: (from: number) => Blocks}} Sound *samples* in all, at the rate
 *   that is sent; *read* from one of them on
 */

/**
 * Open a sound or video file.  WAV and long MP3 files are read piece by piece, whatever their length;
 * others are decoded at once.
 * @param {File} file
 * @returns {Promise<Sound>}
 * @throws {Unusable}
 */
export async function openSound(file) {
  if (file.size === 0) throw new Unusable("empty");
  const read = (/** @type {number} */ from, /** @type {number} */ to) => slice(file, from, to);
  const wav = await readWav(read, file.size);
  if (wav) return fromWav(read, wav);
  const mp3 = await readMp3(read, file.size);
  const seconds = mp3 ? (mp3.starts.length * mp3.frameSamples) / mp3.rate : 0;
  if (mp3 && seconds > LONG_MP3_SECONDS) return fromMp3(read, mp3);
  return decodeWhole(file, () => file.arrayBuffer().catch(gone));
}

/**
 * @param {import("./wav.js").Read} read
 * @param {import("./wav.js").Wav} wav
 * @returns {Sound}
 */
function fromWav(read, wav) {
  const { rate, frameBytes, start, end } = wav;
  const frames = (end - start) / frameBytes;
  if (frames === 0) throw new Unusable("no_sound");
  const step = Math.round(rate * BLOCK_SECONDS) * frameBytes;
  const blocks = async function* (/** @type {number} */ from) {
    const first = start + Math.floor((from * rate) / RATE) * frameBytes;
    for (let at = first; at < end; at += step) {
      yield toMono(await read(at, Math.min(at + step, end)), wav);
    }
  };
  return {
    samples: Math.ceil((frames * RATE) / rate),
    read: (from) => resampled(blocks(from), rate),
  };
}

/**
 * @param {import("./wav.js").Read} read
 * @param {import("./mp3.js").Mp3} mp3
 * @returns {Sound}
 */
function fromMp3(read, mp3) {
  const { rate, frameSamples, starts } = mp3;
  const frameOf = (/** @type {number} */ from) => Math.floor((from * rate) / RATE / frameSamples);
  return {
    samples: Math.ceil((starts.length * frameSamples * RATE) / rate),
    read: (from) => resampled(decodePieces(mp3, read, frameOf(from)), rate),
  };
}

/**
 * @param {Blocks} blocks
 * @param {number} rate
 * @returns {Blocks}
 */
async function* resampled(blocks, rate) {
  if (rate === RATE) return yield* blocks;
  const resampler = new Resampler(rate, RATE);
  for await (const block of blocks) yield resampler.push(block);
  yield resampler.end();
}

/**
 * @param {File} file
 * @param {number} from
 * @param {number} to
 */
async function slice(file, from, to) {
  return new Uint8Array(await file.slice(from, to).arrayBuffer().catch(gone));
}

/**
 * @param {unknown} cause
 * @returns {never}
 */
function gone(cause) {
  throw new Unusable("gone", { cause });
}
