// Where cells run: this machine, a Jupyter Server that someone else runs, or nowhere.

import { server, startedAt } from "./pure/address.js";

const TOKEN = "sd35-token"; // of the server that serves this page
const CHOICE = "sd35-place"; // what the reader chose, if anything

// The token arrives in the address that the server printed; it is kept, and taken out of sight.
export function takeToken() {
  const address = new URL(location.href);
  const given = address.searchParams.get("token");
  if (!given) return;
  localStorage.setItem(TOKEN, given);
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}

function choice() {
  try {
    return JSON.parse(localStorage.getItem(CHOICE)) ?? { kind: "here" };
  } catch {
    return { kind: "here" };
  }
}

// `kind` is here, elsewhere or recorded; elsewhere has a `url` and a `token`.
export const place = {
  get kind() {
    return choice().kind;
  },
  get token() {
    return this.kind === "elsewhere" ? choice().token : localStorage.getItem(TOKEN);
  },
  // The address below which the API is; it ends in a slash.
  get base() {
    return this.kind === "elsewhere" ? choice().url : `${location.origin}/`;
  },
  // Whether there is a server to ask at all: without a token no request is made.
  get possible() {
    if (this.kind === "here") return location.protocol.startsWith("http") && Boolean(this.token);
    return this.kind === "elsewhere";
  },
  // Where the hub that has this server starts it, if one has.
  get hub() {
    return startedAt(this.base);
  },
  // For sentences.
  get name() {
    return this.kind === "elsewhere" ? new URL(this.base).host : "this machine";
  },
  // Elsewhere by any address that a browser shows of a server.
  choose(kind, address, token) {
    const chosen = kind === "elsewhere" ? { kind, ...server(address, token) } : { kind };
    localStorage.setItem(CHOICE, JSON.stringify(chosen));
  },
  // Calls back when another tab learned a new token or chose another place.
  onchange(listener) {
    window.addEventListener("storage", (event) => {
      if (event.key === TOKEN || event.key === CHOICE) listener();
    });
  },
};
