/**
 * Notice when the main button, or its key, is held and let go.
 * Knows elements and keys; knows nothing of what comes of it.
 */

import { isDoorShut } from "./door.js";
import { element } from "./page.js";
import { isHeldKey } from "./push-to-talk.js";

/** What takes the space bar for itself. */
const TAKES_KEYS = "input, textarea, select, button, summary, a, [contenteditable]";

const main = element("main");

/**
 * @param {{chosen: () => {manner: import("./push-to-talk.js").Manner, key: string},
 *   onPress: () => boolean, onRelease: () => void}} listener *onPress* tells whether that means
 *   anything now
 */
export function initHold({ chosen, onPress, onRelease }) {
  let isHeld = false;
  const press = () => {
    isHeld ||= onPress();
  };
  const release = () => {
    if (isHeld) onRelease();
    isHeld = false;
  };
  // A click comes after a mouse or a finger let go, and with a count; one by a key has none.
  let wasHeld = false;
  const isOn = () => chosen().manner === "hold";
  const isKey = (/** @type {KeyboardEvent} */ { code, target }) =>
    isOn() && !isDoorShut() && isHeldKey(code, chosen().key, isElsewhere(/** @type {Element} */ (target)));
  main.addEventListener("pointerdown", ({ button, pointerId }) => {
    if (!isOn() || button !== 0) return;
    main.setPointerCapture(pointerId);
    press();
    wasHeld = isHeld;
  });
  main.addEventListener(
    "click",
    (event) => {
      if (wasHeld && event.detail > 0) event.preventDefault();
      wasHeld = false;
    },
    { capture: true },
  );
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    main.addEventListener(name, release);
  }
  // A long touch would open a menu over the button.
  main.addEventListener("contextmenu", (event) => isOn() && event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || !isKey(event)) return;
    event.preventDefault();
    if (!event.repeat) press();
  });
  document.addEventListener("keyup", (event) => {
    if (!isHeld || event.code !== chosen().key) return;
    // The button would be clicked by the space bar that was held on it.
    event.preventDefault();
    release();
  });
  window.addEventListener("blur", release);
  document.addEventListener("visibilitychange", release);
}

/** @param {Element} target */
function isElsewhere(target) {
  return target === main || !target.closest?.(TAKES_KEYS);
}
