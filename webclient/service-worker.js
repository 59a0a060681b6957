/**
 * Keep the page's own files, so that it opens at once, and without a server too.
 * Knows files by their names and hashes; never touches what is asked of the server, nor tokens,
 * sound or words.
 *
 * The server puts a line before this that names the files of one version, and their hashes.  Those
 * of one visit are all of one version: either all from here, or, where the server has another
 * version by now, all from there.
 */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const INDEX = "index.html";

/** Where the page is: above this file, at the root or below a proxy's prefix. */
const HOME = new URL("../", worker.location.href);

/** Servers below other prefixes of this origin keep files of their own. */
const OURS = `dictation ${HOME.pathname} `;
const CACHE = OURS + SHELL.version;

/** A server that says nothing for so long is as good as none. */
const PATIENCE_MS = 3_000;

/** Visits that began with the index kept here; forgotten when the browser lets the worker rest. */
const ownClients = new Set();

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (event) => {
  const name = nameOf(event.request);
  if (name === INDEX) event.respondWith(open(event));
  else if (name) event.respondWith(give(event, name));
});

/** Get all files, or none: some may come from a server of another version. */
async function install() {
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(Object.entries(SHELL.files).map(([name, hash]) => keep(cache, name, hash)));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
  await worker.skipWaiting();
}

/**
 * @param {Cache} cache
 * @param {string} name
 * @param {string} hash
 */
async function keep(cache, name, hash) {
  const response = await fetch(urlOf(name), { cache: "no-cache" });
  const found = await hashOf(await response.clone().arrayBuffer());
  if (found !== hash) throw new Error(`found another version of ${name}, expected ${hash}`);
  await cache.put(urlOf(name), response);
}

async function activate() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(OURS) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/**
 * Open the page: as the server has it, if that is another version, else as it is kept here.
 * @param {FetchEvent} event
 * @returns {Promise<Response>}
 */
async function open(event) {
  const response = await patiently(fetch(event.request));
  if (response && response.headers.get("Page-Version") !== SHELL.version) {
    event.waitUntil(worker.registration.update().catch(() => {}));
    return response;
  }
  const kept = await find(INDEX);
  if (kept) ownClients.add(event.resultingClientId);
  return kept ?? response ?? Response.error();
}

/**
 * @param {Promise<Response>} asked
 * @returns {Promise<Response | null>} null if nobody answers, or only that the server is away
 */
async function patiently(asked) {
  const late = new Promise((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
  const response = await Promise.race([asked, late]).catch(() => null);
  return response && response.status < 500 ? response : null;
}

/**
 * Give a part of the page, of the version of the whole.
 * @param {FetchEvent} event
 * @param {string} name
 * @returns {Promise<Response>}
 */
async function give({ request, clientId }, name) {
  if (ownClients.has(clientId)) return (await find(name)) ?? fetch(request);
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await find(name);
    if (kept) return kept;
    throw error;
  }
}

/**
 * Give the name of a file that is kept here.
 * @param {Request} request
 * @returns {string} empty for whatever else there is
 */
function nameOf({ url, method, mode, headers }) {
  const { origin, pathname, search } = new URL(url);
  if (method !== "GET" || origin !== HOME.origin || headers.has("Authorization")) return "";
  if (mode === "navigate") return pathname === HOME.pathname ? INDEX : "";
  const below = new URL("page/", HOME).pathname;
  const name = pathname.startsWith(below) && !search ? pathname.slice(below.length) : "";
  return name !== INDEX && Object.hasOwn(SHELL.files, name) ? name : "";
}

/** @param {string} name */
function urlOf(name) {
  return name === INDEX ? HOME : new URL(`page/${name}`, HOME);
}

/** @param {string} name */
async function find(name) {
  const cache = await caches.open(CACHE);
  return cache.match(urlOf(name));
}

/** @param {ArrayBuffer} octets */
async function hashOf(octets) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", octets));
  return Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join("");
}
