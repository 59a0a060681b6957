/**
 * Changes to a text, and what becomes of the places in it.
 * Knows nothing of who changes it.  Places count UTF-16 units, as browsers do.
 */

/**
 * @typedef {{at: number, removed: string, inserted: string}} Change
 * @typedef {{from: number, to: number}} Range
 */

/**
 * @param {string} text
 * @param {Change} change
 * @returns {string}
 */
export function changed(text, { at, removed, inserted }) {
  return text.slice(0, at) + inserted + text.slice(at + removed.length);
}

/**
 * Give the change that takes *change* back.
 * @param {Change} change
 * @returns {Change}
 */
export function inverse({ at, removed, inserted }) {
  return { at, removed: inserted, inserted: removed };
}

/**
 * Give where a place is after a change.
 * @param {number} place
 * @param {Change} change
 * @param {"left" | "right"} side to which the place holds where text comes in just there, or where
 *   the text around it goes
 * @returns {number}
 */
export function moved(place, { at, removed, inserted }, side) {
  const end = at + removed.length;
  if (place < at) return place;
  if (place > end) return place + inserted.length - removed.length;
  if (removed && place === at) return at;
  if (removed && place === end) return at + inserted.length;
  return side === "right" ? at + inserted.length : at;
}

/**
 * Give where a range is after a change; what comes in at its ends is no part of it.
 * @param {Range} range
 * @param {Change} change
 * @returns {Range} empty if nothing is left of it
 */
export function movedRange({ from, to }, change) {
  const [first, last] = [moved(from, change, "right"), moved(to, change, "left")];
  return { from: Math.min(first, last), to: last };
}

/**
 * Tell whether a change takes text out of a range or puts some into it.
 * @param {Change} change
 * @param {Range} range
 */
export function touches({ at, removed }, { from, to }) {
  return at < to && at + removed.length > from;
}

/**
 * Find the change that made *after* of *before*.
 * @param {string} before
 * @param {string} after
 * @param {number} caret where it stands in *after*; tells which of several equal letters is new
 * @returns {Change}
 */
export function between(before, after, caret = after.length) {
  const shorter = Math.min(before.length, after.length);
  const most = sharedEnd(before, after, shorter);
  const least = Math.min(most, shorter - sharedStart(before, after, shorter));
  const tail = Math.min(Math.max(after.length - caret, least), most);
  const at = sharedStart(before, after, shorter - tail);
  return {
    at,
    removed: before.slice(at, before.length - tail),
    inserted: after.slice(at, after.length - tail),
  };
}

/**
 * @param {string} a
 * @param {string} b
 * @param {number} most
 */
function sharedStart(a, b, most) {
  let i = 0;
  while (i < most && a[i] === b[i]) i += 1;
  return i;
}

/**
 * @param {string} a
 * @param {string} b
 * @param {number} most
 */
function sharedEnd(a, b, most) {
  let i = 0;
  while (i < most && a[a.length - 1 - i] === b[b.length - 1 - i]) i += 1;
  return i;
}
