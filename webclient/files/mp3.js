/**
 * Find the frames of an MP3 file, so that it can be decoded piece by piece.
 * Knows octets; knows nothing of decoders.
 */

/**
 * @typedef {{rate: number, frameSamples: number, starts: number[], end: number}} Mp3 *rate* and
 *   *frameSamples* per channel; where each frame *starts* and the last one ends, in octets of the file
 * @typedef {{rate: number, frameSamples: number, bytes: number}} Frame
 */

/** Kilobits per second by the header's number, for MPEG 1 and for MPEG 2 and 2.5; layer III. */
const BITRATES = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};

/** Samples per second by the header's version and number. */
const RATES = new Map([
  [3, [44_100, 48_000, 32_000]],
  [2, [22_050, 24_000, 16_000]],
  [0, [11_025, 12_000, 8_000]],
]);

/** What is behind the last frame, tags of all sorts, is no more than this. */
const TAIL_BYTES = 256 * 1024;

const STEP_BYTES = 1024 * 1024;

const HEAD_BYTES = 4;

/** A first frame with one of these holds no sound, but what the whole file is like. */
const TABLES = /Xing|Info|VBRI/;

/**
 * @param {import("./wav.js").Read} read
 * @param {number} size of the file in octets
 * @returns {Promise<Mp3 | null>} null if it is none, or one with more than its frames in it
 */
export async function readMp3(read, size) {
  const first = await skipTag(read);
  const window = new Window(read, size);
  /** @type {number[]} */
  const starts = [];
  let kind = null;
  let at = first;
  for (;;) {
    const frame = readFrame(await window.get(at, HEAD_BYTES));
    if (!frame || (kind && frame.rate !== kind.rate) || at + frame.bytes > size) break;
    kind ??= frame;
    const isTable = at === first && TABLES.test(latin(await window.get(at, 64)));
    if (!isTable) starts.push(at);
    at += frame.bytes;
  }
  if (!kind || starts.length < 2 || size - at > TAIL_BYTES) return null;
  return { rate: kind.rate, frameSamples: kind.frameSamples, starts, end: at };
}

/**
 * Read the head of a frame.
 * @param {Uint8Array} head
 * @returns {Frame | null} null if it is none of layer III, or does not tell its length
 */
export function readFrame(head) {
  if (head.length < HEAD_BYTES || head[0] !== 0xff || head[1] >> 5 !== 7) return null;
  const [version, layer] = [(head[1] >> 3) & 3, (head[1] >> 1) & 3];
  const rate = RATES.get(version)?.[(head[2] >> 2) & 3];
  const kilobits = BITRATES[version === 3 ? 1 : 2][head[2] >> 4];
  if (layer !== 1 || !rate || !kilobits) return null;
  const frameSamples = version === 3 ? 1152 : 576;
  const padding = (head[2] >> 1) & 1;
  const bytes = Math.floor(((frameSamples / 8) * kilobits * 1000) / rate) + padding;
  return { rate, frameSamples, bytes };
}

/** Reads small pieces of a file by large ones. */
class Window {
  #read;
  #size;
  #from = 0;
  /** @type {Uint8Array} */
  #octets = new Uint8Array();

  /**
   * @param {import("./wav.js").Read} read
   * @param {number} size
   */
  constructor(read, size) {
    this.#read = read;
    this.#size = size;
  }

  /**
   * @param {number} at
   * @param {number} length
   */
  async get(at, length) {
    if (at < this.#from || at + length > this.#from + this.#octets.length) {
      this.#from = at;
      this.#octets = await this.#read(at, Math.min(at + STEP_BYTES, this.#size));
    }
    return this.#octets.subarray(at - this.#from, at - this.#from + length);
  }
}

/**
 * Give where the sound may begin: behind the tag with title and pictures, if there is one.
 * @param {import("./wav.js").Read} read
 */
async function skipTag(read) {
  const head = await read(0, 10);
  if (latin(head.subarray(0, 3)) !== "ID3") return 0;
  // Seven bits an octet, so that no tag looks like a frame.
  const length = head.subarray(6).reduce((sum, octet) => sum * 128 + (octet & 0x7f), 0);
  const hasFooter = (head[5] & 0x10) !== 0;
  return 10 + length + (hasFooter ? 10 : 0);
}

/** @param {Uint8Array} octets */
function latin(octets) {
  return String.fromCharCode(...octets);
}
