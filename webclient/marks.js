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
  const { from, to } = spoken;
  const { at, removed, inserted } = change;
  if (isLanding && removed === "" && from < at && at < to) {
    const behind = { from: at + inserted.length, to: to + inserted.length };
    return [
      { ...spoken, to: at },
      { ...spoken, ...behind },
    ];
  }
  const range = movedRange(spoken, change);
  return range.to > range.from ? [{ ...spoken, ...range }] : [];
}
