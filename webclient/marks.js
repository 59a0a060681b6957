/**
 * What becomes of the marks in a manuscript when its text changes.
 * Knows changes; knows nothing of how the marks came there.
 */

import { moved, movedRange, touches } from "./changes.js";

/**
 * @typedef {import("./changes.js").Range} Range
 * @typedef {import("./changes.js").Change} Change
 * @typedef {Range & {key: string, isSure: boolean}} Spoken whose words stand where; *isSure*: final
 */

/**
 * Move a place that waits for words; a selection that somebody writes into is none any more.
 * @param {Range} range
 * @param {Change} change
 * @returns {Range}
 */
export function movedTarget({ from, to }, change) {
  if (from < to && !touches(change, { from, to })) return movedRange({ from, to }, change);
  const place = moved(to, change, "right");
  return { from: place, to: place };
}

/**
 * Move the words of an utterance; those of another one that come in between part them.
 * @param {Spoken} spoken
 * @param {Change} change
 * @param {boolean} isLanding
 * @returns {Spoken[]} empty if nothing is left of them
 */
export function movedSpoken(spoken, change, isLanding) {
  const ranges = isLanding ? besides(spoken, change) : [movedRange(spoken, change)];
  return ranges.filter(({ from, to }) => to > from).map((range) => ({ ...spoken, ...range }));
}

/**
 * @param {Range} range
 * @param {Change} change
 * @returns {Range[]} what is left and right of what came in
 */
function besides({ from, to }, { at, removed, inserted }) {
  const end = at + removed.length;
  const shift = inserted.length - removed.length;
  return [
    { from, to: Math.min(to, at) },
    { from: Math.max(from, end) + shift, to: to + shift },
  ];
}
