/**
 * Whether the point is in view, and how far to scroll until it is.
 * Knows heights in pixels; knows nothing of elements.
 */

/** @typedef {{top: number, bottom: number}} Span from top to bottom */

/** Within this many pixels of what is seen of the sheet the point counts as in view. */
const NEAR_PX = 48;

/** The sheet fades towards its edges. */
const FADE_PX = 24;

/**
 * Give how far the point is above (negative) or below what is to be seen of the sheet.
 * @param {Span} point
 * @param {Span} sheet
 * @returns {number}
 */
function outside(point, sheet) {
  const fade = Math.min(FADE_PX, room(point, sheet) / 2);
  return Math.min(point.top - sheet.top - fade, 0) || Math.max(point.bottom - sheet.bottom + fade, 0);
}

/**
 * Give the height that the point leaves free.
 * @param {Span} point
 * @param {Span} sheet
 */
function room(point, sheet) {
  return Math.max(0, sheet.bottom - sheet.top - (point.bottom - point.top));
}

/**
 * @param {Span} point
 * @param {Span} sheet
 * @returns {boolean}
 */
export function isInView(point, sheet) {
  return Math.abs(outside(point, sheet)) < NEAR_PX;
}

/**
 * Give how far to scroll until the point is in view, with some room beyond it where there is any:
 * on a sheet of two lines it must not leave by the other edge.
 * @param {Span} point
 * @param {Span} sheet
 * @returns {number} 0 where it is in view
 */
export function wayInto(point, sheet) {
  const way = outside(point, sheet);
  const beyond = Math.max(0, Math.min(NEAR_PX, room(point, sheet) / 2 - FADE_PX));
  return way + Math.sign(way) * beyond;
}
