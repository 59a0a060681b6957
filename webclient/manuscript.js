/**
 * The text that people write by voice and by hand: words land at the *point*.
 * Knows nothing of the page or of messages; every function gives a new manuscript.
 *
 * What is still being heard is shown at the point, but is no part of the text: a place *in sight*
 * (`sight.js`) counts it, a place in the text does not.
 */

import { changed, moved, movedRange, touches } from "./changes.js";
import { NO_HISTORY, noted, redone, undone } from "./history.js";
import { gap, joint, lineEnd } from "./joints.js";
import { movedSpoken, movedTarget } from "./marks.js";
import { heardRange } from "./sight.js";

/**
 * @typedef {import("./changes.js").Range} Range
 * @typedef {import("./changes.js").Change} Change
 * @typedef {import("./history.js").Step} Step
 * @typedef {{key: string, text: string, committed: number, opens: boolean}} Heard *committed* in
 *   code points, as the server counts; *opens* a paragraph
 * @typedef {import("./marks.js").Spoken} Spoken
 * @typedef {{range: Range, after: string[]}} Due where the words go once these keys have landed
 * @typedef {{id: string, revision: number, text: string, point: number, replaces: Range | null, due: Due | null,
 *   isPlaced: boolean, heard: Heard[], spoken: Spoken[],
 *   history: import("./history.js").History}} Manuscript
 *   *revision*: how often the text changed; *replaces*: what was selected, until the first words take its place; *isPlaced*: somebody chose
 *   the point, so no pause before the words opens a paragraph there; *spoken* in the order in which
 *   it landed
 * @typedef {Pick<Manuscript, "id" | "revision" | "text" | "point" | "spoken">} Kept
 */

/**
 * @param {string} id tells it from others for good
 * @returns {Manuscript}
 */
export function blank(id) {
  return {
    id,
    revision: 0,
    text: "",
    point: 0,
    replaces: null,
    due: null,
    isPlaced: false,
    heard: [],
    spoken: [],
    history: NO_HISTORY,
  };
}

/**
 * Go on with what was kept.
 * @param {Kept} kept
 * @returns {Manuscript}
 */
export function opened({ id, revision, text, point, spoken }) {
  return { ...blank(id), revision, text, point, isPlaced: point < text.length, spoken };
}

/**
 * Give what has to outlive the page: all but what is still being heard, and the way back.
 * @param {Manuscript} manuscript
 * @returns {Kept}
 */
export function keepsake({ id, revision, text, point, spoken }) {
  return { id, revision, text, point, spoken };
}

/**
 * Show what is being heard now.
 * @param {Manuscript} manuscript
 * @param {Heard[]} heard in order
 * @returns {Manuscript}
 */
export function hear(manuscript, heard) {
  if (heard.length === 0 && manuscript.heard.length === 0) return manuscript;
  return settleDue({ ...manuscript, heard });
}

/**
 * Let words land; one step to undo, however many lines they bring.
 * @param {Manuscript} manuscript
 * @param {{key: string, opens: boolean, isSure: boolean}} utterance
 * @param {import("./spoken-commands.js").Step[]} steps
 * @returns {Manuscript}
 */
export function land(manuscript, utterance, steps) {
  const { key } = utterance;
  const heard = manuscript.heard.filter((other) => other.key !== key);
  let now = settleDue({ ...manuscript, heard }, key);
  /** @type {import("./spoken-commands.js").Step[]} */
  let waiting = [];
  const put = () => {
    if (waiting.length > 0) now = insert(now, utterance, waiting);
    waiting = [];
  };
  for (const step of steps) {
    if ("text" in step || step.action === "new_line" || step.action === "new_paragraph") {
      waiting.push(step);
      continue;
    }
    put();
    if (step.action === "scratch_that") now = scratch(now);
    if (step.action === "undo") now = undo(now);
  }
  put();
  return now;
}

/**
 * @param {Manuscript} manuscript
 * @param {{key: string, opens: boolean, isSure: boolean}} utterance
 * @param {import("./spoken-commands.js").Step[]} steps texts and line ends
 */
function insert(manuscript, { key, opens, isSure }, steps) {
  const { text, point, replaces } = manuscript;
  const { from, to } = replaces ?? { from: point, to: point };
  let inserted = "";
  steps.forEach((step, i) => {
    const left = text.slice(0, from) + inserted;
    const opensHere = i === 0 && opens && !manuscript.isPlaced;
    if ("text" in step) inserted += joint(left, step.text, opensHere) + step.text;
    else inserted += lineEnd(left, step.action === "new_line" ? 1 : 2);
  });
  if (inserted === "" && from === to) return manuscript;
  const after = gap(inserted, text.slice(to));
  /** @type {Step} */
  const step = {
    ...{ at: from, removed: text.slice(from, to), inserted: inserted + after },
    ...{ kind: "landing", key, isSure },
  };
  const now = take({ ...manuscript, point: to, replaces: null }, step);
  return { ...now, point: from + inserted.length, isPlaced: false };
}

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
function keysOf({ heard }) {
  return heard.filter(({ text }) => text).map(({ key }) => key);
}

/**
 * Go to the place that is due once nothing is heard any more that belongs to the old one.
 * @param {Manuscript} manuscript
 * @param {string} [landing] the key of what lands now
 * @returns {Manuscript}
 */
function settleDue(manuscript, landing) {
  const { due, heard } = manuscript;
  if (!due) return manuscript;
  const isLeft = due.after.some((key) => key === landing || heard.some((one) => one.key === key));
  return isLeft ? manuscript : placed({ ...manuscript, due: null }, due.range);
}

/**
 * Take out the words of the utterance that landed last; again, those of the one before.
 * @param {Manuscript} manuscript
 * @returns {Manuscript}
 */
export function scratch(manuscript) {
  const { text, spoken } = manuscript;
  const last = spoken.at(-1);
  if (!last) return manuscript;
  const all = spoken.filter(({ key }) => key === last.key);
  const from = Math.min(...all.map((range) => range.from));
  const to = Math.max(...all.map((range) => range.to));
  const { key, isSure } = last;
  const step = { at: from, removed: text.slice(from, to), inserted: "", kind: "scratch" };
  return take(manuscript, /** @type {Step} */ ({ ...step, key, isSure }));
}

/**
 * Take the last step back.
 * @param {Manuscript} manuscript
 * @returns {Manuscript} the same one if there is none
 */
export function undo(manuscript) {
  return walk(manuscript, undone(manuscript.history), "scratch");
}

/**
 * Do again what was undone last.
 * @param {Manuscript} manuscript
 * @returns {Manuscript} the same one if there is nothing
 */
export function redo(manuscript) {
  return walk(manuscript, redone(manuscript.history), "landing");
}

/**
 * @param {Manuscript} manuscript
 * @param {{history: import("./history.js").History, step: Step} | null} walked
 * @param {"scratch" | "landing"} speaks the kind of step that brings spoken words this way
 */
function walk(manuscript, walked, speaks) {
  if (!walked) return manuscript;
  const { history, step } = walked;
  const now = apply(manuscript, step);
  const spoken = step.kind === speaks ? [...now.spoken, spokenBy(step)] : now.spoken;
  return { ...now, spoken, history };
}

/**
 * Change the text and note it for undo.
 * @param {Manuscript} manuscript
 * @param {Step} step
 * @param {boolean} [isBehind] it comes in behind the words being heard, not before
 * @returns {Manuscript}
 */
export function take(manuscript, step, isBehind = false) {
  const { history } = manuscript;
  const now = apply(manuscript, step, isBehind);
  const spoken = step.kind === "landing" ? [...now.spoken, spokenBy(step)] : now.spoken;
  return { ...now, spoken, history: noted(history, step) };
}

/**
 * Change the text, and let every place in it move along.
 * @param {Manuscript} manuscript
 * @param {Step} change
 * @param {boolean} [isBehind]
 * @returns {Manuscript}
 */
export function apply(manuscript, change, isBehind = false) {
  const { text, point, replaces, due } = manuscript;
  const isGone = replaces && touches(change, replaces);
  const isLanding = change.kind === "landing";
  return {
    ...manuscript,
    revision: manuscript.revision + 1,
    text: changed(text, change),
    point: moved(point, change, isBehind ? "left" : "right"),
    replaces: replaces && !isGone ? movedRange(replaces, change) : null,
    due: due && { ...due, range: movedTarget(due.range, change) },
    spoken: manuscript.spoken.flatMap((spoken) => movedSpoken(spoken, change, isLanding)),
  };
}

/**
 * @param {Step} step which brings the words of an utterance
 * @returns {Spoken}
 */
function spokenBy({ at, inserted, key = "", isSure = true }) {
  return { key, from: at, to: at + inserted.length, isSure };
}
