/**
 * Hold to talk: what pressing and letting go mean in every phase, and which keys do it.
 * Knows nothing of elements or sound.
 */

/**
 * @typedef {"free" | "hold"} Manner hands-free: a press starts, the next one pauses
 * @typedef {import("./phases.js").Phase} Phase
 * @typedef {import("./wording.js").Deed} Deed
 */

/** Keys that can be held, by their place on the keyboard, with what people call them. */
export const KEYS = Object.freeze({
  Space: "Space bar, outside the text",
  F8: "F8",
  F9: "F9",
  ControlRight: "Right Ctrl",
  Pause: "Pause",
});

/** The key without a say in the matter. */
export const DEFAULT_KEY = "Space";

/**
 * @param {Phase} phase
 * @returns {Deed | null} null where a press means nothing
 */
export function pressed(phase) {
  if (phase === "idle") return "start";
  return phase === "paused" ? "resume" : null;
}

/**
 * Whoever lets go is not listened to any more, whatever the connection does.
 * @param {Phase} phase
 * @param {boolean} hasSound something was heard since the start
 * @returns {Deed | null} null where letting go means nothing
 */
export function released(phase, hasSound) {
  if (phase === "listening") return "pause";
  if (phase === "reconnecting") return "stop";
  if (phase !== "opening") return null;
  return hasSound ? "stop" : "cancel";
}

/**
 * Tell whether a key is the one to hold: the space bar writes and presses where it does so anyway.
 * @param {string} code of the key
 * @param {string} chosen
 * @param {boolean} isElsewhere the focus is on nothing that takes keys
 */
export function isHeldKey(code, chosen, isElsewhere) {
  return code === chosen && (code !== "Space" || isElsewhere);
}
