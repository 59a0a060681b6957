/**
 * The words of buttons, gauges and notices, by what is going on.
 * Knows nothing of the page they stand on.
 */

import { sentence } from "./problems.js";

/** Partials that are later than this are told. */
const LATE_SECONDS = 1.5;

/** Sound that waits for the network longer than this is told. */
const SLOW_SECONDS = 2;

/** A muted microphone is told after this. */
const SILENT_SECONDS = 4;

/**
 * @typedef {"start" | "pause" | "resume" | "retry" | "stop" | "cancel" | "giveUp" |
 *   "wait"} Deed
 * @typedef {{does: Deed, label: string}} Button
 * @typedef {{state: string, main: Button, stop: Button | null}} Deck
 */

/** What can be done in every phase. @type {Record<import("./phases.js").Phase, Deck>} */
export const DECK = {
  idle: {
    state: "Ready",
    main: { does: "start", label: "Start" },
    stop: null,
  },
  opening: {
    state: "Connecting…",
    main: { does: "wait", label: "Starting…" },
    stop: { does: "cancel", label: "Cancel" },
  },
  listening: {
    state: "Listening",
    main: { does: "pause", label: "Pause" },
    stop: { does: "stop", label: "Stop" },
  },
  paused: {
    state: "Paused",
    main: { does: "resume", label: "Resume" },
    stop: { does: "stop", label: "Stop" },
  },
  reconnecting: {
    state: "Reconnecting, still recording",
    main: { does: "retry", label: "Reconnect" },
    stop: { does: "stop", label: "Stop" },
  },
  finishing: {
    state: "Finishing the last words…",
    main: { does: "wait", label: "Finishing…" },
    stop: { does: "giveUp", label: "Don’t wait" },
  },
  recovering: {
    state: "Reconnecting to finish…",
    main: { does: "retry", label: "Reconnect" },
    stop: { does: "giveUp", label: "Give up" },
  },
};

/** What the main button is called for those who hold it. */
const HELD = new Map([
  ["start", "Hold to talk"],
  ["resume", "Hold to talk"],
  ["pause", "Let go to pause"],
]);

/**
 * Say what the main button does.
 * @param {import("./phases.js").Phase} phase
 * @param {import("./push-to-talk.js").Manner} manner
 * @returns {Button}
 */
export function mainButton(phase, manner) {
  const { main } = DECK[phase];
  const held = manner === "hold" && HELD.get(main.does);
  return held ? { ...main, label: held } : main;
}

/** What becomes of the sound while the connection is away. */
const MEANWHILE = {
  reconnecting: "Speak on if you like: the sound is kept and recognized as soon as it is back.",
  recovering: "The microphone is off; what you said is kept until it is recognized.",
};

const BY_ITSELF = "The page tries again by itself.";

/**
 * Say what is wrong and what happens about it.
 * @param {import("./problems.js").Problem} problem
 * @param {import("./phases.js").Phase} phase
 * @returns {string}
 */
export function explain({ text, cause }, phase) {
  const meanwhile = phase === "reconnecting" || phase === "recovering" ? MEANWHILE[phase] : "";
  const told = meanwhile && cause !== undefined ? `${cause} ${BY_ITSELF}`.trim() : text;
  return [told, meanwhile].filter(Boolean).join(" ");
}

/**
 * @typedef {{silentSeconds: number, waitingSeconds: number, keptSeconds: number,
 *   lagSeconds: number, isEngineAway: boolean, warning: string, isSaved: boolean,
 *   isTextLoose?: boolean}} Flow
 *   how sound and words flow, and what the server found odd; *keptSeconds* wait for a connection;
 *   *isEngineAway*: the server starts its recognition again; *isSaved*: a reload would lose nothing;
 *   *isTextLoose*: there is no room on this device for the text, whatever the sound does
 */

/** What the end of the sound calms: words that wait for the server wait on. */
export const SOUNDLESS = Object.freeze({
  silentSeconds: 0,
  waitingSeconds: 0,
  keptSeconds: 0,
  lagSeconds: 0,
  warning: "",
  isSaved: true,
});

/** @type {Readonly<Flow>} */
export const CALM = Object.freeze({ ...SOUNDLESS, isEngineAway: false });

/**
 * What warnings say of the flow; others are shown as they are.  That a server stops is no news for
 * people: the page goes on at the next one.
 * @type {Map<string, Partial<Flow>>}
 */
const HEEDED = new Map([
  ["engine_restarting", { isEngineAway: true }],
  ["engine_restarted", { isEngineAway: false }],
  ["server_stopping", {}],
  ["not_shown", { warning: "nobody can read along: the room has ended, or there are too many" }],
]);

/**
 * Read what a warning says of the flow.
 * @param {{code: string, message: string}} warning
 * @returns {Partial<Flow>}
 */
export function heed({ code, message }) {
  return HEEDED.get(code) ?? { warning: message };
}

/**
 * Say the one thing about the flow that is worth knowing, if any.
 * @param {Flow} flow
 * @returns {{text: string, isSpoken: boolean}} *isSpoken*: worth interrupting those who listen
 */
export function hint(flow) {
  const { silentSeconds, waitingSeconds, keptSeconds, lagSeconds, warning, isSaved } = flow;
  if (waitingSeconds > SLOW_SECONDS) {
    const text = "The network is slow: sound waits here to be sent. Nothing is lost.";
    return { text, isSpoken: true };
  }
  if (silentSeconds > SILENT_SECONDS) {
    return { text: "No sound from the microphone. Is it muted?", isSpoken: true };
  }
  if (flow.isEngineAway) {
    const text = "Recognition is being restarted: your words wait. Nothing is lost.";
    return { text, isSpoken: true };
  }
  if (keptSeconds >= 1) {
    return { text: `${Math.floor(keptSeconds)} s of sound are kept.`, isSpoken: false };
  }
  if (lagSeconds > LATE_SECONDS) {
    return { text: `The words are ${lagSeconds.toFixed(1)} s behind.`, isSpoken: false };
  }
  if (warning) return { text: sentence(warning), isSpoken: true };
  if (flow.isTextLoose) {
    const text = "There is no room to keep this text: copy or save it before you leave.";
    return { text, isSpoken: true };
  }
  const unsaved = "This browser keeps no sound: a reload would lose what is not settled.";
  return { text: isSaved ? "" : unsaved, isSpoken: false };
}

/**
 * Write a time as on a clock: 0:07, 12:30, 1:02:03.
 * @param {number} seconds
 * @returns {string}
 */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const parts = h > 0 ? [h, String(m).padStart(2, "0")] : [m];
  return [...parts, String(s).padStart(2, "0")].join(":");
}

/**
 * Say what people can say instead of pressing keys.
 * @param {string[]} phrases
 * @returns {string} empty if there are none
 */
export function sayings(phrases) {
  const quoted = phrases.map((phrase) => `“${phrase}”`);
  const list = new Intl.ListFormat("en", { type: "disjunction" }).format(quoted);
  return list && `You can also say ${list}.`;
}

/**
 * Name a file after the moment it is saved.
 * @param {Date} now local time is used
 * @param {string} extension
 * @returns {string}
 */
export function fileName(now, extension) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `dictation-${day}-${two(now.getHours())}${two(now.getMinutes())}.${extension}`;
}
