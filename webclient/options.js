/**
 * The choices people make before they start, remembered on this device.
 * Knows the fields; knows nothing of what comes of a choice.
 */

import { listMicrophones } from "./capture.js";
import { element, setText } from "./page.js";
import { DEFAULT_KEY, KEYS } from "./push-to-talk.js";
import { recall, remember } from "./storage.js";

const FIELDS = ["device", "language", "profile", "prompt", "hotwords", "manner", "hold-key"];

/** What is offered until a server has told what it knows. */
const COMMON = [
  "en",
  "es",
  "fr",
  "de",
  "it",
  "pt",
  "nl",
  "pl",
  "uk",
  "ru",
  "tr",
  "ar",
  "hi",
  "zh",
  "ja",
  "ko",
];

/**
 * Fill the fields with what was chosen last and remember every change.
 * @param {{onForgetToken: () => void, onChange: () => void}} listener
 */
export function initOptions({ onForgetToken, onChange }) {
  showLanguages(recall("device", "languages", COMMON));
  const keys = Object.entries(KEYS).map(([code, label]) => new Option(label, code));
  field("hold-key").replaceChildren(...keys);
  const chosen = remembered();
  for (const name of FIELDS) select(name, chosen[name]);
  element("options").addEventListener("change", () => {
    remember("device", "options", values());
    showChosen();
    onChange();
  });
  element("forget-token").addEventListener("click", onForgetToken);
  navigator.mediaDevices?.addEventListener("devicechange", showDevices);
  showDevices();
}

/** Give what is chosen. */
export function chosenOptions() {
  const { device, language, profile, prompt, hotwords } = values();
  return {
    deviceId: device,
    language,
    profile: /** @type {import("./client/protocol.js").Profile} */ (profile),
    prompt: prompt.trim(),
    hotwords: hotwords
      .split(",")
      .map((word) => word.trim())
      .filter(Boolean),
  };
}

/**
 * Give how people want to talk.
 * @returns {{manner: import("./push-to-talk.js").Manner, key: string}}
 */
export function chosenManner() {
  const { manner, "hold-key": key } = values();
  return { manner: manner === "hold" ? "hold" : "free", key: key || DEFAULT_KEY };
}

/** Offer the microphones; they have names only after a first permission. */
export async function showDevices() {
  const chosen = remembered().device;
  const devices = await listMicrophones();
  fill(
    "device",
    "Default microphone",
    devices.map(({ id, label }) => [id, label]),
  );
  select("device", chosen);
  showChosen();
}

/**
 * Offer the languages a server knows, by their English names.
 * @param {string[]} codes ISO 639-1
 */
export function showLanguages(codes) {
  remember("device", "languages", codes);
  const names = new Intl.DisplayNames("en", { type: "language" });
  const named = codes.map(
    (code) => /** @type {[string, string]} */ ([code, names.of(code) ?? code]),
  );
  const chosen = field("language").value;
  fill(
    "language",
    "Detect language",
    named.sort(([, a], [, b]) => a.localeCompare(b, "en")),
  );
  select("language", chosen);
  showChosen();
}

/** @param {string} model the one that listens; whoever runs the server chose it */
export function showModel(model) {
  setText(element("model"), `The model of this server is “${model}”.`);
}

/** Say beside the closed options what matters most. */
function showChosen() {
  const labels = ["device", "language"].map((name) => {
    const { selectedOptions } = /** @type {HTMLSelectElement} */ (field(name));
    return selectedOptions[0]?.label;
  });
  setText(element("chosen"), labels.join(" · "));
}

/**
 * @param {string} name
 * @param {string} first
 * @param {[string, string][]} others values and labels
 */
function fill(name, first, others) {
  const options = [["", first], ...others].map(([value, label]) => new Option(label, value));
  field(name).replaceChildren(...options);
}

/**
 * @param {string} name
 * @param {string | undefined} value left alone if it is not offered any more
 */
function select(name, value) {
  const place = field(name);
  const isOffered =
    !(place instanceof HTMLSelectElement) || [...place.options].some((o) => o.value === value);
  if (value !== undefined && isOffered) place.value = value;
}

/** @returns {Record<string, string | undefined>} */
function remembered() {
  return recall("device", "options", {});
}

/** @returns {Record<string, string>} */
function values() {
  return Object.fromEntries(FIELDS.map((name) => [name, field(name).value]));
}

/** @param {string} name */
function field(name) {
  return /** @type {HTMLSelectElement | HTMLInputElement} */ (element(name));
}
