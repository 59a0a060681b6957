/**
 * Samples: floats to 16 bit integers, rates a server takes, loudness.
 * Knows nothing of microphones, sockets or the page.
 */

export { toS16le } from "./client/samples.js";

/** Samples per second that a server takes. */
export const LOWEST_RATE = 8_000;
export const HIGHEST_RATE = 48_000;

const QUIETEST_DB = -60;

/**
 * Tell how often a rate has to be halved until a server takes it.
 * @param {number} rate samples per second
 * @returns {number}
 * @throws {RangeError} below the lowest rate
 */
export function halvings(rate) {
  if (rate < LOWEST_RATE) {
    throw new RangeError(`found ${rate} samples per second, expected at least ${LOWEST_RATE}`);
  }
  return Math.max(0, Math.ceil(Math.log2(rate / HIGHEST_RATE)));
}

/**
 * Halve the rate by averaging pairs; an odd last sample is left out.
 * @param {Float32Array} samples
 * @returns {Float32Array}
 */
export function halve(samples) {
  return Float32Array.from(
    { length: samples.length >> 1 },
    (_, i) => (samples[2 * i] + samples[2 * i + 1]) / 2,
  );
}

/**
 * Give the same sound at another rate, by straight lines between its samples.  That is coarse, and
 * meant for the few seconds that are left over when somebody changes the microphone.
 * @param {Int16Array<ArrayBuffer>} samples
 * @param {number} from samples per second
 * @param {number} to samples per second
 * @returns {Int16Array<ArrayBuffer>}
 */
export function resample(samples, from, to) {
  return Int16Array.from({ length: Math.round((samples.length * to) / from) }, (_, i) => {
    const at = (i * from) / to;
    const left = samples[Math.min(Math.floor(at), samples.length - 1)];
    const right = samples[Math.min(Math.floor(at) + 1, samples.length - 1)];
    return left + (right - left) * (at % 1);
  });
}

/**
 * Give the loudness for a meter: 0 at -60 dBFS and below, 1 at full scale.
 * @param {Float32Array} samples
 * @returns {number}
 */
export function loudness(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const decibels = 10 * Math.log10(power || Number.MIN_VALUE);
  return Math.max(0, Math.min(1, 1 - decibels / QUIETEST_DB));
}

/**
 * Tell whether there is nothing at all to hear, as from a muted microphone: below -80 dBFS.
 * @param {Float32Array} samples
 * @returns {boolean}
 */
export function isSilent(samples) {
  return samples.every((sample) => Math.abs(sample) < 1e-4);
}
