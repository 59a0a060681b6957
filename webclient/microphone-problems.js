/**
 * What is wrong with a microphone, in plain words.
 * Knows the errors that browsers raise; knows nothing of the page.
 */

/** @type {import("./problems.js").Problem} */
export const INSECURE = {
  title: "The browser gives the microphone to secure pages only",
  text: "This page was opened over plain http from another machine. Start the server with “--tls self” and open it with https.",
  remedy: "none",
};

/** @type {Record<string, import("./problems.js").Problem>} */
const MICROPHONE = {
  SecurityError: INSECURE,
  NotAllowedError: {
    title: "The microphone is blocked",
    text: "This page may not use the microphone. Allow it in the browser’s site settings, beside the address, and try again.",
    remedy: "retry",
  },
  NotFoundError: {
    title: "No microphone found",
    text: "Plug one in or switch it on, and try again.",
    remedy: "retry",
  },
  NotReadableError: {
    title: "The microphone does not answer",
    text: "Another program may be using it, or the system does not hand it out. Close that program and try again.",
    remedy: "retry",
  },
  NotSupportedError: {
    title: "The sound of this microphone cannot be read",
    text: "The browser does not pass it on at its sample rate. Choose another microphone, or set this one and the speakers to the same rate in the system’s sound settings.",
    remedy: "retry",
  },
  TimeoutError: {
    title: "The browser does not start its sound",
    text: "Some browsers hear nothing where they cannot play anything. Plug in speakers or headphones, or switch them on, and try again.",
    remedy: "retry",
  },
  RangeError: {
    title: "The sound of this microphone is too coarse",
    text: "It gives fewer than 8,000 samples a second, which is too few for speech. Choose another microphone.",
    remedy: "retry",
  },
};

/** @type {import("./problems.js").Problem} */
export const UNPLUGGED = {
  title: "The microphone went away",
  text: "It was unplugged, or its permission was taken back. What was said until then is being finished.",
  remedy: "retry",
};

/** @type {import("./problems.js").Problem} */
export const INTERRUPTED = {
  title: "The system took the microphone away for a while",
  text: "Dictation is paused; what was said before is kept.",
  remedy: "none",
};

/**
 * Explain why the microphone could not be opened.
 * @param {unknown} error as getUserMedia or AudioContext raised it
 * @returns {import("./problems.js").Problem}
 */
export function microphoneProblem(error) {
  const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
  return (
    MICROPHONE[name] ?? {
      title: "The microphone could not be opened",
      text: message || name,
      remedy: "retry",
    }
  );
}
