/**
 * What people are told of their files.
 * Knows nothing of the page, or of how a file is read.
 */

import { clock } from "../wording.js";
import { RATE } from "./limits.js";

/**
 * @typedef {import("./queue.js").Entry} Entry
 * @typedef {"" | "speaking" | "unfinished"} Hindrance why files wait: nothing; somebody dictates; an
 *   earlier dictation is neither finished nor discarded
 */

/** What to do with a file that is too much for a browser. */
const OTHERWISE =
  "Save its sound as MP3 or WAV, which may be of any length here; or use the command “wsserver dictate FILE”, which takes FLAC and OGG of any length too.";

/** @type {Record<import("./limits.js").Reason, (found: import("./limits.js").Unusable) => string>} */
const REFUSALS = {
  too_long: ({ seconds, most }) =>
    `It is ${clock(seconds)} long, and a browser can open ${minutes(most)} of this kind. ${OTHERWISE}`,
  too_large: ({ bytes, most }) =>
    `It has ${megabytes(bytes)}, and a browser can open ${megabytes(most)} of this kind. ${OTHERWISE}`,
  no_sound: () => "There is no sound in it.",
  unknown: () =>
    "This browser finds no sound in it that it can read. WAV, MP3, FLAC, OGG, MP4 and WebM are the kinds to try.",
  gone: () => "It cannot be read: it may have been moved or changed since. Choose it again.",
  empty: () => "It is empty.",
};

/** What becomes of files while something else goes on. */
const WAITING = {
  "": "Waits for its turn.",
  speaking: "Waits until you stop dictating.",
  unfinished: "Waits until your interrupted dictation is finished or discarded.",
};

/**
 * Say why a file cannot be used.
 * @param {import("./limits.js").Unusable} found
 * @returns {string}
 */
export function refusal(found) {
  return REFUSALS[found.reason](found);
}

/**
 * Say how a file is getting on.
 * @param {Entry} entry
 * @param {Hindrance} hindrance
 * @returns {string}
 */
export function status({ state, samples, settled, hasWords, problem }, hindrance) {
  const all = clock(samples / RATE);
  const share = `${clock(settled / RATE)} of ${all}`;
  switch (state) {
    case "waiting":
      return settled > 0 ? `${WAITING[hindrance]} ${share} is done.` : WAITING[hindrance];
    case "opening":
      return "Opening…";
    case "speaking":
      return share;
    case "done":
      return hasWords ? `Done: ${all} of sound.` : `Done, but no words were heard in ${all} of sound.`;
    case "failed":
      return settled > 0 ? `${problem} ${share} is done, and in the text.` : problem;
    case "refused":
      return problem;
  }
}

/**
 * Name the button beside a file.
 * @param {Entry} entry
 * @returns {string}
 */
export function dismissal({ state }) {
  return state === "done" || state === "refused" ? "Dismiss" : "Cancel";
}

/**
 * Say what those should hear who do not see the page; how far it is by now is none of it.
 * @param {Entry} entry
 * @param {Hindrance} hindrance
 * @returns {string} empty for nothing
 */
export function news(entry, hindrance) {
  const { name, state } = entry;
  if (state === "opening") return `${name} is being recognized.`;
  if (state === "waiting" && !hindrance) return "";
  return state === "speaking" ? "" : `${name}: ${status(entry, hindrance)}`;
}

/**
 * Say why nobody can dictate now.
 * @param {string} name of the file that is being recognized
 */
export function occupied(name) {
  return `${name} is being recognized. Wait for it or cancel it, then start.`;
}

/**
 * Say what a cancelled file leaves.
 * @param {Entry} entry
 */
export function cancelled({ name, settled }) {
  return settled > 0 ? `${name} is cancelled; what was settled stays.` : `${name} is cancelled.`;
}

/** @param {number} seconds */
function minutes(seconds) {
  return `${Math.round(seconds / 60)} minutes`;
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${Math.ceil(bytes / 2 ** 20)} MB`;
}
