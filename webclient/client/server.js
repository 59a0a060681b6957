/**
 * Ask a server over HTTP for what lets in, and what an upgrade would be answered, which browsers
 * keep back.  Knows its addresses; knows nothing of dictation.
 */

/** Longer is no answer. */
const PATIENCE_MS = 10_000;

/** No time is named: the server's own default suits a page, and is never more than it allows. */
const WISH = JSON.stringify({ scope: "speak", one_session: true });

/**
 * @typedef {{status: number, code: string, message: string, retryAfterSeconds?: number,
 *   token?: string}} Answer
 *   *status*: of the upgrade, 200 for one that would be let in; *token*: made for who asked
 */

export class Server {
  /** Where the socket is. @type {URL} */
  socketUrl;

  /**
   * @param {string | URL} url of the socket, as in `wss://example.org/v1/dictation`; `https:` does
   *   as well, and in a page a path.  The other routes lie beside it, so that a proxy may serve all
   *   of it below a prefix
   * @throws {TypeError} if it is no URL
   */
  constructor(url) {
    this.socketUrl = withProtocol(new URL(url, globalThis.location?.href), "ws");
  }

  /**
   * Ask whether a token would be let in now.
   * @param {string} token empty for none
   * @returns {Promise<Answer | null>} null when the server cannot be reached
   */
  async askAdmission(token) {
    // An upgrade tells the page's origin, a GET does not; outside browsers there is none.
    const origin = globalThis.location?.origin;
    return this.#ask(`admission${origin ? `?origin=${encodeURIComponent(origin)}` : ""}`, token);
  }

  /**
   * Exchange a long-lived token for one that opens one session within the next minutes.
   * @param {string} longLived empty for none
   * @returns {Promise<{token: string} | {token?: undefined, refusal: Answer | null}>} the token as
   *   it is where it cannot be exchanged; a *refusal* of null when the server cannot be reached
   */
  async exchange(longLived) {
    if (!longLived) return { token: longLived };
    const answer = await this.#ask("tokens", longLived, WISH);
    if (answer?.token) return { token: answer.token };
    return isNoExchange(answer) ? { token: longLived } : { refusal: answer };
  }

  /**
   * @param {string} name of a route beside the socket
   * @param {string} token empty for none
   * @param {string} [body] of JSON, to be posted
   * @returns {Promise<Answer | null>}
   */
  async #ask(name, token, body) {
    const url = new URL(name, withProtocol(this.socketUrl, "http"));
    return ask(url, token, { method: body ? "POST" : "GET", body }, readAnswer);
  }
}

/**
 * Ask a server, and read what it says.
 * @template T
 * @param {URL} url
 * @param {string} token empty for none
 * @param {{method: string, body?: string}} request *body*: of JSON
 * @param {(response: Response) => Promise<T>} read
 * @returns {Promise<T | null>} null when the server cannot be reached, or did not say it all
 */
export async function ask(url, token, { method, body }, read) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const headers = new Headers(token ? { Authorization: `Bearer ${token}` } : {});
    if (body) headers.set("Content-Type", "application/json");
    return await read(await fetch(url, { method, headers, body, cache: "no-store", signal }));
  } catch {
    return null;
  }
}

/**
 * @param {URL} url
 * @param {"ws" | "http"} name with an "s" where the url has one
 */
function withProtocol(url, name) {
  const other = new URL(url);
  other.protocol = `${name}${/^(https|wss):$/.test(url.protocol) ? "s" : ""}:`;
  return other;
}

/** @param {Answer | null} answer */
function isNoExchange(answer) {
  // An older server, one that signs nothing; or the link itself brought a signed token along.
  return answer?.status === 404 || answer?.status === 405 || answer?.code === "not_long_lived";
}

/**
 * Read what a server said, whatever it was.
 * @param {Response} response the server's own, or that of a proxy before it
 * @returns {Promise<Answer>}
 */
export async function readAnswer(response) {
  const body = await response.json().catch(() => ({}));
  const { status = response.status, code = "", message = "", token } = body ?? {};
  const wait = body?.retry_after ?? response.headers.get("Retry-After");
  const retryAfterSeconds = Number(wait) || undefined;
  return { status, code, message: String(message), retryAfterSeconds, token };
}
