// Asks the peer. Every request carries the session's token, which no other
// page can know.

const TOKEN = localStorage.getItem("peerdex-token") ?? "";

/** What every request is sent with. */
export const HEADERS = { "x-peerdex-token": TOKEN };

/** Whether this browser has come in anew since the page was opened. */
export function hasNewToken() {
  return (localStorage.getItem("peerdex-token") ?? "") !== TOKEN;
}

/** A request that the peer refused; `code` says which kind where it matters. */
export class ApiError extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** Reads something. */
export function read(path, { signal } = {}) {
  return ask(path, { signal });
}

/** Has something done. */
export function post(path, body = {}) {
  return ask(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** Takes something away. */
export function remove(path) {
  return ask(path, { method: "DELETE" });
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, {
      ...options,
      headers: { ...options.headers, ...HEADERS },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(
      "The peer does not answer; is it still running?",
      "gone",
    );
  }
  return outcomeOf(response.status, await response.text());
}

/** What an answer says; throws where it is a refusal. */
export function outcomeOf(status, text) {
  if (status >= 200 && status < 300) return JSON.parse(text);
  if (!text.startsWith("{")) throw new ApiError(text.trim(), "refused");
  const { message, code } = JSON.parse(text);
  throw new ApiError(message, code);
}
