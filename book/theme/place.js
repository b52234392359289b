// Where cells run: this machine, a Jupyter Server that someone else runs, or nowhere.
"use strict";

(() => {
  const TOKEN = "sd35-token"; // of the server that serves this page
  const CHOICE = "sd35-place"; // what the reader chose, if anything

  // The token arrives in the address that the server printed; it is kept, and taken out of sight.
  const address = new URL(location.href);
  const given = address.searchParams.get("token");
  if (given) {
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

  // The folder of a server, from the path of any of its pages. A hub has one server for each reader, below
  // /user/NAME/, or several, below /user/NAME/SERVER/; before it runs, /hub/user/NAME/ leads there.
  const PAGE = "(?:lab|tree|notebooks|doc|edit|files|consoles|terminals|nbclassic)";
  const HUB = new RegExp(`^(.*?)(?:/hub)?(/user/[^/]+(?:/(?!${PAGE}(?:/|$))[^/]+)?)(?:/.*)?$`);
  // The pages of the hub itself: which server is meant, kernel.js asks the hub.
  const OWN = /\/hub(?:\/.*)?$/;
  const ALONE = new RegExp(`/${PAGE}(?:/.*)?$`);
  function below(path) {
    const [, before, user] = HUB.exec(path) ?? [];
    return (user ? before + user : path.replace(OWN, "").replace(ALONE, "")).replace(/\/*$/, "/");
  }

  // `kind` is here, elsewhere or recorded; elsewhere has a `url` and a `token`.
  const place = {
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
      const [, before, user, server] = /^(.*)\/user\/([^/]+)\/(?:([^/]+)\/)?$/.exec(this.base) ?? [];
      return user && `${before}/hub/api/users/${user}/server${server ? `s/${server}` : ""}`;
    },
    // For sentences.
    get name() {
      return this.kind === "elsewhere" ? new URL(this.base).host : "this machine";
    },
    // Takes any address that a browser shows of a server: it may carry the token, and end in a page of Jupyter.
    choose(kind, url, token) {
      if (kind !== "elsewhere") {
        localStorage.setItem(CHOICE, JSON.stringify({ kind }));
        return;
      }
      const base = URL.canParse(url) ? new URL(url) : null;
      if (!base?.protocol.startsWith("http")) {
        throw new TypeError("That is not a web address; it starts with https:// or http://.");
      }
      token = token || base.searchParams.get("token") || "";
      base.search = base.hash = "";
      base.pathname = below(base.pathname);
      localStorage.setItem(CHOICE, JSON.stringify({ kind, url: base.href, token }));
    },
    // Calls back when another tab learned a new token or chose another place.
    onchange(listener) {
      window.addEventListener("storage", (event) => {
        if (event.key === TOKEN || event.key === CHOICE) listener();
      });
    },
    keys: { TOKEN, CHOICE },
  };

  window.sd35 = { place };
})();
