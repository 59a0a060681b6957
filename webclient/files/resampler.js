/**
 * Give sound at another rate, piece by piece: how it was cut into pieces changes nothing.
 * Knows numbers; knows nothing of files.
 *
 * Each sample given is a sum of those around its moment, weighted by a sinc within a Hann window,
 * which lets pass what both rates can hold.
 */

/** Zeros of the sinc on either side: the more, the steeper the filter. */
const ZEROS = 24;

/** The band that is kept, as a share of what the lower rate can hold. */
const BAND = 0.95;

export class Resampler {
  /** The rates, divided by what they have in common. @type {number} */
  #up;
  /** @type {number} */
  #down;
  #reach;
  /** The weights of a sum, for every place that a moment can have between two samples. */
  #phases;
  /** @type {Float32Array} */
  #held;
  /** Where what is held begins; the first sample is at 0. */
  #heldFrom;
  #given = 0;
  #taken = 0;

  /**
   * @param {number} from samples per second, a whole number
   * @param {number} to samples per second, a whole number
   */
  constructor(from, to) {
    const common = divisor(from, to);
    [this.#up, this.#down] = [to / common, from / common];
    const scale = BAND * Math.min(1, to / from);
    this.#reach = Math.ceil(ZEROS / scale);
    this.#phases = Array.from({ length: this.#up }, (_, phase) =>
      weights(phase / this.#up, this.#reach, scale),
    );
    this.#held = new Float32Array(this.#reach);
    this.#heldFrom = -this.#reach;
  }

  /**
   * Take samples; give those that can be told by now.
   * @param {Float32Array} samples
   * @returns {Float32Array<ArrayBuffer>}
   */
  push(samples) {
    this.#taken += samples.length;
    return this.#give(samples, this.#taken - this.#reach);
  }

  /**
   * Give the rest: as much sound as was taken.
   * @returns {Float32Array<ArrayBuffer>}
   */
  end() {
    return this.#give(new Float32Array(this.#reach), this.#taken);
  }

  /**
   * @param {Float32Array} samples
   * @param {number} until the first moment, in samples taken, that is not given yet
   */
  #give(samples, until) {
    const held = new Float32Array(this.#held.length + samples.length);
    held.set(this.#held);
    held.set(samples, this.#held.length);
    const end = Math.max(this.#given, Math.ceil((until * this.#up) / this.#down));
    const given = new Float32Array(end - this.#given);
    for (let i = 0; i < given.length; i += 1) given[i] = this.#sum(held, this.#given + i);
    this.#given = end;
    this.#hold(held);
    return given;
  }

  /**
   * @param {Float32Array} held
   * @param {number} i which of the samples given
   */
  #sum(held, i) {
    const moment = i * this.#down;
    const phase = this.#phases[moment % this.#up];
    const at = Math.floor(moment / this.#up) - this.#reach + 1 - this.#heldFrom;
    let sum = 0;
    for (let k = 0; k < phase.length; k += 1) sum += phase[k] * held[at + k];
    return sum;
  }

  /** @param {Float32Array} held */
  #hold(held) {
    const next = Math.floor((this.#given * this.#down) / this.#up) - this.#reach + 1;
    const passed = Math.min(Math.max(next - this.#heldFrom, 0), held.length);
    this.#held = held.slice(passed);
    this.#heldFrom += passed;
  }
}

/**
 * @param {number} offset of the moment behind a sample, within [0, 1)
 * @param {number} reach samples on either side
 * @param {number} scale of the sinc, at most 1
 */
function weights(offset, reach, scale) {
  const raw = Float64Array.from({ length: 2 * reach }, (_, k) => {
    const distance = k - reach + 1 - offset;
    const angle = Math.PI * distance * scale;
    const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
    return sinc * Math.cos((Math.PI * distance) / (2 * reach)) ** 2;
  });
  const sum = raw.reduce((total, weight) => total + weight, 0);
  return Float32Array.from(raw, (weight) => weight / sum);
}

/**
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
function divisor(a, b) {
  return b === 0 ? a : divisor(b, a % b);
}
