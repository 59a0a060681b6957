/**
 * The words of the captions page, by what is going on.
 * Knows nothing of the page they stand on.
 */

/** @typedef {{text: string, lamp: "live" | "calm" | "lost"}} Told */

/** @type {Readonly<Record<string, string>>} */
const OVER = {
  ended: "This has ended.",
  expired: "This link has expired.",
  refused: "This link is not valid any more.",
  unknown: "There is nothing at this link.",
  incomplete: "This link is not complete.",
};

/** @type {Readonly<Record<string, string>>} */
const WAITING = { busy: "No place is free. Trying again…" };

/** What to do about it. @type {Readonly<Record<string, string>>} */
const ADVICE = {
  expired: "Ask whoever gave it to you for a new one.",
  refused: "Ask whoever gave it to you for a new one.",
  unknown: "Ask whoever gave it to you for a new one.",
  incomplete: "Copy all of it, as it was given to you.",
};

/**
 * Say how the connection is, and whether anybody speaks.
 * @param {import("./room-client.js").State} state
 * @param {boolean} isLive
 * @returns {Told}
 */
export function told({ phase, reason }, isLive) {
  switch (phase) {
    case "connecting":
      return { text: "Connecting…", lamp: "calm" };
    case "waiting":
      return { text: WAITING[reason ?? ""] ?? "Reconnecting…", lamp: "lost" };
    case "over":
      return { text: OVER[reason ?? ""] ?? "This has ended.", lamp: "calm" };
    case "open":
      return isLive ? { text: "Live", lamp: "live" } : { text: "Nobody speaks now", lamp: "calm" };
  }
}

/**
 * Name the button that holds the screen.
 * @param {boolean} isHeld
 * @param {number} waiting lines that came since
 */
export function holdLabel(isHeld, waiting) {
  if (!isHeld) return "Pause";
  if (waiting === 0) return "Go on";
  return `Go on (${waiting} new)`;
}

/**
 * Say what the page shows before the first words.
 * @param {import("./room-client.js").State} state
 */
export function welcome(state) {
  if (state.phase !== "over") return "What is said appears here.";
  const reason = state.reason ?? "";
  return ADVICE[reason] ? `${OVER[reason]} ${ADVICE[reason]}` : "Nothing was said.";
}

/**
 * Say what to do where the words have an end; nothing if there is nothing to do.
 * @param {import("./room-client.js").State} state
 */
export function advice({ phase, reason }) {
  return (phase === "over" && ADVICE[reason ?? ""]) || "";
}
