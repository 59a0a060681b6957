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
      return { text: "Reconnecting…", lamp: "lost" };
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
export function welcome({ phase }) {
  return phase === "over" ? "" : "What is said appears here.";
}
