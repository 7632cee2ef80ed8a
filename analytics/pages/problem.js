// A problem in plain words, with advice.

export class Problem extends Error {
  constructor(message, hint, code = "") {
    super(message);
    this.hint = hint;
    this.code = code;
  }
}

const CLOSE_PROBLEMS = {
  1001: ["The server is restarting.", "Start again in a moment."],
  1006: ["The connection was lost.", "Check your network, then start again."],
  1009: ["The sound was sent in pieces that are too large.", "This is a bug in this page: please report it."],
  1013: ["The server is too busy, or could not store your sound.", "Wait a minute and start again."],
  4400: ["The server did not understand this page.", "Reload the page: it may be older than the server."],
  4401: ["You are no longer signed in.", "Sign out, get a new token and sign in with it."],
  4403: ["This session belongs to another user.", "Start a new one."],
  4404: ["This session is over.", "Its report will appear here as soon as it is ready."],
  4408: ["Signing in took too long.", "Start again."],
  4409: ["You continued this session in another window.", "Look there."],
  4413: ["The session has reached its maximum length.", "What you said is saved. Start another session to say more."],
  4429: ["There are too many sessions, or the sound came faster than speech.", "Close other windows and start again."],
};

// The problem for a WebSocket's close code. If the server sent an `error` before, its words are better and shown instead.
export function closeProblem(code) {
  const [message, hint] = CLOSE_PROBLEMS[code] ?? [`The server closed the connection (code ${code}).`, "Start again."];
  return new Problem(message, hint, String(code));
}
