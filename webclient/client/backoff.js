/**
 * How long to wait before the next try to connect.
 * Knows no clock.
 */

/**
 * Give the pause before the next try to connect.  No two clients take the same: a server that comes
 * back is not to meet all of them at once.
 * @param {number} tries so far, 0 for none
 * @param {number | undefined} retryAfterSeconds what the server asked for; never sooner
 * @param {number} chance from 0 to 1
 * @returns {number} milliseconds
 */
export function retryDelayMs(tries, retryAfterSeconds, chance = Math.random()) {
  const planned = Math.min(500 * 2 ** tries, 15_000) * (0.5 + chance);
  return Math.max(planned, 1000 * (retryAfterSeconds ?? 0) * (1 + chance / 2));
}
