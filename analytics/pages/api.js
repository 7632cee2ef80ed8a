// The HTTP API of the server that this page comes from.

import { Problem } from "./problem.js";

// Gives { status, body }. Throws a Problem with the server's message.
export async function ask(path, token) {
  let response;
  let body;
  try {
    response = await fetch(path, { headers: token ? { Authorization: `Bearer ${token}` } : {} });
    body = await response.json();
  } catch {
    throw new Problem("The server does not answer.", "Is it running? This page keeps trying.", "unreachable");
  }
  if (!response.ok) throw new Problem(body.message, body.hint, body.code);
  return { status: response.status, body };
}
