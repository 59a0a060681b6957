/**
 * How the captions are shown: size, lines, colors.  Kept on this device.
 * Knows the controls; knows nothing of what is shown.
 */

import { element } from "./page.js";
import { recall, remember } from "./storage.js";

const SCALES = [0.6, 0.7, 0.85, 1, 1.2, 1.45, 1.75, 2.1, 2.5];

/** @typedef {{scale: number, lines: string, theme: string}} Look *scale*: a place in the sizes */

/** @type {Look} */
const USUAL = { scale: SCALES.indexOf(1), lines: "3", theme: "system" };

const smaller = /** @type {HTMLButtonElement} */ (element("smaller"));
const larger = /** @type {HTMLButtonElement} */ (element("larger"));
const lines = /** @type {HTMLSelectElement} */ (element("line-count"));
const theme = /** @type {HTMLSelectElement} */ (element("theme"));

let look = USUAL;

/** @param {() => void} onChange told after the page looks otherwise */
export function initOptions(onChange) {
  const change = (/** @type {Partial<Look>} */ other) => {
    look = { ...look, ...other };
    remember("device", "captions", look);
    show();
    onChange();
  };
  const resize = (/** @type {number} */ by) => {
    const scale = Math.min(Math.max(look.scale + by, 0), SCALES.length - 1);
    if (scale !== look.scale) change({ scale });
  };
  smaller.addEventListener("click", () => resize(-1));
  larger.addEventListener("click", () => resize(1));
  lines.addEventListener("change", () => change({ lines: lines.value }));
  theme.addEventListener("change", () => change({ theme: theme.value }));
  look = checked({ ...USUAL, ...recall("device", "captions", {}) });
  show();
}

/**
 * Keep what an earlier page wrote within what there is.
 * @param {Look} kept
 * @returns {Look}
 */
function checked(kept) {
  const has = (/** @type {HTMLSelectElement} */ select, /** @type {string} */ value) =>
    [...select.options].some((option) => option.value === value);
  return {
    scale: SCALES[kept.scale] ? kept.scale : USUAL.scale,
    lines: has(lines, kept.lines) ? kept.lines : USUAL.lines,
    theme: has(theme, kept.theme) ? kept.theme : USUAL.theme,
  };
}

function show() {
  const { dataset, style } = document.documentElement;
  dataset.lines = look.lines;
  dataset.theme = look.theme;
  style.setProperty("--scale", String(SCALES[look.scale]));
  lines.value = look.lines;
  theme.value = look.theme;
  // Not disabled, which would take the focus away.
  smaller.setAttribute("aria-disabled", String(look.scale === 0));
  larger.setAttribute("aria-disabled", String(look.scale === SCALES.length - 1));
}
