// Addresses of Jupyter Servers, and of hubs that start them.

// The folder of a server, from the path of any of its pages. A hub has one server for each reader, below
// /user/NAME/, or several, below /user/NAME/SERVER/; before it runs, /hub/user/NAME/ leads there.
const PAGE = "(?:lab|tree|notebooks|doc|edit|files|consoles|terminals|nbclassic)";
const HUB = new RegExp(`^(.*?)(?:/hub)?(/user/[^/]+(?:/(?!${PAGE}(?:/|$))[^/]+)?)(?:/.*)?$`);
// The pages of the hub itself: which server is meant, server.js asks the hub.
const OWN = /\/hub(?:\/.*)?$/;
const ALONE = new RegExp(`/${PAGE}(?:/.*)?$`);

function folder(path) {
  const [, before, user] = HUB.exec(path) ?? [];
  return (user ? before + user : path.replace(OWN, "").replace(ALONE, "")).replace(/\/*$/, "/");
}

// A server by any address that a browser shows of it, which may carry the token and end in a page of Jupyter:
// the address below which its API is, which ends in a slash, and the token.
export function server(address, token) {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url?.protocol.startsWith("http")) {
    throw new TypeError("That is not a web address; it starts with https:// or http://.");
  }
  const its = token || url.searchParams.get("token") || "";
  url.search = url.hash = "";
  url.pathname = folder(url.pathname);
  return { url: url.href, token: its };
}

// Where the hub that has this server starts it; undefined when no hub has.
export function startedAt(base) {
  const [, before, user, name] = /^(.*)\/user\/([^/]+)\/(?:([^/]+)\/)?$/.exec(base) ?? [];
  return user && `${before}/hub/api/users/${user}/server${name ? `s/${name}` : ""}`;
}
