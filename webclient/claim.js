/**
 * Claim a name before all other tabs, with the Web Locks API.
 * Knows nothing of what is claimed.
 */

/** The page before a reload may let go of its claims only after this one runs. */
const PATIENCE_MS = 1_000;

/**
 * Claim *name* until this page is gone or `release` is called.
 * @param {string} name
 * @returns {Promise<(() => void) | null>} `release`; null if another tab keeps it, or if the browser
 *   knows no claims
 */
export function claim(name) {
  return new Promise((resolve) => {
    if (!navigator.locks) return resolve(null);
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const keep = () => new Promise((release) => resolve(() => release(undefined)));
    navigator.locks.request(`dictation ${name}`, { signal }, keep).catch(() => resolve(null));
  });
}
