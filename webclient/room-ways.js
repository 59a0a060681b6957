/**
 * The two ways to read along in a room: a WebSocket, and server-sent events where none opens.
 * Knows sockets and streams; knows nothing of what is told, or of when to give up or try again.
 */

import { subprotocols } from "./client/protocol.js";
import { EventStream } from "./event-stream.js";
import { SUBPROTOCOL } from "./room-messages.js";

/**
 * @typedef {{wasOpen: boolean, status?: number, retryAfterSeconds?: number}} End
 *   *wasOpen*: a message came; *status*: of an HTTP answer other than 200
 * @typedef {{take: (text: string) => void, hear: () => void}} Ear *take*: a message; *hear*: any
 *   sign of life, messages too
 * @typedef {(url: URL, token: string, ear: Ear, signal: AbortSignal) => Promise<End>} Way
 */

/**
 * Read by WebSocket until it ends.
 * @type {Way}
 */
export function bySocket(url, token, { take, hear }, signal) {
  return new Promise((resolve) => {
    let wasOpen = false;
    const address = new URL(url);
    address.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(address, subprotocols(token, SUBPROTOCOL));
    const end = () => {
      socket.onmessage = socket.onclose = null;
      socket.close();
      resolve({ wasOpen });
    };
    socket.onmessage = ({ data }) => {
      wasOpen = true;
      hear();
      take(data);
    };
    socket.onclose = end;
    signal.addEventListener("abort", end, { once: true });
  });
}

/**
 * Read by server-sent events until they end.
 * @type {Way}
 */
export async function byEvents(url, token, { take, hear }, signal) {
  let wasOpen = false;
  try {
    const headers = { Accept: "text/event-stream", Authorization: `Bearer ${token}` };
    const answer = await fetch(eventsOf(url), { headers, cache: "no-store", signal });
    if (!answer.ok || !answer.body) return refusalOf(answer);
    const stream = new EventStream();
    for await (const text of texts(answer.body)) {
      wasOpen = true;
      hear();
      stream.take(text).forEach(take);
    }
  } catch {
    // The network broke, or was given up: both are an end like any other.
  }
  return { wasOpen };
}

/** @param {URL} url */
function eventsOf(url) {
  const events = new URL(url);
  events.pathname += "/events";
  return events;
}

/**
 * @param {Response} answer
 * @returns {End}
 */
function refusalOf({ status, headers }) {
  return { wasOpen: false, status, retryAfterSeconds: Number(headers.get("Retry-After")) || undefined };
}

/**
 * By hand, because not all browsers can iterate over a stream.
 * @param {ReadableStream<Uint8Array>} body
 */
async function* texts(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield decoder.decode(value, { stream: true });
  }
}
