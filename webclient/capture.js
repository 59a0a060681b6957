/**
 * Open the microphone and hand over its sound in blocks, at a rate that a server takes.
 * Knows nothing of sockets, messages or the page.
 */

import { halve, halvings, HIGHEST_RATE } from "./pcm.js";

const BLOCK_SECONDS = 0.03;
const QUANTUM_SAMPLES = 128;

/** Sound reaches the page some 10 to 100 ms after it was made; the last word is in there. */
const LINGER_MS = 150;

/** A browser that has nowhere to play sound, as Firefox, may never begin to hear it either. */
const RUN_WITHIN_MS = 10_000;

/** A context that the system stopped at this very moment would never answer. */
const DRAIN_MS = 500;

// What sounds better to people on a call can take away what a recognizer needs.
const SOUND = {
  channelCount: 1,
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: true,
};

/** Chromium lists these beside the devices they stand for. */
const SYSTEM_CHOICES = ["", "default", "communications"];

/**
 * @typedef {{onBlock: (samples: Float32Array) => void, onEnded: () => void,
 *   onInterrupted: () => void}} Listener *onEnded*: unplugged or forbidden; *onInterrupted*: the
 *   system took the sound away for a while, for a phone call say
 */

/** The microphone may be fine, but the server does not hand out what listens to it. */
export class LoadError extends Error {
  name = "LoadError";
}

/** Tell whether the browser hands sound to this page at all: only over https or from localhost. */
export function canCapture() {
  return window.isSecureContext && Boolean(navigator.mediaDevices);
}

/**
 * Open a microphone; the browser asks the person first if need be.
 * @param {string} deviceId empty, or one that is gone, for the system's choice
 * @param {Listener} listener
 * @returns {Promise<Microphone>}
 * @throws {DOMException | RangeError} if there is none, or it may not or cannot be used
 * @throws {LoadError} if the server cannot be reached any more
 */
export async function openMicrophone(deviceId, listener) {
  if (!canCapture()) throw new DOMException("found an insecure page", "SecurityError");
  const device = deviceId ? { deviceId: { ideal: deviceId } } : {};
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { ...SOUND, ...device } });
  try {
    const { context, source } = await attach(stream);
    return new Microphone(stream, context, await collect(context, source), listener);
  } catch (error) {
    stop(stream);
    throw error;
  }
}

/**
 * Give the microphones that can be chosen; without permission there are none to tell apart.
 * @returns {Promise<{id: string, label: string}[]>}
 */
export async function listMicrophones() {
  if (!canCapture()) return [];
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind, label }) => kind === "audioinput" && label)
    .filter(({ deviceId }) => !SYSTEM_CHOICES.includes(deviceId))
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/**
 * Connect to an audio context at the device's own rate: Firefox mixes no rates.
 * @param {MediaStream} stream
 */
async function attach(stream) {
  const context = new AudioContext();
  if (context.sampleRate <= HIGHEST_RATE) return join(context, stream);
  const lower = new AudioContext({ sampleRate: HIGHEST_RATE });
  try {
    const joined = join(lower, stream);
    await context.close();
    return joined;
  } catch {
    await lower.close();
    return join(context, stream);
  }
}

/**
 * @param {AudioContext} context
 * @param {MediaStream} stream
 */
function join(context, stream) {
  return { context, source: context.createMediaStreamSource(stream) };
}

/**
 * @param {AudioContext} context
 * @param {AudioNode} source
 */
async function collect(context, source) {
  const module = new URL("capture-processor.js", import.meta.url);
  await context.audioWorklet.addModule(module).catch((error) => {
    throw new LoadError(error.message);
  });
  const quanta = Math.round((BLOCK_SECONDS * context.sampleRate) / QUANTUM_SAMPLES);
  const collector = new AudioWorkletNode(context, "capture", {
    channelCount: 1,
    channelCountMode: "explicit",
    processorOptions: { blockSamples: quanta * QUANTUM_SAMPLES },
  });
  // Its output is silence, but some browsers run only what leads to the speakers.
  source.connect(collector).connect(context.destination);
  await run(context);
  return collector;
}

/** @param {AudioContext} context */
async function run(context) {
  const late = new DOMException("the browser does not start its sound", "TimeoutError");
  const tooLate = new Promise((_, reject) => setTimeout(reject, RUN_WITHIN_MS, late));
  try {
    await Promise.race([context.resume(), tooLate]);
  } catch (error) {
    context.close();
    throw error;
  }
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

export class Microphone {
  #stream;
  #track;
  #context;
  #collector;
  #isPaused = false;
  /** False from a pause until sound comes again: what the context tells meanwhile is old. */
  #isOn = true;
  /** @type {Promise<void> | null} */
  #closed = null;
  /** @type {(() => void) | null} */
  #onDrained = null;

  /**
   * @param {MediaStream} stream
   * @param {AudioContext} context
   * @param {AudioWorkletNode} collector
   * @param {Listener} listener
   */
  constructor(stream, context, collector, { onBlock, onEnded, onInterrupted }) {
    this.#stream = stream;
    this.#track = stream.getAudioTracks()[0];
    this.#context = context;
    this.#collector = collector;
    const times = halvings(context.sampleRate);
    /** Samples per second of the blocks. */
    this.rate = Math.round(context.sampleRate / 2 ** times);
    collector.port.onmessage = ({ data }) => {
      if (data === null) this.#onDrained?.();
      else if (data.length > 0) onBlock(lower(data, times));
    };
    this.#track.addEventListener("ended", onEnded);
    context.addEventListener("statechange", () => {
      if (context.state !== "running" && this.#isOn) onInterrupted();
    });
  }

  /** Stop listening for a while; what was said before is handed over first. */
  async pause() {
    this.#isPaused = true;
    this.#isOn = false;
    await this.#drain();
    if (!this.#isPaused) return;
    this.#track.enabled = false;
    await this.#context.suspend();
  }

  /** Listen again. */
  async resume() {
    this.#isPaused = false;
    this.#track.enabled = true;
    await this.#context.resume();
    this.#isOn = !this.#isPaused;
  }

  /** Hand over what was said before and let go of the microphone. */
  close() {
    this.#closed ??= this.#letGo();
    return this.#closed;
  }

  async #letGo() {
    this.#isPaused = true;
    this.#isOn = false;
    await this.#drain();
    stop(this.#stream);
    await this.#context.close();
  }

  async #drain() {
    if (this.#context.state !== "running") return;
    await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
    await new Promise((resolve) => {
      this.#onDrained = () => resolve(undefined);
      setTimeout(this.#onDrained, DRAIN_MS);
      this.#collector.port.postMessage("drain");
    });
  }
}

/**
 * @param {Float32Array} samples
 * @param {number} times
 * @returns {Float32Array}
 */
function lower(samples, times) {
  return times === 0 ? samples : lower(halve(samples), times - 1);
}
