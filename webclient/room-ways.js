/**
 * The two ways to read along in a room: a WebSocket, and server-sent events where none opens.
 * Knows sockets and streams; knows nothing of what is told, or of when to try again.
 */

import { EventStream } from "./event-stream.js";
import { subprotocols } from "./room-messages.js";

/** A network that swallows everything would keep us waiting for minutes. */
const OPEN_WITHIN_MS = 10_000;

/** The server says something into a stream every 15 s. */
const SILENT_FOR_MS = 40_000;

/**
 * @typedef {{wasOpen: boolean, status?: number, retryAfterSeconds?: number}} End
 *   *wasOpen*: a message came; *status*: of an HTTP answer other than 200
 * @typedef {(url: URL, token: string, take: (text: string) => void, signal: AbortSignal)
 *   => Promise<End>} Way
 */

/**
 * Read by WebSocket until it ends.
 * @type {Way}
 */
export function bySocket(url, token, take, signal) {
  return new Promise((resolve) => {
    let wasOpen = false;
    const address = new URL(url);
    address.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(address, subprotocols(token));
    const timer = setTimeout(() => wasOpen || socket.close(), OPEN_WITHIN_MS);
    const end = () => {
      clearTimeout(timer);
      socket.onmessage = socket.onclose = null;
      socket.close();
      resolve({ wasOpen });
    };
    socket.onmessage = ({ data }) => {
      wasOpen = true;
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
export async function byEvents(url, token, take, signal) {
  const silence = new AbortController();
  const stop = () => silence.abort();
  signal.addEventListener("abort", stop, { once: true });
  let timer = setTimeout(stop, OPEN_WITHIN_MS);
  let wasOpen = false;
  try {
    const headers = { Accept: "text/event-stream", Authorization: `Bearer ${token}` };
    const answer = await fetch(eventsOf(url), { headers, cache: "no-store", signal: silence.signal });
    if (!answer.ok || !answer.body) return refusalOf(answer);
    const stream = new EventStream();
    for await (const text of texts(answer.body)) {
      clearTimeout(timer);
      timer = setTimeout(stop, SILENT_FOR_MS);
      wasOpen = true;
      stream.take(text).forEach(take);
    }
  } catch {
    // The network broke, or was silent for too long: both are an end like any other.
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    stop();
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
