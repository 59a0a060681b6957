/**
 * Open a file and hand over its sound in blocks: mono, at one rate, from any place on.
 * Knows files and the browser's decoders; knows nothing of sessions or the page.
 */

import { checkFits, RATE, Unusable } from "./limits.js";
import { Resampler } from "./resampler.js";
import { readWav, toMono } from "./wav.js";

const BLOCK_SECONDS = 1;

/** A file that does not tell its length by then may not tell it at all. */
const PROBE_MS = 10_000;

/**
 * @typedef {AsyncGenerator<Float32Array>} Blocks
 * @typedef {{samples: number, read: (from: number) => Blocks}} Sound *samples* in all, at the rate
 *   that is sent; *read* from one of them on
 */

/**
 * Open a sound or video file.  WAV files are read piece by piece, whatever their length; others are
 * decoded at once.
 * @param {File} file
 * @returns {Promise<Sound>}
 * @throws {Unusable}
 */
export async function openSound(file) {
  if (file.size === 0) throw new Unusable("empty");
  const read = (/** @type {number} */ from, /** @type {number} */ to) => slice(file, from, to);
  const wav = await readWav(read, file.size);
  return wav ? fromWav(read, wav) : decode(file);
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
    read: (from) => (rate === RATE ? blocks(from) : resampled(blocks(from), rate)),
  };
}

/**
 * @param {Blocks} blocks
 * @param {number} rate
 * @returns {Blocks}
 */
async function* resampled(blocks, rate) {
  const resampler = new Resampler(rate, RATE);
  for await (const block of blocks) yield resampler.push(block);
  yield resampler.end();
}

/**
 * @param {File} file
 * @returns {Promise<Sound>}
 */
async function decode(file) {
  const { seconds, hasPicture } = await probe(file);
  const { deviceMemory } = /** @type {{deviceMemory?: number}} */ (navigator);
  checkFits(file.size, seconds, deviceMemory);
  // Whatever its rate is: a context decodes to its own.
  const context = new OfflineAudioContext(1, 1, RATE);
  const octets = await file.arrayBuffer().catch(gone);
  const decoded = await context.decodeAudioData(octets).catch((cause) => {
    throw new Unusable(hasPicture ? "no_sound" : "unknown", { cause });
  });
  if (decoded.length === 0) throw new Unusable("no_sound");
  return { samples: decoded.length, read: (from) => mixed(decoded, from) };
}

/**
 * @param {AudioBuffer} decoded
 * @param {number} from
 * @returns {Blocks}
 */
async function* mixed(decoded, from) {
  const channels = Array.from({ length: decoded.numberOfChannels }, (_, c) =>
    decoded.getChannelData(c),
  );
  for (let at = from; at < decoded.length; at += RATE * BLOCK_SECONDS) {
    const length = Math.min(RATE * BLOCK_SECONDS, decoded.length - at);
    yield Float32Array.from({ length }, (_, i) => {
      const sum = channels.reduce((total, samples) => total + samples[at + i], 0);
      return sum / channels.length;
    });
  }
}

/**
 * Ask the browser's player what a file is, which reads no more than its head.
 * @param {File} file
 * @returns {Promise<{seconds: number | null, hasPicture: boolean}>} null if it does not tell
 */
async function probe(file) {
  const player = document.createElement("video");
  const url = URL.createObjectURL(file);
  try {
    await new Promise((resolve) => {
      player.onloadedmetadata = player.onerror = resolve;
      setTimeout(resolve, PROBE_MS);
      player.preload = "metadata";
      player.src = url;
    });
    const { duration, videoWidth } = player;
    return { seconds: Number.isFinite(duration) ? duration : null, hasPicture: videoWidth > 0 };
  } finally {
    player.removeAttribute("src");
    player.load();
    URL.revokeObjectURL(url);
  }
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
