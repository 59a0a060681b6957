/**
 * Read what a WAV file says of itself, and its samples piece by piece.
 * Knows octets; knows nothing of files, rates or what becomes of the samples.
 */

/**
 * @typedef {"u8" | "s16" | "s24" | "s32" | "f32" | "f64" | "alaw" | "mulaw"} Coding
 * @typedef {{coding: Coding, channels: number, rate: number, frameBytes: number, start: number,
 *   end: number}} Wav *rate* in samples per second and channel; a frame is a sample of each channel;
 *   *start* and *end* of the frames, in octets of the file
 * @typedef {(from: number, to: number) => Promise<Uint8Array>} Read gives octets of the file
 */

/** By the format's tag and the bits of a sample; WAV files can also hold MP3, say. */
const CODINGS = new Map(
  /** @type {[string, Coding][]} */ ([
    ["1/8", "u8"],
    ["1/16", "s16"],
    ["1/24", "s24"],
    ["1/32", "s32"],
    ["3/32", "f32"],
    ["3/64", "f64"],
    ["6/8", "alaw"],
    ["7/8", "mulaw"],
  ]),
);

/** The tag for a format whose own tag comes further behind. */
const EXTENSIBLE = 0xfffe;

/** What was written to a pipe does not know its length and says this, or 0. */
const UNKNOWN = 0xffffffff;

/** @type {Record<Coding, (view: DataView, at: number) => number>} */
const SAMPLE = {
  u8: (view, at) => (view.getUint8(at) - 128) / 128,
  s16: (view, at) => view.getInt16(at, true) / 2 ** 15,
  s24: (view, at) => (view.getInt8(at + 2) * 2 ** 16 + view.getUint16(at, true)) / 2 ** 23,
  s32: (view, at) => view.getInt32(at, true) / 2 ** 31,
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
  alaw: (view, at) => alaw(view.getUint8(at)) / 2 ** 15,
  mulaw: (view, at) => mulaw(view.getUint8(at)) / 2 ** 15,
};

/**
 * Find the samples of a WAV file, also of one above 4 GiB (RF64).
 * @param {Read} read
 * @param {number} size of the file in octets
 * @returns {Promise<Wav | null>} null if it is none, or holds what has to be decoded
 */
export async function readWav(read, size) {
  const magic = await read(0, 12);
  if (!["RIFF", "RF64"].includes(name(magic, 0)) || name(magic, 8) !== "WAVE") return null;
  /** @type {Omit<Wav, "start" | "end"> | null} */
  let format = null;
  let longBytes = UNKNOWN;
  for (let at = 12; at + 8 <= size; ) {
    const head = viewOf(await read(at, at + 48));
    const [id, bytes, start] = [name(head, 0), head.getUint32(4, true), at + 8];
    if (id === "ds64") longBytes = Number(head.getBigUint64(16, true));
    if (id === "fmt ") format = readFormat(head);
    if (id === "data") return format && within(format, start, bytes || UNKNOWN, longBytes, size);
    at = start + bytes + (bytes % 2);
  }
  return null;
}

/**
 * Mix frames down to one channel.
 * @param {Uint8Array} octets whole frames
 * @param {Wav} wav
 * @returns {Float32Array<ArrayBuffer>} within [-1, 1]
 */
export function toMono(octets, { coding, channels, frameBytes }) {
  const view = viewOf(octets);
  const mono = new Float32Array(Math.floor(octets.length / frameBytes));
  const sample = SAMPLE[coding];
  const step = frameBytes / channels;
  for (let i = 0; i < mono.length; i += 1) {
    let sum = 0;
    for (let c = 0; c < channels; c += 1) sum += sample(view, i * frameBytes + c * step);
    mono[i] = sum / channels;
  }
  return mono;
}

/** @param {DataView} head of the chunk */
function readFormat(head) {
  if (head.byteLength < 24) return null;
  const given = head.getUint16(8, true);
  const tag = given === EXTENSIBLE && head.byteLength >= 34 ? head.getUint16(32, true) : given;
  const [channels, rate] = [head.getUint16(10, true), head.getUint32(12, true)];
  const bits = head.getUint16(22, true);
  const coding = CODINGS.get(`${tag}/${bits}`);
  if (!coding || channels === 0 || rate === 0) return null;
  return { coding, channels, rate, frameBytes: (channels * bits) / 8 };
}

/**
 * @param {Omit<Wav, "start" | "end">} format
 * @param {number} start
 * @param {number} bytes as declared
 * @param {number} longBytes as declared where *bytes* has no room for it
 * @param {number} size of the file, which may have been cut
 * @returns {Wav}
 */
function within(format, start, bytes, longBytes, size) {
  const declared = bytes === UNKNOWN ? longBytes : bytes;
  const there = declared === UNKNOWN ? size - start : Math.min(declared, size - start);
  return { ...format, start, end: start + there - (there % format.frameBytes) };
}

/** @param {number} code */
function mulaw(code) {
  const bits = ~code & 0xff;
  const size = (((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4);
  return bits & 0x80 ? 0x84 - size : size - 0x84;
}

/** @param {number} code */
function alaw(code) {
  const bits = code ^ 0x55;
  const exponent = (bits & 0x70) >> 4;
  const low = ((bits & 0x0f) << 4) + 8;
  const size = exponent === 0 ? low : (low + 0x100) << (exponent - 1);
  return bits & 0x80 ? size : -size;
}

/** @param {Uint8Array} octets */
function viewOf(octets) {
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}

/**
 * @param {Uint8Array | DataView} octets
 * @param {number} at
 */
function name(octets, at) {
  const { buffer, byteOffset, byteLength } = octets;
  if (byteLength < at + 4) return "";
  return String.fromCharCode(...new Uint8Array(buffer, byteOffset + at, 4));
}
