/**
 * The form that asks for a token.
 * Knows the form; whether a token is good is told to it.
 */

import { element, setText } from "./page.js";
import { tokenGiven } from "./token.js";

const door = /** @type {HTMLFormElement} */ (element("door"));
const field = /** @type {HTMLInputElement} */ (element("token"));

/**
 * @param {(token: string) => Promise<string>} onToken tries a token and gives what is wrong with
 *   it, empty for nothing
 * @param {() => void} onOpen
 */
export function initDoor(onToken, onOpen) {
  door.addEventListener("submit", async (event) => {
    event.preventDefault();
    setText(element("token-refused"), "");
    const refused = await onToken(tokenGiven(field.value));
    if (refused) askForToken(refused);
    else onOpen();
  });
}

/** @param {string} refused why there is a need to ask, empty for the first time */
export function askForToken(refused) {
  door.hidden = false;
  element("dock").hidden = true;
  element("sheet").hidden = true;
  setText(element("token-refused"), refused);
  field.setAttribute("aria-invalid", String(Boolean(refused)));
  field.focus();
  field.select();
}

/** True while nobody sees the page behind: keys do nothing there. */
export function isDoorShut() {
  return !door.hidden;
}

/** Show the page behind. */
export function closeDoor() {
  if (door.hidden) return;
  field.value = "";
  door.hidden = true;
  element("dock").hidden = false;
  element("sheet").hidden = false;
  element("main").focus();
}
