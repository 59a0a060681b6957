/**
 * One WebSocket connection that speaks `dictation.v1`.
 * Knows nothing of sound or sessions; a second connection is a second link.
 */

import { parse, subprotocols } from "./protocol.js";

/** Sent when this client cannot read the server; 4000 and above are for applications. */
export const CLOSE_UNREADABLE = 4000;

/** What a WebSocket gives when nobody said why. */
export const CLOSE_LOST = 1006;

/** A network that swallows everything would keep a socket waiting for minutes. */
const OPEN_WITHIN_MS = 20_000;

/**
 * @typedef {{onOpen: () => void, onMessage: (message: import("./protocol.js").Message) => void,
 *   onUnreadable: (error: unknown) => void,
 *   onClose: (end: {wasOpen: boolean, code: number}) => void}} LinkListener
 *   *onUnreadable*: the server sent what is no message, and the link is being closed
 */

export class Link {
  #socket;
  #timer;
  #wasOpen = false;
  #sentBytes = 0;

  /**
   * Begin to connect; exactly one `onClose` follows, unless the link is dropped.
   * @param {URL} url of the server's socket
   * @param {string} credential a token or a cursor
   * @param {LinkListener} listener
   */
  constructor(url, credential, { onOpen, onMessage, onUnreadable, onClose }) {
    this.#socket = new WebSocket(url, subprotocols(credential));
    this.#timer = setTimeout(() => this.#socket.close(), OPEN_WITHIN_MS);
    this.#socket.onopen = () => {
      clearTimeout(this.#timer);
      this.#wasOpen = true;
      onOpen();
    };
    this.#socket.onmessage = ({ data }) => {
      const message = this.#read(data, onUnreadable);
      if (message) onMessage(message);
    };
    const end = (/** @type {number} */ code) => {
      this.#forget();
      onClose({ wasOpen: this.#wasOpen, code });
    };
    this.#socket.onclose = ({ code }) => end(code);
    // Node up to version 22 tells of a connection that did not open by an error alone.
    this.#socket.onerror = () => this.#wasOpen || end(CLOSE_LOST);
  }

  /** Bytes that wait for the network. */
  get waitingBytes() {
    return this.#socket.bufferedAmount;
  }

  /** Bytes that the network took so far. */
  get takenBytes() {
    return this.#sentBytes - this.waitingBytes;
  }

  /** @param {string | import("./keeper.js").Chunk} frame */
  send(frame) {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(frame);
    // Our JSON is ASCII but for a prompt; then the sum is off, and grows all the same.
    this.#sentBytes += typeof frame === "string" ? frame.length : frame.byteLength;
  }

  /** Close without waiting for an answer; nothing is heard of this link any more. */
  drop() {
    this.#forget();
    this.#socket.close();
  }

  #forget() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
  }

  /**
   * @param {unknown} data
   * @param {(error: unknown) => void} onUnreadable
   */
  #read(data, onUnreadable) {
    try {
      return parse(data);
    } catch (error) {
      this.#socket.onmessage = null;
      this.#socket.close(CLOSE_UNREADABLE);
      onUnreadable(error);
      return null;
    }
  }
}
