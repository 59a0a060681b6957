/**
 * The steps that can be undone, and those that were.
 * Knows changes; knows nothing of the text they belong to.
 */

import { inverse } from "./changes.js";

/** Older steps are forgotten. */
const MAX_STEPS = 500;

/**
 * @typedef {import("./changes.js").Change} Change
 * @typedef {"typing" | "landing" | "scratch" | "other"} Kind
 * @typedef {Change & {kind: Kind, key?: string, isSure?: boolean}} Step
 *   *key*: whose words a landing brought, or a scratch took; *isSure*: they were final
 * @typedef {{done: Step[], undone: Step[]}} History
 */

/** @type {Readonly<History>} */
export const NO_HISTORY = Object.freeze({ done: [], undone: [] });

/**
 * Note a step.  Typing within a word goes with what was typed of it, and deleting on with what was
 * deleted.
 * @param {History} history
 * @param {Step} step
 * @returns {History}
 */
export function noted({ done }, step) {
  const last = done.at(-1);
  const isJoined = last && joins(last, step);
  const steps = isJoined ? [...done.slice(0, -1), join(last, step)] : [...done, step];
  return { done: steps.slice(-MAX_STEPS), undone: [] };
}

/**
 * Take the last step back.
 * @param {History} history
 * @returns {{history: History, step: Step} | null} *step* is the way back
 */
export function undone({ done, undone }) {
  const last = done.at(-1);
  if (!last) return null;
  const history = { done: done.slice(0, -1), undone: [...undone, last] };
  return { history, step: { ...last, ...inverse(last) } };
}

/**
 * Do again what was undone last.
 * @param {History} history
 * @returns {{history: History, step: Step} | null}
 */
export function redone({ done, undone }) {
  const step = undone.at(-1);
  if (!step) return null;
  return { history: { done: [...done, step], undone: undone.slice(0, -1) }, step };
}

/**
 * @param {Step} last
 * @param {Step} step
 */
function joins(last, step) {
  if (last.kind !== "typing" || step.kind !== "typing") return false;
  if (last.inserted + step.inserted === "") {
    return isLeft(last, step) || step.at === last.at;
  }
  const end = last.at + last.inserted.length;
  return step.removed === "" && step.at === end && !beginsWord(last.inserted, step.inserted);
}

/**
 * Tell whether *step* deletes on to the left.
 * @param {Step} last
 * @param {Step} step
 */
function isLeft(last, step) {
  return step.at + step.removed.length === last.at;
}

/**
 * Tell whether a new word begins between two texts.
 * @param {string} left
 * @param {string} right
 */
function beginsWord(left, right) {
  return /\s$/.test(left) && /^\S/.test(right);
}

/**
 * @param {Step} last
 * @param {Step} step
 * @returns {Step}
 */
function join(last, step) {
  if (last.inserted + step.inserted === "") {
    const [left, right] = isLeft(last, step) ? [step, last] : [last, step];
    return { ...last, at: left.at, removed: left.removed + right.removed };
  }
  return { ...last, inserted: last.inserted + step.inserted };
}
