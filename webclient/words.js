/**
 * Show the transcript: words keep their place when they settle, and the newest stay in sight.
 * Knows paragraphs and elements; knows nothing of messages.
 */

import { element, setText } from "./page.js";

/** Within this many pixels of its end the sheet follows the words. */
const NEAR_PX = 48;

const sheet = element("sheet");
const words = element("words");
const latest = element("latest");

/** False once somebody scrolled back to read. */
let isFollowing = true;

/** Follow the words unless somebody scrolls back; offer the way to the end. */
export function initWords() {
  sheet.addEventListener("scroll", () => {
    isFollowing = isAtEnd();
    latest.hidden = isFollowing;
  });
  latest.addEventListener("click", () => {
    isFollowing = true;
    follow();
    sheet.focus({ preventScroll: true });
  });
  new ResizeObserver(follow).observe(sheet);
}

/**
 * Show these paragraphs; what stands there already is left alone.
 * @param {import("./transcript.js").Paragraph[]} paragraphs
 */
export function showWords(paragraphs) {
  element("welcome").hidden = paragraphs.length > 0;
  reconcile(words, "p", paragraphs, (p, { pieces }) => {
    reconcile(p, "span", pieces, showPiece);
  });
  follow();
}

/**
 * @param {HTMLElement} place
 * @param {import("./transcript.js").Piece} piece
 */
function showPiece(place, { gap, parts }) {
  const texts = parts.filter(({ text }) => text);
  while (place.children.length > texts.length) place.lastElementChild?.remove();
  texts.forEach(({ kind, text }, i) => {
    const part = place.children[i] ?? place.appendChild(document.createElement("span"));
    part.className = kind;
    setText(/** @type {HTMLElement} */ (part), text);
  });
  if (place.firstChild?.nodeType !== Node.TEXT_NODE) place.prepend("");
  const before = /** @type {Text} */ (place.firstChild);
  if (before.data !== gap) before.data = gap;
}

/**
 * Make the children of *parent* match *items* by their keys.
 * @template {{key: string}} T
 * @param {HTMLElement} parent
 * @param {string} tag
 * @param {T[]} items
 * @param {(place: HTMLElement, item: T) => void} show
 */
function reconcile(parent, tag, items, show) {
  const children = /** @type {HTMLElement[]} */ ([...parent.children]);
  const old = new Map(children.map((child) => [child.dataset.key, child]));
  items.forEach((item, i) => {
    const place = old.get(item.key) ?? document.createElement(tag);
    old.delete(item.key);
    place.dataset.key = item.key;
    if (parent.children[i] !== place) parent.insertBefore(place, parent.children[i] ?? null);
    show(place, item);
  });
  for (const gone of old.values()) gone.remove();
}

function isAtEnd() {
  return sheet.scrollHeight - sheet.scrollTop - sheet.clientHeight < NEAR_PX;
}

function follow() {
  if (isFollowing && words.hasChildNodes()) sheet.scrollTop = sheet.scrollHeight;
}
