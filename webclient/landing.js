/**
 * The voice in a manuscript: words that are being heard, that land, and that are taken out again.
 * Knows joints and commands; knows nothing of who writes among them.
 */

import { gap, joint, lineEnd } from "./joints.js";
import { take, undo } from "./manuscript.js";
import { renewDue, settleDue } from "./place.js";

/**
 * @typedef {import("./manuscript.js").Manuscript} Manuscript
 * @typedef {import("./manuscript.js").Heard} Heard
 * @typedef {import("./history.js").Step} Step
 */

/**
 * Show what is being heard now.
 * @param {Manuscript} manuscript
 * @param {Heard[]} heard in order
 * @returns {Manuscript}
 */
export function hear(manuscript, heard) {
  if (heard.length === 0 && manuscript.heard.length === 0) return manuscript;
  return settleDue(renewDue({ ...manuscript, heard }));
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
