/**
 * The hand in a manuscript: what a person types, pastes and deletes among the words that come.
 * Knows places in sight; knows nothing of elements.
 */

import { touches } from "./changes.js";
import { take } from "./manuscript.js";
import { keysOf } from "./place.js";
import { heardRange } from "./sight.js";

/**
 * @typedef {import("./manuscript.js").Manuscript} Manuscript
 * @typedef {import("./changes.js").Change} Change
 * @typedef {import("./history.js").Step} Step
 */

/**
 * Take a change that a person made in sight; what touches words still being heard is refused, since
 * the rest of them would be lost.
 * @param {Manuscript} manuscript
 * @param {Change} change its place is one in sight
 * @returns {Manuscript} the same one if it is refused
 */
export function edit(manuscript, change) {
  const heard = heardRange(manuscript);
  const isHearing = heard.rest > heard.from;
  if (isHearing && touches(change, heard)) return manuscript;
  const isBehind = isHearing && change.at >= heard.to;
  const step = inText(change, isBehind ? heard : null);
  if (step.removed === step.inserted) return manuscript;
  const edited = take(manuscript, step, isBehind);
  const isOnward = isBehind && step.at === manuscript.point && step.removed === "";
  if (!isOnward || manuscript.due) return edited;
  // Who writes on behind words that are being heard goes on speaking behind that.
  const next = step.at + step.inserted.lastIndexOf(change.inserted) + change.inserted.length;
  return { ...edited, due: { range: { from: next, to: next }, after: keysOf(manuscript) } };
}

/**
 * Give the step in the text for a change in sight.  The gap behind words being heard becomes text
 * where somebody writes beside it.
 * @param {Change} change
 * @param {{from: number, to: number, rest: number} | null} before what is heard before the change
 * @returns {Step}
 */
function inText({ at, removed, inserted }, before) {
  if (!before) return { at, removed, inserted, kind: "typing" };
  const { from, to, rest } = before;
  const place = Math.max(at, rest) - (rest - from);
  const left = " ".repeat(inserted && at === rest ? rest - to : 0);
  const right = " ".repeat(inserted ? Math.max(rest - at - removed.length, 0) : 0);
  const text = removed.slice(Math.max(rest - at, 0));
  return { at: place, removed: text, inserted: left + inserted + right, kind: "typing" };
}
