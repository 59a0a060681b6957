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
 * @returns {boolean} false where storage is blocked or full: the value lasts as long as the page
 */
export function remember(where, key, value) {
  try {
    storage(where).setItem(`dictation.${key}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {"tab" | "device"} where
 * @param {string} key
 */
export function forget(where, key) {
  try {
    storage(where).removeItem(`dictation.${key}`);
  } catch {
    // Where storage is blocked, nothing was remembered.
  }
}

/**
 * Give the keys of what is remembered that begin so.
 * @param {"tab" | "device"} where
 * @param {string} prefix
 * @returns {string[]}
 */
export function names(where, prefix) {
  try {
    return Object.keys(storage(where))
      .filter((name) => name.startsWith(`dictation.${prefix}`))
      .map((name) => name.slice("dictation.".length));
  } catch {
    return [];
  }
}

/** @param {"tab" | "device"} where */
function storage(where) {
  return where === "tab" ? sessionStorage : localStorage;
}
