/**
 * The buttons for the text: copy, save, clear, step back and forward, dictate at the cursor.
 * Knows elements and keys; knows nothing of what comes of a press.
 */

import { isDoorShut } from "./door.js";
import { copyText } from "./export.js";
import { initMenu } from "./menu.js";
import { element } from "./page.js";

/**
 * @typedef {{text: () => string, onSave: (extension: import("./formats.js").Extension) => void,
 *   onClear: () => void, onUndo: () => void, onRedo: () => void, onHere: () => void}} Listener
 *   *text*: what is copied; *onHere*: dictation is to go to the cursor
 */

/** @param {Listener} listener */
export function initToolbar({ text, onSave, onClear, onUndo, onRedo, onHere }) {
  const copy = element("copy");
  copy.addEventListener("click", () => copyText(text(), copy));
  initMenu("formats", ({ dataset }) => {
    onSave(/** @type {import("./formats.js").Extension} */ (dataset.format));
  });
  element("clear").addEventListener("click", onClear);
  element("step-back").addEventListener("click", onUndo);
  element("step-forward").addEventListener("click", onRedo);
  const here = element("here");
  // The cursor stays where it is when the button is pressed.
  here.addEventListener("mousedown", (event) => event.preventDefault());
  here.addEventListener("click", onHere);
  document.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, shiftKey, isComposing } = event;
    if (key !== "Enter" || !shiftKey || !(ctrlKey || metaKey) || isComposing) return;
    if (isDoorShut()) return;
    event.preventDefault();
    onHere();
  });
}

/**
 * Show what can be done.
 * @param {import("./manuscript.js").Manuscript} manuscript
 * @param {boolean} hasSpoken something was said that can be saved though the text is empty
 */
export function showToolbar({ text, history }, hasSpoken) {
  able("copy", text.trim() !== "");
  able("clear", text !== "");
  able("step-back", history.done.length > 0);
  able("step-forward", history.undone.length > 0);
  for (const button of element("formats").querySelectorAll("button")) {
    button.disabled = text.trim() === "" && !hasSpoken;
  }
}

/** @param {boolean} isAside the cursor stands where no words go; seen only while some may come */
export function showHere(isAside) {
  element("here").hidden = !isAside;
}

/**
 * @param {string} id
 * @param {boolean} isAble
 */
function able(id, isAble) {
  /** @type {HTMLButtonElement} */ (element(id)).disabled = !isAble;
}
