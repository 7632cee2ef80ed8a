// Something that went wrong, in human words, with what to do about it.

export class Problem extends Error {
  constructor(message, hint, code = "") {
    super(message);
    this.hint = hint;
    this.code = code;
  }
}

const CLOSES = {
  1001: ["The server is being restarted.", "Start again in a moment."],
  1006: ["The connection was lost.", "Check your network and that the server runs, then start again."],
  1009: ["The sound was sent in pieces that are too large.", "This is a fault of this page: please report it."],
  1013: ["The server has too much to do, or could not keep your sound.", "Wait a minute and start again."],
  4400: ["The server did not understand this page.", "Reload the page: it may be older than the server."],
  4401: ["Your sign-in is not valid any more.", "Sign out, get a fresh token and sign in with it."],
  4403: ["This session belongs to somebody else.", "Start a new one."],
  4404: ["This session is over.", "Its report comes here as soon as it is written."],
  4408: ["Signing in took too long.", "Start again."],
  4409: ["You went on in another window.", "Look there."],
  4413: ["The session has reached its greatest length.", "What you said is kept; start another one to say more."],
  4429: ["Too much at once: too many sessions, or sound faster than one can speak.", "Close other windows and start again."],
};

// Why a socket was closed. The server's own words, if an `error` came before, are better and shown instead.
export function closed(code) {
  const [message, hint] = CLOSES[code] ?? [`The server closed the connection (code ${code}).`, "Start again."];
  return new Problem(message, hint, String(code));
}
