/**
 * Have the browser keep the page, so that it can be installed and opens without a server.
 * Knows where the worker lies; what it keeps is its own to know.
 */

/** Browsers keep only what came securely; where they refuse, the page works as ever. */
export async function keepPage() {
  if (!window.isSecureContext || !navigator.serviceWorker) return;
  const script = new URL("page/service-worker.js", document.baseURI);
  const scope = new URL("./", document.baseURI).pathname;
  await navigator.serviceWorker.register(script, { scope, updateViaCache: "none" }).catch(() => {});
}
