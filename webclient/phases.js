/**
 * The course of a dictation as a table: which event leads where.
 * Knows nothing of what is done on the way.
 */

/**
 * @typedef {"idle" | "opening" | "listening" | "paused" | "reconnecting" | "finishing" |
 *   "recovering"} Phase *reconnecting*: the microphone is on, the connection is gone;
 *   *recovering*: the microphone is off, but sound is left that is not final yet
 * @typedef {"start" | "recover" | "open" | "pause" | "resume" | "stop" | "lose" | "fail" |
 *   "end"} Event *recover*: have what is left recognized, without listening; *open*: a session is
 *   ready; *end*: all is final, or given up
 */

/** @type {Record<Phase, Partial<Record<Event, Phase>>>} */
const NEXT = {
  idle: { start: "opening", recover: "recovering" },
  opening: { open: "listening", stop: "recovering", fail: "idle", end: "idle" },
  listening: { pause: "paused", stop: "finishing", lose: "reconnecting", fail: "idle" },
  paused: { resume: "listening", stop: "finishing", lose: "recovering", fail: "idle", end: "idle" },
  reconnecting: { open: "listening", stop: "recovering", fail: "idle", lose: "reconnecting" },
  finishing: { end: "idle", lose: "recovering", fail: "idle" },
  recovering: { open: "finishing", end: "idle", fail: "idle", lose: "recovering" },
};

/**
 * Tell whether an event has a meaning now.
 * @param {Phase} phase
 * @param {Event} event
 */
export function allows(phase, event) {
  return Object.hasOwn(NEXT[phase], event);
}

/**
 * Give the phase after an event.
 * @param {Phase} phase
 * @param {Event} event
 * @returns {Phase}
 * @throws {RangeError} if the event has no meaning now
 */
export function next(phase, event) {
  const following = NEXT[phase][event];
  if (!following) throw new RangeError(`found "${event}" while ${phase}`);
  return following;
}
