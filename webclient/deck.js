/**
 * The buttons, their keys, and the gauges beside them.
 * Knows elements and wording; knows nothing of how a deed is done.
 */

import { isDoorShut } from "./door.js";
import { element, setText } from "./page.js";
import { clock, DECK, mainButton } from "./wording.js";

const main = element("main");
const stop = element("stop");
/** @type {import("./push-to-talk.js").Manner} */
let manner = "free";

/** @type {import("./phases.js").Phase} */
let phase = "idle";

const isMac = /mac|iphone|ipad/i.test(navigator.platform);

/**
 * Let buttons and keys do deeds: Ctrl+Enter (on a Mac also Command) is the main button, Escape stops.
 * @param {(deed: import("./wording.js").Deed) => void} onDeed
 */
export function initDeck(onDeed) {
  const press = (/** @type {HTMLElement} */ button) => {
    if (!button.hidden) onDeed(/** @type {import("./wording.js").Deed} */ (button.dataset.does));
  };
  main.addEventListener("click", (event) => {
    // Whoever held it has done what there was to do.
    if (!event.defaultPrevented) press(main);
  });
  stop.addEventListener("click", () => press(stop));
  document.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, shiftKey, repeat, isComposing } = event;
    if (repeat || isComposing || event.defaultPrevented) return;
    if (key === "Enter" && (ctrlKey || metaKey) && !shiftKey && !isDoorShut()) {
      event.preventDefault();
      press(main);
    }
    // What is being finished is not given up by a key that was pressed to stop.
    if (key === "Escape" && stop.dataset.does !== "giveUp") press(stop);
  });
  if (isMac) showMacKeys();
}

function showMacKeys() {
  for (const key of document.querySelectorAll(".mod")) key.textContent = "⌘";
  main.title = "⌘ Enter";
  main.setAttribute("aria-keyshortcuts", "Meta+Enter");
}

/**
 * Choose whether the main button is pressed or held.
 * @param {import("./push-to-talk.js").Manner} chosen
 */
export function showManner(chosen) {
  manner = chosen;
  document.body.dataset.manner = chosen;
  setButton(main, mainButton(phase, manner));
}

/**
 * Show what is going on and what can be done about it.
 * @param {import("./phases.js").Phase} next
 */
export function showPhase(next) {
  phase = next;
  const deck = DECK[phase];
  document.body.dataset.phase = phase;
  setText(element("state"), deck.state);
  setButton(main, mainButton(phase, manner));
  if (!deck.stop && document.activeElement === stop) main.focus();
  stop.hidden = !deck.stop;
  if (deck.stop) setButton(stop, deck.stop);
  if (phase !== "idle") element("elapsed").hidden = false;
  if (phase !== "listening") {
    showVoice(false);
    showLevel(0);
  }
  document.title = phase === "idle" ? "Dictation" : `${deck.state} – Dictation`;
}

/**
 * Show what is heard.
 * @param {number} level from 0 to 1
 */
export function showLevel(level) {
  element("level").style.transform = `scaleX(${level.toFixed(3)})`;
}

/** @param {number} seconds listened to */
export function showElapsed(seconds) {
  setText(element("elapsed"), clock(seconds));
}

/** @param {boolean} isSpeaking */
export function showVoice(isSpeaking) {
  element("lamp").classList.toggle("voice", isSpeaking);
}

/**
 * @param {HTMLElement} place
 * @param {import("./wording.js").Button} button
 */
function setButton(place, { does, label }) {
  place.dataset.does = does;
  // Not `disabled`, which would take the focus away from those who use the keyboard.
  place.setAttribute("aria-disabled", String(does === "wait"));
  setText(place, label);
}
