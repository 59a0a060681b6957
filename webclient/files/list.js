/**
 * The list of files: how far each is, and what can be done about it.
 * Knows elements and wording; knows nothing of how a file is recognized.
 */

import { element, setText } from "../page.js";
import { dismissal, status } from "./wording.js";

/**
 * @typedef {import("./queue.js").Entry} Entry
 * @typedef {{onRemove: (id: number) => void, onRetry: (id: number) => void}} Listener
 */

const list = element("files");

/** @type {Listener | null} */
let listener = null;

/** @param {Listener} told */
export function initList(told) {
  listener = told;
}

/**
 * Show the files; those that stand there already stay, with the focus on their buttons.
 * @param {Entry[]} entries
 * @param {import("./wording.js").Hindrance} hindrance
 */
export function showFiles(entries, hindrance) {
  const rows = entries.map((entry) => rowOf(entry.id));
  const gone = [...list.children].filter((row) => !rows.includes(/** @type {HTMLElement} */ (row)));
  const hadFocus = gone.some((row) => row.contains(document.activeElement));
  for (const row of gone) row.remove();
  entries.forEach((entry, i) => {
    if (list.children[i] !== rows[i]) list.insertBefore(rows[i], list.children[i] ?? null);
    fill(rows[i], entry, hindrance);
  });
  list.hidden = entries.length === 0;
  // Whoever uses the keyboard stands somewhere still.
  const next = list.querySelector("button:not([hidden])") ?? element("choose");
  if (hadFocus) /** @type {HTMLElement} */ (next).focus();
}

/** @param {number} id */
function rowOf(id) {
  const known = /** @type {HTMLElement | null} */ (list.querySelector(`[data-id="${id}"]`));
  if (known) return known;
  const template = /** @type {HTMLTemplateElement} */ (element("file"));
  const row = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  row.dataset.id = String(id);
  part(row, ".again").addEventListener("click", () => listener?.onRetry(id));
  part(row, ".dismiss").addEventListener("click", () => listener?.onRemove(id));
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {Entry} entry
 * @param {import("./wording.js").Hindrance} hindrance
 */
function fill(row, entry, hindrance) {
  const { name, state, samples, settled } = entry;
  row.dataset.state = state;
  setText(part(row, ".name"), name);
  setText(part(row, ".status"), status(entry, hindrance));
  const gauge = /** @type {HTMLProgressElement} */ (part(row, "progress"));
  gauge.hidden = state !== "opening" && state !== "speaking";
  gauge.setAttribute("aria-label", name);
  if (samples > 0) [gauge.max, gauge.value] = [samples, settled];
  part(row, ".again").hidden = state !== "failed";
  part(row, ".again").setAttribute("aria-label", `Try again: ${name}`);
  setText(part(row, ".dismiss"), dismissal(entry));
  part(row, ".dismiss").setAttribute("aria-label", `${dismissal(entry)}: ${name}`);
}

/**
 * @param {HTMLElement} row
 * @param {string} selector
 * @returns {HTMLElement}
 */
function part(row, selector) {
  return /** @type {HTMLElement} */ (row.querySelector(selector));
}
