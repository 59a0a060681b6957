/**
 * Ask over HTTP what the server would answer to an upgrade, which browsers keep to themselves.
 * Knows nothing of dictation or the page.
 */

/** Longer is no answer. */
const PATIENCE_MS = 10_000;

/**
 * @typedef {{status: number, code: string, message: string, retryAfterSeconds?: number}} Answer
 *   *status*: of the upgrade, 200 for one that would be let in
 */

/**
 * Ask whether a token would be let in now.
 * @param {string} token empty for none
 * @returns {Promise<Answer | null>} null when the server cannot be reached
 */
export async function askAdmission(token) {
  const url = new URL("v1/admission", document.baseURI);
  // An upgrade tells the page's origin, a GET does not.
  url.searchParams.set("origin", location.origin);
  const headers = token ? { Authorization: `Bearer ${token}` } : undefined;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    return await read(await fetch(url, { headers, cache: "no-store", signal }));
  } catch {
    return null;
  }
}

/**
 * @param {Response} response the server's own, or that of a proxy before it
 * @returns {Promise<Answer>}
 */
async function read(response) {
  const body = await response.json().catch(() => ({}));
  const { status = response.status, code = "", message = "", retry_after: wait } = body ?? {};
  const retryAfterSeconds = Number(wait ?? response.headers.get("Retry-After")) || undefined;
  return { status, code, message: String(message), retryAfterSeconds };
}
