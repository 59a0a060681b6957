/**
 * Find what stands on the page.
 * Knows ids; knows nothing of what the elements are for.
 */

/** A screen reader speaks these one after the other; older ones it has taken by then. */
const ANNOUNCED = 10;

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 * @throws {Error} if the page has no such element
 */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element "${id}"`);
  return /** @type {T} */ (found);
}

/**
 * Set a text, but touch nothing if it stands there already: screen readers would read it again.
 * @param {HTMLElement} place
 * @param {string} text
 */
export function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/**
 * Hide a box; whoever was in it with the keyboard goes to what comes next, not to the top.
 * @param {HTMLElement} box
 * @param {HTMLElement} heir of the focus
 */
export function hide(box, heir) {
  if (box.contains(document.activeElement)) heir.focus({ preventScroll: true });
  box.hidden = true;
}

/**
 * Say something to those who listen to the page, after what was said before; nobody sees it.
 * @param {string} text
 */
export function announce(text) {
  const announcer = element("announcer");
  const said = document.createElement("p");
  said.textContent = text;
  announcer.append(said);
  while (announcer.children.length > ANNOUNCED) announcer.firstElementChild?.remove();
}

/**
 * Tell whether sizes changed: how large a sheet is and what is written on it.
 * @param {Element} sheet
 * @returns {string} the same as long as nothing changed
 */
export function sizes({ clientWidth, clientHeight, scrollHeight }) {
  return `${clientWidth} ${clientHeight} ${scrollHeight}`;
}
