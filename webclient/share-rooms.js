/**
 * Ask the server to open a room for readers, to end it, and whether it is still there.
 * Knows the routes of rooms; knows nothing of the page.
 */

import { readAnswer } from "./client/server.js";

/** Longer is no answer. */
const PATIENCE_MS = 10_000;

/**
 * @typedef {import("./client/server.js").Answer} Answer
 * @typedef {{captions: string, overlay: string, vtt: string, srt: string}} Links
 * @typedef {{room: string, title: string | null, expires: number, token: string, links: Links}} Room
 *   *expires*: Unix time; *token*: that of the readers; *links*: complete addresses
 * @typedef {{title: string, seconds: number | null}} RoomWish *seconds*: null for as long as the
 *   server allows
 */

export class RoomServer {
  #root;

  /** @param {string} root of the server, as in `document.baseURI`; it may be below a prefix */
  constructor(root) {
    this.#root = root;
  }

  /**
   * Open a room.
   * @param {string} token that may speak, empty for none
   * @param {RoomWish} wish
   * @returns {Promise<{room: Room} | {room?: undefined, refusal: Answer | null}>} a *refusal* of
   *   null when the server cannot be reached
   */
  async open(token, { title, seconds }) {
    const wish = { title: title || undefined, seconds: seconds ?? undefined };
    const response = await this.#ask("v1/rooms", token, "POST", JSON.stringify(wish));
    if (response?.status !== 201) return { refusal: response && (await readAnswer(response)) };
    const opened = await response.json();
    return { room: { ...opened, links: this.#complete(opened.links) } };
  }

  /**
   * End a room for good.
   * @param {string} token with which it was opened
   * @param {string} room
   * @returns {Promise<Answer | null>} of status 204 if that is done
   */
  async end(token, room) {
    const response = await this.#ask(pathOf(room), token, "DELETE");
    return response && readAnswer(response);
  }

  /**
   * Ask as a reader what has become of a room.
   * @param {Room} room
   * @returns {Promise<Answer | null>} of status 200 if its links are good
   */
  async look({ room, token }) {
    const response = await this.#ask(pathOf(room), token, "GET");
    return response && readAnswer(response);
  }

  /** @param {Record<string, string>} links from the server's root */
  #complete(links) {
    const whole = Object.entries(links).map(([name, link]) => [name, this.#at(link).href]);
    return Object.fromEntries(whole);
  }

  /** @param {string} path from the server's root */
  #at(path) {
    return new URL(path.replace(/^\//, ""), this.#root);
  }

  /**
   * @param {string} path
   * @param {string} token
   * @param {string} method
   * @param {string} [body] of JSON
   * @returns {Promise<Response | null>} null when the server cannot be reached
   */
  async #ask(path, token, method, body) {
    const headers = new Headers(token ? { Authorization: `Bearer ${token}` } : {});
    if (body) headers.set("Content-Type", "application/json");
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      return await fetch(this.#at(path), { method, headers, body, cache: "no-store", signal });
    } catch {
      return null;
    }
  }
}

/** @param {string} room */
const pathOf = (room) => `v1/rooms/${encodeURIComponent(room)}`;
