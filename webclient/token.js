/**
 * The token: taken from the address, kept for this tab, never sent in a URL.
 * Knows nothing of what it opens.
 */

import { recall, remember } from "./storage.js";

/**
 * Find a token in the fragment of an address.
 * @param {string} hash as in `location.hash`
 * @returns {{token: string, rest: string}} empty if there is none; *rest* is the fragment without
 */
export function tokenInFragment(hash) {
  const parts = hash.replace(/^#/, "").split("&");
  // By hand, because URLSearchParams would turn a "+" within a token into a space.
  const found = parts.find((part) => part.startsWith("token="));
  const rest = parts.filter((part) => part !== found).join("&");
  return { token: decode(found?.slice("token=".length) ?? ""), rest: rest && `#${rest}` };
}

/**
 * Find the token in what a person gives: the token itself, or the whole link that brings it along.
 * @param {string} given
 * @returns {string}
 */
export function tokenGiven(given) {
  const link = given.trim();
  return tokenInFragment(link.slice(link.indexOf("#"))).token || link;
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Give this tab's token, taking a new one from the address, where it does not stay.
 * @returns {string} empty for none
 */
export function takeToken() {
  const { token, rest } = tokenInFragment(location.hash);
  if (!token) return recall("tab", "token", "");
  history.replaceState(null, "", location.pathname + location.search + rest);
  keepToken(token);
  return token;
}

/**
 * Keep a token until the tab is closed.
 * @param {string} token empty to forget it
 */
export function keepToken(token) {
  remember("tab", "token", token);
}
