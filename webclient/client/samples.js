/**
 * Turn what programs have of sound into what is kept and sent: whole samples of one encoding.
 * Knows numbers; knows nothing of rates, or of what becomes of them.
 */

/**
 * @typedef {Int16Array | Float32Array | Uint8Array | ArrayBuffer} Sound samples; or octets, among
 *   which is Node's `Buffer`
 * @typedef {import("./keeper.js").Chunk} Chunk
 */

/** @type {Record<import("./protocol.js").Encoding, (sound: Sound) => Chunk>} */
const READ = {
  s16le: (sound) => {
    if (sound instanceof Float32Array) return toS16le(sound);
    return sound instanceof Int16Array ? sound.slice() : new Int16Array(octets(sound, 2).buffer);
  },
  f32le: (sound) =>
    sound instanceof Float32Array ? sound.slice() : new Float32Array(octets(sound, 4).buffer),
  mulaw: (sound) => octets(sound, 1),
  alaw: (sound) => octets(sound, 1),
};

/**
 * Give a copy that can be kept, whatever becomes of the original.
 * @param {Sound} sound octets as they are to be sent; floats become 16-bit samples for `s16le`
 * @param {import("./protocol.js").Encoding} encoding
 * @param {number} channels interleaved
 * @returns {Chunk}
 * @throws {TypeError} if these are no samples of that encoding
 * @throws {RangeError} if there is not a whole number of them in every channel
 */
export function toChunk(sound, encoding, channels) {
  const chunk = READ[encoding](sound);
  if (chunk.length % channels === 0) return chunk;
  throw new RangeError(`found ${chunk.length} samples, expected as many in each of ${channels}`);
}

/**
 * Convert to signed 16 bit, little endian; what is out of range is clipped, what is no number
 * becomes silence.
 * @param {Float32Array} samples within [-1, 1]
 * @returns {Int16Array<ArrayBuffer>} of the same length
 */
export function toS16le(samples) {
  const pcm = new Int16Array(samples.length);
  const view = new DataView(pcm.buffer);
  samples.forEach((sample, i) => {
    const clipped = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
    view.setInt16(2 * i, clipped || 0, true);
  });
  return pcm;
}

/**
 * @param {Sound} sound
 * @param {number} size of a sample
 */
function octets(sound, size) {
  if (!(sound instanceof Uint8Array || sound instanceof ArrayBuffer)) {
    throw new TypeError(`found ${kindOf(sound)}, expected octets or samples of the encoding`);
  }
  const copy = new Uint8Array(sound).slice();
  if (copy.length % size === 0) return copy;
  throw new RangeError(`found ${copy.length} octets, expected a multiple of ${size}`);
}

/** @param {unknown} value */
function kindOf(value) {
  return value === null || typeof value !== "object" ? String(value) : value.constructor.name;
}
