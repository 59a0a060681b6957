/**
 * What went wrong, in plain words, and whether trying again may help.
 * Knows nothing of the page; knows errors, answers and close codes as it is handed them.
 */

import {
  ConnectionLost,
  isPassingEnd,
  isPassingRefusal,
  Refused,
  SessionFailed,
} from "./client/failures.js";

/**
 * @typedef {{title: string, text: string, remedy: "retry" | "token" | "none", again?: string,
 *   isPassing?: boolean, isCalm?: boolean, retryAfterSeconds?: number, cause?: string}} Problem
 *   *again*: the name of the remedy; *isPassing*: worth trying again without being asked; *isCalm*:
 *   nothing is wrong now; *cause*: the text without when to try again
 */

/** @type {Problem} */
export const CANCELLED = { title: "Not started", text: "", remedy: "retry" };

/** @type {Problem} */
export const LEFT_UNFINISHED = {
  title: "Your last dictation was interrupted",
  text: "",
  remedy: "retry",
  again: "Go on",
  isCalm: true,
};

/** @type {Problem} */
export const TAKEN_OVER = {
  title: "This dictation goes on in another tab or on another device",
  text: "Here it has ended.",
  remedy: "none",
  isCalm: true,
};

/** @type {Problem} */
export const SHARED_BY_ANOTHER = {
  title: "What you say cannot be shared any more",
  text: "It was shared with another token. Start again without readers, or share anew.",
  remedy: "retry",
};

/** @type {Problem} */
export const AWAY_TOO_LONG = {
  title: "The connection has been away for too long",
  text: "Recording has stopped. What was said is kept in this page and is recognized once the server can be reached.",
  remedy: "none",
};

/** @type {Problem} */
export const UNREADABLE = {
  title: "The server and this page do not understand each other",
  text: "They may be of different versions. Reload the page and try again.",
  remedy: "retry",
};

/** What the server's codes mean to the person before the page. @type {Record<string, Problem>} */
const REFUSALS = {
  no_token: {
    title: "A token is needed",
    text: "This server lets in only those who have one.",
    remedy: "token",
  },
  bad_token: {
    title: "This token is not known here",
    text: "The server may have been started anew: a token made up for one run ends with it.",
    remedy: "token",
  },
  missing_scope: {
    title: "This token does not allow dictation",
    text: "It was made for reading along.",
    remedy: "token",
  },
  token_expired: {
    title: "This token has expired",
    text: "It was made for a few minutes only. Ask whoever gave it to you for another one.",
    remedy: "token",
  },
  token_used: {
    title: "This token was used already",
    text: "It was made for one dictation only. Ask whoever gave it to you for another one.",
    remedy: "token",
  },
  not_ready: { title: "The server is still getting ready", text: "", remedy: "retry" },
  draining: { title: "The server is about to stop", text: "", remedy: "retry" },
  full: { title: "The server is full", text: "", remedy: "retry" },
  overloaded: {
    title: "The server has too much to do",
    text: "With one more, words would come late for everybody.",
    remedy: "retry",
  },
  too_many_sessions: {
    title: "This token is in use already",
    text: "It is used for as many sessions as it may be. Stop one of them first.",
    remedy: "retry",
  },
  too_many_from_address: { title: "Many dictate from this address", text: "", remedy: "retry" },
  too_many_handshakes: { title: "This address asked too often", text: "", remedy: "retry" },
  too_many_failures: { title: "This address was wrong too often", text: "", remedy: "retry" },
  audio_used_up: { title: "This token’s sound for today is used up", text: "", remedy: "retry" },
};

/**
 * Explain what ended a connection, or kept it from coming about.
 * @param {import("./client/failures.js").DictationError} failure
 * @returns {Problem}
 */
export function problemOf(failure) {
  if (failure.code === "unreadable") return UNREADABLE;
  if (failure instanceof SessionFailed) return closing(failure.closeCode, failure);
  if (failure instanceof Refused) return refusal(failure.answer);
  if (failure.code === "unreachable") return refusal(null);
  if (failure.code === "blocked") return refusal({ status: 200, code: "", message: "" });
  return closing(failure instanceof ConnectionLost ? failure.closeCode : 1006, null);
}

/**
 * Explain why the connection was refused.
 * @param {import("./client/server.js").Answer | null} answer null when the server did not answer
 * @returns {Problem}
 */
export function refusal(answer) {
  if (answer === null) {
    return {
      title: "The server cannot be reached",
      text: "It is not running, or the network is down.",
      remedy: "retry",
      isPassing: true,
    };
  }
  const { status, code, message, retryAfterSeconds } = answer;
  if (status < 300) {
    return {
      title: "The connection was refused on its way",
      text: "The server would let you in, but something between, such as a proxy, does not pass WebSockets on.",
      remedy: "retry",
      isPassing: true,
    };
  }
  const unknown = { title: `The server answered ${status}`, text: "", remedy: remedyFor(status) };
  const { title, text, remedy } = REFUSALS[code] ?? unknown;
  const again = retryAfterSeconds ? `Try again in ${span(retryAfterSeconds)}.` : "";
  const cause = text || sentence(message);
  const words = [cause, again].filter(Boolean).join(" ");
  return { title, text: words, cause, remedy, isPassing: isPassingRefusal(answer), retryAfterSeconds };
}

/**
 * Explain why a part of the page did not come.
 * @param {import("./client/server.js").Answer | null} answer
 * @returns {Problem}
 */
export function unloaded(answer) {
  if (answer === null || answer.status >= 300) return refusal(answer);
  return { title: "A part of this page is missing", text: "Reload the page.", remedy: "none" };
}

/**
 * @param {number} status
 * @returns {Problem["remedy"]}
 */
function remedyFor(status) {
  return status === 401 ? "token" : "retry";
}

/** @param {number} seconds */
function span(seconds) {
  if (seconds <= 120) return `${seconds} s`;
  if (seconds <= 7200) return `${Math.ceil(seconds / 60)} minutes`;
  return `${Math.ceil(seconds / 3600)} hours`;
}

/**
 * Say why a token is not good enough to try, or why that cannot be told.
 * @param {import("./client/server.js").Answer | null} answer
 * @returns {string} empty for a token that opens the page, even if the server is full right now
 */
export function denial(answer) {
  const { title, text, remedy } = refusal(answer);
  return answer === null || remedy === "token" ? [`${title}.`, text].join(" ").trim() : "";
}

/**
 * Explain why an open connection ended before its time.
 * @param {number} code the WebSocket close code
 * @param {{code: string, message: string} | null} error the last fatal one, if any
 * @returns {Problem}
 */
export function closing(code, error) {
  if (error?.code === "taken_over") return TAKEN_OVER;
  if (error?.code === "unknown_room") return SHARED_BY_ANOTHER;
  const isPassing = isPassingEnd(code, error?.code);
  if (code === 1012 || code === 1001) {
    return { title: "The server is restarting", text: "", remedy: "retry", isPassing };
  }
  if (error !== null) {
    const title = ERRORS[error.code] ?? "The server ended the session";
    return { title, text: sentence(error.message), remedy: "retry", isPassing };
  }
  if (code === 1013) {
    return { title: "The server is overloaded", text: "", remedy: "retry", isPassing };
  }
  const text = isPassing ? "" : `The server closed it with code ${code}.`;
  return { title: "The connection was lost", text, remedy: "retry", isPassing };
}

/** @type {Record<string, string>} */
const ERRORS = {
  limit_reached: "A limit is reached",
  unsupported_format: "The server cannot do what was asked",
  too_large: "The server cannot take this much at once",
  overloaded: "The server is overloaded",
  engine_error: "Recognition failed on the server",
  engine_lost: "Recognition broke down on the server",
  server_error: "Something broke on the server",
};

/**
 * Add what is true of the words that were not final.
 * @param {Problem} problem
 * @param {number} seconds of sound that are kept
 * @returns {Problem}
 */
export function withKept(problem, seconds) {
  if (seconds === 0) return problem;
  const amount = `${seconds.toFixed(1)} s of sound`;
  const kept = `All settled words stay. ${amount} without a final result are kept here and go first at the next start.`;
  return { ...problem, text: [problem.text, kept].filter(Boolean).join(" ") };
}

/** Begin a message with a capital and end it with a stop. @param {string} text */
export function sentence(text) {
  const trimmed = text.trim();
  if (!trimmed) return "";
  const first = trimmed[0].toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
