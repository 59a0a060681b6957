/**
 * The words around sharing: how long links live, what became of them, why there are none.
 * Knows nothing of the page they stand on.
 */

import { refusal, sentence } from "./problems.js";

/** How long links may live, with null for as long as the server allows. */
export const SPANS = [
  { seconds: 3600, label: "1 hour" },
  { seconds: 4 * 3600, label: "4 hours" },
  { seconds: null, label: "As long as the server allows" },
];

/** Why nobody reads along any more. */
export const GONE = {
  ended: "Sharing has ended: the links lead nowhere now.",
  expired: "Sharing has ended: the time of the links is over.",
  unknown: "Sharing has ended: the server does not know the links any more.",
};

export const LOST =
  "Sharing has ended: it was begun with another token. What was read until now can be read on.";

export const UNSTOPPED = "Others can still read along.";

/** What the button is called to those who cannot see its lamp. */
export const BUTTON = { alone: "Share", shared: "Share: others read along" };

/** @type {Record<string, string>} */
const REFUSED = {
  missing_scope: "This token may not share what is said. Whoever runs the server can give you one.",
  not_long_lived: "This token opens a single dictation, so nothing can be shared with it.",
  bad_message: "The server lets no links live that long. Choose a shorter time.",
};

/**
 * Say why a room was not opened, or not ended.
 * @param {import("./client/server.js").Answer | null} answer null when the server did not answer
 */
export function refused(answer) {
  const known = REFUSED[answer?.code ?? ""];
  if (known) return known;
  if (answer && [404, 405].includes(answer.status)) return "This server cannot share what is said.";
  const { title, text } = refusal(answer);
  return [sentence(title), text].filter(Boolean).join(" ");
}

/**
 * Say until when links are good.
 * @param {number} expires Unix time
 * @param {number} now Unix time
 * @param {string} [locale]
 */
export function until(expires, now, locale) {
  const [end, today] = [expires, now].map((seconds) => new Date(1000 * seconds));
  const isToday = end.toDateString() === today.toDateString();
  /** @type {Intl.DateTimeFormatOptions} */
  const day = isToday ? {} : { weekday: "long" };
  const written = end.toLocaleString(locale, { ...day, hour: "numeric", minute: "2-digit" });
  return `The links are good until ${written}.`;
}

/**
 * Say who cannot follow a link, if that can be seen from it.
 * @param {string} link
 * @returns {string} empty if nothing speaks against it
 */
export function reach(link) {
  const { hostname } = new URL(link);
  const isHere = /^(localhost|127\.[\d.]+|\[::1\])$|\.localhost$/.test(hostname);
  return isHere
    ? "They lead to this computer. For readers elsewhere, open this page by its address in the network."
    : "";
}
