// Asks the server of the chosen place, `sd35 serve` or any Jupyter Server, and the hub that starts it.

import { place } from "./place.js";

// What the reader is told; `gone` when no server could be reached.
export class KernelError extends Error {
  constructor(message, gone = false) {
    super(message);
    this.gone = gone;
  }
}

export async function api(path, method = "GET", body = undefined) {
  let response;
  try {
    response = await fetch(`${place.base}api${path}`, {
      method,
      headers: { Authorization: `token ${place.token}` },
      body: body && JSON.stringify(body),
      // A hub's cookies are none of our business.
      credentials: place.kind === "elsewhere" ? "omit" : "same-origin",
    });
  } catch {
    throw new KernelError(unreachable(), true);
  }
  if (response.status === 403 || response.status === 401) {
    throw new KernelError(place.kind === "elsewhere"
      ? `${place.name} does not take this token.`
      : "This page has an old token. Open the address that the server printed last.");
  }
  const text = await response.text();
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch { /* a page of some other server */ }
  if (!response.ok) {
    throw new KernelError(answer?.message ?? `The server answered ${response.status}.`);
  }
  return answer;
}

function unreachable() {
  if (place.kind === "elsewhere") {
    return `${place.name} does not answer this page. Are its address and token right, and does its setting ` +
      `\`ServerApp.allow_origin\` name ${location.origin}? A page that \`sd35 serve\` serves reaches only ` +
      "servers named with its option `--jupyter`.";
  }
  return "The server does not answer. Start it again with `cargo run --release`, " +
    "and open the address that it prints. Your edits are kept.";
}

// Asks a hub itself, which does not answer to what the reader's server does; null when no hub answers.
export async function askHub(address, method) {
  const headers = { Authorization: `token ${place.token}` };
  const response = await fetch(address, { method, headers, credentials: "omit" }).catch(() => null);
  if (response?.status === 401 || response?.status === 403) {
    throw new KernelError(`${place.name} does not take this token.`);
  }
  return response;
}

// Whoever gives the address of a hub means their server there: the hub says whose the token is.
export async function isOnHub() {
  const { base, token } = place;
  if (place.kind !== "elsewhere" || place.hub) return false;
  const response = await askHub(`${base}hub/api/user`, "GET");
  const user = response?.ok ? await response.json().catch(() => null) : null;
  if (!user?.name || place.base !== base) return false;
  place.choose("elsewhere", `${base}user/${encodeURIComponent(user.name)}/`, token);
  return true;
}
