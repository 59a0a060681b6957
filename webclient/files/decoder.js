/**
 * Decode compressed sound: at once, or an MP3 piece by piece.
 * Knows the browser's decoders; knows nothing of sessions or the page.
 */

import { checkFits, RATE, Unusable } from "./limits.js";

/** Decoded at once in stereo, a piece takes 20 MB. */
const PIECE_SECONDS = 60;

/** Frames borrow up to 511 octets from those before them, and a decoder has to swing in. */
const WARMING_FRAMES = 8;
const WARMING_BYTES = 2048;

const BLOCK_SAMPLES = RATE;

/** A file that does not tell its length by then may not tell it at all. */
const PROBE_MS = 10_000;

/** @typedef {import("./sound.js").Blocks} Blocks */

/**
 * Decode a file at once.
 * @param {File} file
 * @param {() => Promise<ArrayBuffer>} read
 * @returns {Promise<import("./sound.js").Sound>}
 * @throws {Unusable}
 */
export async function decodeWhole(file, read) {
  const { seconds, hasPicture } = await probe(file);
  const { deviceMemory } = /** @type {{deviceMemory?: number}} */ (navigator);
  checkFits(file.size, seconds, deviceMemory);
  const decoded = await decode(await read(), RATE, hasPicture ? "no_sound" : "unknown");
  if (decoded.length === 0) throw new Unusable("no_sound");
  return { samples: decoded.length, read: (from) => blocks(decoded, from) };
}

/**
 * Decode an MP3 piece by piece.
 * @param {import("./mp3.js").Mp3} mp3
 * @param {import("./wav.js").Read} read
 * @param {number} from the first frame that is wanted
 * @returns {Blocks} at the file's own rate
 */
export async function* decodePieces(mp3, read, from) {
  const { rate, frameSamples, starts, end } = mp3;
  const step = Math.ceil((PIECE_SECONDS * rate) / frameSamples);
  for (let first = from; first < starts.length; first += step) {
    const next = Math.min(first + step, starts.length);
    const octets = await read(warmingStart(starts, first), starts[next] ?? end);
    const decoded = await decode(/** @type {ArrayBuffer} */ (octets.buffer), rate, "unknown");
    // Decoders differ in what they give of the first frames: the end is what is sure.
    const wanted = (next - first) * frameSamples;
    yield* blocks(decoded, Math.max(0, decoded.length - wanted));
  }
}

/**
 * Give where to begin so that a frame sounds as it should.
 * @param {number[]} starts
 * @param {number} first
 */
function warmingStart(starts, first) {
  const isWarm = (/** @type {number} */ i) =>
    first - i >= WARMING_FRAMES && starts[first] - starts[i] >= WARMING_BYTES;
  let i = first;
  while (i > 0 && !isWarm(i)) i -= 1;
  return starts[i];
}

/**
 * @param {ArrayBuffer} octets
 * @param {number} rate to which it is decoded, whatever its own is
 * @param {import("./limits.js").Reason} otherwise why it cannot be
 */
function decode(octets, rate, otherwise) {
  return new OfflineAudioContext(1, 1, rate).decodeAudioData(octets).catch((cause) => {
    throw new Unusable(otherwise, { cause });
  });
}

/**
 * Mix to one channel, block by block.
 * @param {AudioBuffer} decoded
 * @param {number} from
 * @returns {Blocks}
 */
async function* blocks(decoded, from) {
  const channels = Array.from({ length: decoded.numberOfChannels }, (_, c) =>
    decoded.getChannelData(c),
  );
  for (let at = from; at < decoded.length; at += BLOCK_SAMPLES) {
    const mono = new Float32Array(Math.min(BLOCK_SAMPLES, decoded.length - at));
    for (const samples of channels) {
      for (let i = 0; i < mono.length; i += 1) mono[i] += samples[at + i] / channels.length;
    }
    yield mono;
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
