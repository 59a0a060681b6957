/**
 * Remember values: for this tab, or on this device.
 * Knows nothing of what they mean.
 */

/**
 * @template T
 * @param {"tab" | "device"} where
 * @param {string} key
 * @param {T} otherwise given when nothing is remembered
 * @returns {T}
 */
export function recall(where, key, otherwise) {
  try {
    return JSON.parse(storage(where).getItem(`dictation.${key}`) ?? "null") ?? otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * @param {"tab" | "device"} where
 * @param {string} key
 * @param {unknown} value
 */
export function remember(where, key, value) {
  try {
    storage(where).setItem(`dictation.${key}`, JSON.stringify(value));
  } catch {
    // Where storage is blocked or full, the value lasts as long as the page.
  }
}

/** @param {"tab" | "device"} where */
function storage(where) {
  return where === "tab" ? sessionStorage : localStorage;
}
