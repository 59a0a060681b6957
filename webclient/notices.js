/**
 * Show what people should know: problems, hints, the practice model, what can be undone.
 * Knows elements and wording; knows nothing of what caused them.
 */

import { announce, element, hide, setText } from "./page.js";
import { CALM, explain, hint } from "./wording.js";

const problemBox = element("problem");
const toast = element("toast");

/** @type {import("./problems.js").Problem | null} */
let problem = null;
/** @type {import("./wording.js").Flow} */
let flow = CALM;

/**
 * @param {{onRetry: (problem: import("./problems.js").Problem | null) => void, onRecover: () => void, onDiscard: () => void,
 *   onUndo: () => void}} listener
 */
export function initNotices({ onRetry, onRecover, onDiscard, onUndo }) {
  element("retry").addEventListener("click", () => onRetry(problem));
  element("recover").addEventListener("click", onRecover);
  element("discard").addEventListener("click", onDiscard);
  element("dismiss").addEventListener("click", hideToast);
  element("undo").addEventListener("click", () => {
    hideToast();
    onUndo();
  });
}

/** @param {import("./problems.js").Problem | null} found null for none */
export function setProblem(found) {
  problem = found;
  if (problem === null) hide(problemBox, element("main"));
}

/** @param {import("./problems.js").Problem} solved which another one may have followed */
export function dropProblem(solved) {
  if (problem === solved) setProblem(null);
}

/**
 * Say what happens about the problem, if there is one.
 * @param {import("./phases.js").Phase} phase
 * @param {boolean} hasKept whether there is sound that could be discarded
 */
export function showProblem(phase, hasKept) {
  if (problem === null) return;
  const isCalm = problem.isCalm || phase === "reconnecting" || phase === "recovering";
  const [title, text] = [`${problem.title}.`, explain(problem, phase)];
  const isNews = element("problem-text").textContent !== text || problemBox.hidden;
  // What takes care of itself waits until a screen reader has finished its sentence.
  problemBox.setAttribute("role", isCalm ? "group" : "alert");
  problemBox.classList.toggle("waiting", isCalm);
  problemBox.hidden = false;
  setText(element("problem-title"), title);
  setText(element("problem-text"), text);
  if (isCalm && isNews) announce(`${title} ${text}`);
  setText(element("retry"), problem.again ?? "Try again");
  element("retry").hidden = phase !== "idle" || problem.remedy !== "retry";
  element("recover").hidden = element("discard").hidden = phase !== "idle" || !hasKept;
}

/** @param {boolean} isPractice */
export function showPractice(isPractice) {
  element("practice").hidden = !isPractice;
}

/**
 * Say what of the flow of sound and words is worth knowing.
 * @param {Partial<import("./wording.js").Flow>} news
 */
export function showFlow(news) {
  flow = { ...flow, ...news };
  const { text, isSpoken } = hint(flow);
  const place = element("hint");
  if (text && isSpoken && place.textContent !== text) announce(text);
  setText(place, text);
}

/** @param {string} text what was just done and can be undone */
export function showToast(text) {
  toast.hidden = false;
  setText(element("toast-text"), text);
}

/** What was done cannot be undone by the toast any more. */
export function hideToast() {
  hide(toast, element("text"));
}
