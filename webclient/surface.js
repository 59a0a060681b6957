/**
 * What people write on: a text area, and beneath it a mirror that gives it its size and draws what
 * is still being heard.  The cursor never moves because words come.
 * Knows elements and what is in sight; knows nothing of messages or steps.
 */

import { between, moved } from "./changes.js";
import { isInView, wayInto } from "./following.js";
import { element, sizes } from "./page.js";
import { carried, inSight, nextPlace, rebased, runs } from "./sight.js";

/** An input method that is left in mid-word holds words back no longer than this. */
const COMPOSING_MS = 2_000;

const sheet = element("sheet");
const latest = element("latest");
const mirror = element("words");
/** @type {HTMLTextAreaElement} */
const area = element("text");

/**
 * @typedef {import("./manuscript.js").Manuscript} Manuscript
 * @typedef {import("./changes.js").Change} Change
 * @typedef {{onEdit: (change: Change) => void, onUndo: () => void, onRedo: () => void,
 *   onCursor: (isAside: boolean) => void}} Writer
 *   *onEdit*: a change in sight, to be answered by `showManuscript`; *onCursor*: whether the cursor
 *   stands where no words go
 */

/** @type {Writer | null} */
let writer = null;

/** @type {Manuscript | null} */
let manuscript = null;

/** What stood in the area before what is written there now. */
let base = "";

/** @type {import("./sight.js").Run[]} */
let drawn = [];

/** @type {ReturnType<typeof setTimeout> | null} */
let composing = null;

/** False once somebody scrolled the point out of view. */
let isFollowing = true;

/** The sheet's sizes when the point was last looked after. */
let sizesSeen = "";

/** True while the cursor stands where no words go. */
let isAside = false;

/** @param {Writer} listener */
export function initSurface(listener) {
  writer = listener;
  area.addEventListener("input", () => (composing ? compose() : read()));
  area.addEventListener("compositionstart", compose);
  area.addEventListener("compositionend", endComposing);
  area.addEventListener("beforeinput", (event) => {
    if (event.inputType === "historyUndo") act(event, listener.onUndo);
    if (event.inputType === "historyRedo") act(event, listener.onRedo);
  });
  document.addEventListener("keydown", (event) => stepBack(event, listener));
  document.addEventListener("selectionchange", tellCursor);
  area.addEventListener("focus", tellCursor);
  sheet.addEventListener("scroll", () => {
    // What moved while sizes change, as when a keyboard comes up, nobody scrolled away.
    if (isFollowing && sizes(sheet) !== sizesSeen) return follow();
    isFollowing = isPointInView();
    latest.hidden = isFollowing;
  });
  latest.addEventListener("click", () => {
    isFollowing = true;
    follow();
    area.focus({ preventScroll: true });
  });
  new ResizeObserver(follow).observe(sheet);
}

/** Give what is selected in sight; without a selection where the cursor stands. */
export function selected() {
  return { from: area.selectionStart, to: area.selectionEnd };
}

/** Let the keyboard write into the text. */
export function focusText() {
  area.focus({ preventScroll: true });
}

/** @param {string | null | undefined} language in which the browser is to check the spelling */
export function checkSpelling(language) {
  if (language && area.lang !== language) area.lang = language;
}

/**
 * Show a manuscript; what stands there already is left alone.
 * @param {Manuscript} next
 */
export function showManuscript(next) {
  const before = manuscript;
  manuscript = next;
  // An input method would lose the word that it is at.
  if (composing) return;
  write(before, next);
  draw(runs(next));
  element("welcome").hidden = area.value !== "";
  follow();
  tellCursor();
}

/**
 * @param {Manuscript | null} before
 * @param {Manuscript} next
 */
function write(before, next) {
  const text = inSight(next);
  const old = area.value;
  base = text;
  if (old === text) return;
  const { at, removed, inserted } = between(old, text);
  const isKnown = before !== null && old === inSight(before);
  const go = (/** @type {number} */ place) =>
    isKnown ? carried(before, next, place) : moved(place, { at, removed, inserted }, "left");
  const { selectionStart, selectionEnd, selectionDirection } = area;
  area.setRangeText(inserted, at, at + removed.length, "preserve");
  const [from, to] = before ? [go(selectionStart), go(selectionEnd)] : [next.point, next.point];
  if (from === area.selectionStart && to === area.selectionEnd) return;
  area.setSelectionRange(from, to, selectionDirection);
}

/** Take what a person wrote since the area was written last. */
function read() {
  if (!manuscript || area.value === base) return;
  const change = between(base, area.value, area.selectionEnd);
  writer?.onEdit(rebased(change, base, inSight(manuscript)));
}

/** What an input method is at is no edit yet, but needs its room. */
function compose() {
  if (composing) clearTimeout(composing);
  composing = setTimeout(endComposing, COMPOSING_MS);
  draw([{ kind: "settled", text: area.value }]);
}

function endComposing() {
  if (!composing || !manuscript) return;
  clearTimeout(composing);
  composing = null;
  read();
  showManuscript(manuscript);
}

/**
 * @param {KeyboardEvent} event
 * @param {Writer} listener
 */
function stepBack(event, { onUndo, onRedo }) {
  const { key, ctrlKey, metaKey, shiftKey, altKey, target } = event;
  if (event.defaultPrevented || event.isComposing || altKey || !(ctrlKey || metaKey)) return;
  const field = /** @type {Element} */ (target).closest?.("input, textarea, select");
  if (field && field !== area) return;
  const letter = key.toLowerCase();
  if (letter === "z") act(event, shiftKey ? onRedo : onUndo);
  if (letter === "y" && ctrlKey && !shiftKey) act(event, onRedo);
}

/**
 * @param {Event} event
 * @param {() => void} deed takes the place of what the browser would do
 */
function act(event, deed) {
  event.preventDefault();
  deed();
}

function tellCursor() {
  if (!manuscript || document.activeElement !== area) return;
  const { from, to } = selected();
  const place = area.value === inSight(manuscript) ? carried(manuscript, manuscript, to) : to;
  isAside = from !== to || place !== nextPlace(manuscript);
  writer?.onCursor(isAside);
}

/**
 * Draw runs; those that stand there already stay.
 * @param {import("./sight.js").Run[]} next
 */
function draw(next) {
  const isSame = (/** @type {number} */ i, /** @type {number} */ j) =>
    drawn[i].kind === next[j].kind && drawn[i].text === next[j].text;
  const most = Math.min(drawn.length, next.length);
  let head = 0;
  while (head < most && isSame(head, head)) head += 1;
  let tail = 0;
  while (tail < most - head && isSame(drawn.length - 1 - tail, next.length - 1 - tail)) tail += 1;
  for (const old of [...mirror.children].slice(head, drawn.length - tail)) old.remove();
  const behind = mirror.children[head] ?? null;
  for (const { kind, text } of next.slice(head, next.length - tail)) {
    const run = document.createElement("span");
    run.className = kind;
    run.textContent = text;
    mirror.insertBefore(run, behind);
  }
  drawn = next;
}

function pointSpan() {
  return (mirror.querySelector(".point") ?? sheet).getBoundingClientRect();
}

function isPointInView() {
  return isInView(pointSpan(), sheet.getBoundingClientRect());
}

/** Keep the words that come in view, but take nobody away from what they correct. */
function follow() {
  const isBusy = isAside && document.activeElement === area;
  const way = isFollowing && !isBusy ? wayInto(pointSpan(), sheet.getBoundingClientRect()) : 0;
  if (way !== 0) sheet.scrollTop += way;
  sizesSeen = sizes(sheet);
  latest.hidden = isPointInView();
}
