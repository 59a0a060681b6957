/**
 * Keep the screen on while somebody dictates: a phone that sleeps stops listening.
 * Knows nothing of dictation.
 */

/** @type {Promise<WakeLockSentinel | null> | null} */
let lock = null;
let isWanted = false;

/** Ask again when the page comes back into sight, since hiding it lets the lock go. */
export function initWakeLock() {
  document.addEventListener("visibilitychange", update);
}

/** @param {boolean} wanted */
export function keepAwake(wanted) {
  isWanted = wanted;
  update();
}

async function update() {
  const isNeeded = isWanted && document.visibilityState === "visible";
  if (isNeeded) {
    // Refused on a low battery, and unknown to some browsers: dictation goes on without.
    lock ??= navigator.wakeLock?.request("screen").catch(() => null) ?? null;
    return;
  }
  const old = lock;
  lock = null;
  await (await old)?.release();
}
