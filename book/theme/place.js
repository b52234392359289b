// Where cells run: this machine, a Jupyter Server that someone else runs, or nowhere.

import { server, startedAt } from "./pure/address.js";

const CHOICE = "sd35-place"; // what the reader chose, if anything
const TOKENS = "sd35-tokens"; // by the address of their server
const ANSWER_MS = 300; // how long another tab may take to answer

const here = () => `${location.origin}/`;
const listeners = [];

// Tokens last as long as a tab of the book is open. What is kept longer, whoever has our port later could read.
function tokens() {
  try {
    return JSON.parse(sessionStorage.getItem(TOKENS)) ?? {};
  } catch {
    return {};
  }
}

function keep(news) {
  sessionStorage.setItem(TOKENS, JSON.stringify({ ...tokens(), ...news }));
}

// Tabs of one browser tell each other, so that a link opened in a new tab works there.
const tabs = globalThis.BroadcastChannel ? new BroadcastChannel(TOKENS) : null;
let answered = () => {};
tabs?.addEventListener("message", ({ data }) => {
  const known = tokens();
  if (data.asks) {
    if (Object.keys(known).length) tabs.postMessage({ tokens: known });
    return;
  }
  const news = Object.fromEntries(Object.entries(data.tokens).filter(([base, token]) => known[base] !== token));
  if (Object.keys(news).length === 0) return;
  keep(news);
  answered();
  listeners.forEach((listener) => listener());
});

function askTabs() {
  if (!tabs) return null;
  return new Promise((resolve) => {
    answered = resolve;
    setTimeout(resolve, ANSWER_MS);
    tabs.postMessage({ asks: true });
  });
}

// A token that the address brought and the server did not take: for the message only.
let refused = null;

// Any site can open our address with a token of its own: it is kept when the server takes it.
async function tryToken(given) {
  const headers = { Authorization: `token ${given}` };
  const answer = await fetch(`${here()}api/status`, { headers }).catch(() => null);
  if (answer?.ok) {
    keep({ [here()]: given });
    tabs?.postMessage({ tokens: { [here()]: given } });
    return;
  }
  if (answer?.status === 403) refused = given;
  if (!tokens()[here()]) await askTabs();
}

// Where earlier versions kept tokens.
function leaveNoToken() {
  localStorage.removeItem("sd35-token");
  const text = localStorage.getItem(CHOICE);
  if (!text?.includes('"token"')) return;
  try {
    const { kind, url, token } = JSON.parse(text);
    keep({ [url]: token });
    localStorage.setItem(CHOICE, JSON.stringify({ kind, url }));
  } catch {
    localStorage.removeItem(CHOICE);
  }
}

// The token arrives in the address that the server printed; it is taken out of sight, and kept when it is right.
export function takeToken() {
  const address = new URL(location.href);
  const given = address.searchParams.get("token");
  if (given !== null) {
    address.searchParams.delete("token");
    history.replaceState(null, "", address);
  }
  leaveNoToken();
  if (!location.protocol.startsWith("http")) return;
  const known = tokens();
  if (given && given !== known[here()]) place.ready = tryToken(given);
  else if (!known[place.base]) place.ready = askTabs();
}

function choice() {
  try {
    const { kind, url } = JSON.parse(localStorage.getItem(CHOICE)) ?? { kind: "here" };
    return { kind, url };
  } catch {
    return { kind: "here" };
  }
}

// `kind` is here, elsewhere or recorded; elsewhere has a `url`.
export const place = {
  // To be waited for before the first request.
  ready: null,
  get kind() {
    return choice().kind;
  },
  get token() {
    return tokens()[this.base] ?? (this.kind === "elsewhere" ? "" : refused);
  },
  // The address below which the API is; it ends in a slash.
  get base() {
    return this.kind === "elsewhere" ? choice().url : here();
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
    if (kind === "elsewhere") {
      const { url, token: its } = server(address, token);
      keep({ [url]: its });
      localStorage.setItem(CHOICE, JSON.stringify({ kind, url }));
    } else {
      localStorage.setItem(CHOICE, JSON.stringify({ kind }));
    }
  },
  // Calls back when another tab learned a new token or chose another place.
  onchange(listener) {
    listeners.push(listener);
    window.addEventListener("storage", (event) => {
      if (event.key === CHOICE) listener();
    });
  },
};
