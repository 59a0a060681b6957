/**
 * The way into the page: whether the server wants a token, and what to do while it is away.
 * Knows the door and notices; knows nothing of what is behind the door.
 */

import { askAdmission } from "./admission.js";
import { canCapture } from "./capture.js";
import { askForToken, initDoor } from "./door.js";
import * as notices from "./notices.js";
import { element } from "./page.js";
import { denial } from "./problems.js";
import { answered, AWAY } from "./reach.js";
import { keepToken } from "./token.js";

/** Whoever writes is not taken from the text. @type {import("./problems.js").Problem} */
export const WANTED = {
  title: "The server is back and wants a token",
  text: "Your text stays here.",
  remedy: "retry",
  again: "Enter a token",
  isCalm: true,
};

/**
 * @typedef {{token: () => string, onToken: (token: string) => void, onEnter: () => void,
 *   onBack: () => void, phase: () => import("./phases.js").Phase}} Host *onBack*: a server that was
 *   away answers
 */

/**
 * @param {Host} host
 * @returns {() => void} asks for a token only where the server wants one, or a better one
 */
export function initEntry(host) {
  initDoor(
    (tried) => knock(tried, host),
    () => {
      notices.dropProblem(WANTED);
      host.onEnter();
    },
  );
  return () => greet(host);
}

/**
 * Try a token and keep it if it is good.
 * @param {string} tried
 * @param {Host} host
 */
async function knock(tried, { onToken }) {
  const denied = denial(await askAdmission(tried));
  if (denied) return denied;
  onToken(tried);
  keepToken(tried);
  return "";
}

/** @param {Host} host */
async function greet(host) {
  const token = host.token();
  const answer = await askAdmission(token);
  if (answer !== null && denial(answer)) return askForToken(token && denial(answer));
  if (answer === null && canCapture()) missServer(host);
  host.onEnter();
}

/**
 * Say that nobody answers, until somebody does or a person tries to dictate.
 * @param {Host} host
 */
async function missServer({ token, onBack, phase }) {
  notices.setProblem(AWAY);
  notices.showProblem(phase(), false);
  const answer = await answered(token, () => phase() === "idle");
  if (answer === null) return;
  notices.dropProblem(AWAY);
  onBack();
  if (!denial(answer)) return;
  if (document.activeElement !== element("text")) return askForToken(token() && denial(answer));
  notices.setProblem(WANTED);
  notices.showProblem(phase(), false);
}
