/**
 * How the overlay looks, from the parameters in its address.
 * Knows the parameters; knows nothing of the page.  docs/captions.md tells of them.
 */

import { COLUMNS } from "./columns.js";

/**
 * @typedef {{size: string, lines: number, align: string, position: string, color: string,
 *   background: string, font: string, characters: number, fadeSeconds: number}} Look
 *   *fadeSeconds*: 0 for never
 */

/** @type {Readonly<Look>} */
export const USUAL = Object.freeze({
  size: "48px",
  lines: 2,
  align: "left",
  position: "bottom",
  color: "#ffffff",
  background: "rgb(0 0 0 / 75%)",
  font: "",
  characters: COLUMNS,
  fadeSeconds: 8,
});

/** Sooner, words would go while somebody takes breath. */
const SHORTEST_FADE_SECONDS = 3;

/**
 * Read the look; what is not understood stays as usual.
 * @param {URLSearchParams} given
 * @param {(property: string, value: string) => boolean} supports as `CSS.supports`
 * @returns {Look}
 */
export function lookOf(given, supports) {
  const text = (/** @type {string} */ name) => given.get(name)?.trim() ?? "";
  const oneOf = (/** @type {"align" | "position"} */ name, /** @type {string[]} */ ...values) =>
    values.includes(text(name)) ? text(name) : USUAL[name];
  const color = (/** @type {"color" | "background"} */ name) =>
    colorOf(text(name), supports) ?? USUAL[name];
  const fade = number(text("fade"), 0, 3600, USUAL.fadeSeconds);
  return {
    size: sizeOf(text("size")) ?? USUAL.size,
    lines: Math.round(number(text("lines"), 1, 6, USUAL.lines)),
    align: oneOf("align", "left", "center", "right"),
    position: oneOf("position", "top", "middle", "bottom"),
    color: color("color"),
    background: color("background"),
    font: fontOf(text("font")),
    characters: Math.round(number(text("characters"), 12, 80, USUAL.characters)),
    fadeSeconds: fade === 0 ? 0 : Math.max(fade, SHORTEST_FADE_SECONDS),
  };
}

/**
 * @param {string} text
 * @param {number} least
 * @param {number} most
 * @param {number} otherwise
 */
function number(text, least, most, otherwise) {
  const value = text === "" ? NaN : Number(text);
  return Number.isFinite(value) ? Math.min(Math.max(value, least), most) : otherwise;
}

/** @param {string} text a number of pixels, or of another unit */
function sizeOf(text) {
  const found = text.match(/^(\d{1,3}(?:\.\d{1,2})?)(px|vw|vh|rem)?$/);
  return found && Number(found[1]) > 0 ? `${found[1]}${found[2] ?? "px"}` : null;
}

/**
 * A "#" begins the fragment of an address, so hexadecimal digits do without.
 * @param {string} text
 * @param {(property: string, value: string) => boolean} supports
 */
function colorOf(text, supports) {
  const isBare = /^(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(text);
  const value = isBare ? `#${text}` : text;
  const isColor = value !== "" && !/var|url|inherit|initial|unset|revert/i.test(value);
  return isColor && supports("color", value) ? value : null;
}

/** @param {string} text the name of a font that is installed */
function fontOf(text) {
  return /^[\p{L}\p{N} _.-]{1,60}$/u.test(text) ? `"${text}", ` : "";
}
