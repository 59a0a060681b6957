/**
 * The text that people write by voice and by hand: words land at the *point*.
 * Knows what can be undone; knows nothing of the page or of messages, nor of who writes.  Every
 * function gives a new manuscript.
 *
 * What is still being heard is shown at the point, but is no part of the text: a place *in sight*
 * (`sight.js`) counts it, a place in the text does not.
 */

import { changed, moved, movedRange, touches } from "./changes.js";
import { NO_HISTORY, noted, redone, undone } from "./history.js";
import { movedSpoken, movedTarget } from "./marks.js";

/**
 * @typedef {import("./changes.js").Range} Range
 * @typedef {import("./history.js").Step} Step
 * @typedef {import("./marks.js").Spoken} Spoken
 * @typedef {{key: string, text: string, committed: number, opens: boolean}} Heard *committed* in
 *   code points, as the server counts; *opens* a paragraph
 * @typedef {{range: Range, after: string[]}} Due where the words go once these keys have landed
 * @typedef {{id: string, revision: number, text: string, point: number, replaces: Range | null,
 *   due: Due | null, isPlaced: boolean, heard: Heard[], spoken: Spoken[],
 *   history: import("./history.js").History}} Manuscript
 *   *revision*: how often the text changed; *replaces*: what was selected, until the first words
 *   take its place; *isPlaced*: somebody chose the point, so no pause before the words opens a
 *   paragraph there; *spoken* in the order in which it landed
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
