/**
 * A menu that opens below its button, and closes when somebody chose or went elsewhere.
 * Knows nothing of what is chosen.
 */

import { element } from "./page.js";

/**
 * @param {string} id of a `details` element with buttons
 * @param {(button: HTMLButtonElement) => void} onChoose
 */
export function initMenu(id, onChoose) {
  /** @type {HTMLDetailsElement} */
  const menu = element(id);
  const summary = /** @type {HTMLElement} */ (menu.querySelector("summary"));
  for (const button of menu.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      menu.open = false;
      summary.focus();
      onChoose(button);
    });
  }
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.preventDefault();
    menu.open = false;
    summary.focus();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!menu.contains(/** @type {Node} */ (target))) menu.open = false;
  });
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !menu.contains(/** @type {Node} */ (relatedTarget))) menu.open = false;
  });
}
