/**
 * Where in a manuscript the next words go.
 * Knows places in sight; knows nothing of what is said there.
 */

import { heardRange } from "./sight.js";

/**
 * @typedef {import("./manuscript.js").Manuscript} Manuscript
 * @typedef {import("./changes.js").Range} Range
 */

/**
 * Put the point where somebody set the cursor; what is selected there makes way for the next words.
 * Words that are being heard stay, and land where they are.
 * @param {Manuscript} manuscript
 * @param {Range} selected in sight; empty for a cursor
 * @returns {Manuscript}
 */
export function place(manuscript, { from, to }) {
  const heard = heardRange(manuscript);
  const width = heard.rest - heard.from;
  if (width === 0) return placed({ ...manuscript, due: null }, { from, to });
  const isBehind = from > heard.rest;
  if (to >= heard.from && !isBehind) return { ...manuscript, due: null };
  const shift = isBehind ? width : 0;
  const range = { from: from - shift, to: to - shift };
  return { ...manuscript, due: { range, after: keysOf(manuscript) } };
}

/**
 * @param {Manuscript} manuscript
 * @param {Range} range
 * @returns {Manuscript}
 */
function placed(manuscript, { from, to }) {
  const isPlaced = manuscript.isPlaced || from !== to || to !== manuscript.point;
  return { ...manuscript, point: to, replaces: from < to ? { from, to } : null, isPlaced };
}

/** @param {Manuscript} manuscript */
export function keysOf({ heard }) {
  return heard.filter(({ text }) => text).map(({ key }) => key);
}

/**
 * Have the place that is due wait for what is heard anew: another session gives the words that one
 * before left unsettled its own first keys.
 * @param {Manuscript} manuscript
 * @returns {Manuscript}
 */
export function renewDue(manuscript) {
  const { due, heard } = manuscript;
  if (!due || heard.length === 0) return manuscript;
  const session = sessionOf(heard[0].key);
  if (due.after.every((key) => sessionOf(key) === session)) return manuscript;
  const after = due.after.map((_, i) => `${session}.${i + 1}`);
  return { ...manuscript, due: { ...due, after } };
}

/** @param {string} key */
function sessionOf(key) {
  return key.split(".")[0];
}

/**
 * Go to the place that is due once nothing is heard any more that belongs to the old one.
 * @param {Manuscript} manuscript
 * @param {string} [landing] the key of what lands now
 * @returns {Manuscript}
 */
export function settleDue(manuscript, landing) {
  const { due, heard } = manuscript;
  if (!due) return manuscript;
  const isLeft = due.after.some((key) => key === landing || heard.some((one) => one.key === key));
  return isLeft ? manuscript : placed({ ...manuscript, due: null }, due.range);
}
