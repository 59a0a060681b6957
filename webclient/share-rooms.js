/**
 * Ask the server to open a room for readers, to end it, and whether it is still there.
 * Knows the routes of rooms; knows nothing of the page.
 */

import { ask, readAnswer } from "./client/server.js";

/**
 * @typedef {import("./client/server.js").Answer} Answer
 * @typedef {{captions: string, overlay: string, vtt: string, srt: string}} Links
 * @typedef {{room: string, title: string | null, expires: number, token: string, links: Links}} Room
 *   *expires*: Unix time; *token*: that of the readers; *links*: complete addresses
 * @typedef {{room: Room} | {room?: undefined, refusal: Answer | null}} Opened a *refusal* of null when
 *   the server cannot be reached
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
   * @returns {Promise<Opened>}
   */
  async open(token, { title, seconds }) {
    const wish = { title: title || undefined, seconds: seconds ?? undefined };
    const request = { method: "POST", body: JSON.stringify(wish) };
    const read = this.#readOpened.bind(this);
    return (await ask(this.#at("v1/rooms"), token, request, read)) ?? { refusal: null };
  }

  /**
   * End a room for good.
   * @param {string} token with which it was opened
   * @param {string} room
   * @returns {Promise<Answer | null>} of status 204 if that is done
   */
  async end(token, room) {
    return ask(this.#at(pathOf(room)), token, { method: "DELETE" }, readAnswer);
  }

  /**
   * Ask as a reader what has become of a room.
   * @param {Room} room
   * @returns {Promise<Answer | null>} of status 200 if its links are good
   */
  async look({ room, token }) {
    return ask(this.#at(pathOf(room)), token, { method: "GET" }, readAnswer);
  }

  /**
   * @param {Response} response
   * @returns {Promise<Opened>}
   */
  async #readOpened(response) {
    if (response.status !== 201) return { refusal: await readAnswer(response) };
    const opened = await response.json();
    return { room: { ...opened, links: this.#complete(opened.links) } };
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
}

/** @param {string} room */
const pathOf = (room) => `v1/rooms/${encodeURIComponent(room)}`;
