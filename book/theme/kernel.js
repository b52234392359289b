// A client of the Jupyter kernel protocol: enough of REST and WebSocket to run cells, and no more.
// It talks to `sd35 serve`, or to any Jupyter Server; see place.js.
"use strict";

(() => {
  const { place } = window.sd35;

  // How long a hub may take to start a server: two minutes.
  const WAKE_MS = 1000;
  const WAKE_TRIES = 120;

  // What the reader is told; `gone` when no server could be reached.
  class KernelError extends Error {
    constructor(message, gone = false) {
      super(message);
      this.gone = gone;
    }
  }

  async function api(path, method = "GET", body) {
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
  async function askHub(address, method) {
    const headers = { Authorization: `token ${place.token}` };
    const response = await fetch(address, { method, headers, credentials: "omit" }).catch(() => null);
    if (response?.status === 401 || response?.status === 403) {
      throw new KernelError(`${place.name} does not take this token.`);
    }
    return response;
  }

  // Whoever gives the address of a hub means their server there: the hub says whose the token is.
  async function isOnHub() {
    const { base, token } = place;
    if (place.kind !== "elsewhere" || place.hub) return false;
    const response = await askHub(`${base}hub/api/user`, "GET");
    const user = response?.ok ? await response.json().catch(() => null) : null;
    if (!user?.name || place.base !== base) return false;
    place.choose("elsewhere", `${base}user/${encodeURIComponent(user.name)}/`, token);
    return true;
  }

  class Kernel {
    constructor() {
      this.id = null;
      this.socket = null;
      this.session = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
      this.waiting = new Map(); // by msg_id
      this.onstate = () => {};
      // One kernel a tab: it survives a reload, and makes way when the tab goes to another lesson.
      this.key = "sd35-kernel";
    }

    async available() {
      if (!place.possible) return false;
      await this.reach();
      await this.leaveOthers();
      return true;
    }

    // A hub refuses what a page asks of a server that does not run; it is asked, once, to start it.
    async reach() {
      try {
        return await api("/status");
      } catch (problem) {
        if (await isOnHub()) return this.reach();
        const { base, hub } = place;
        if (!problem.gone || !hub || this.woken === hub) throw problem;
        const response = await askHub(hub, "POST");
        if (!response) throw problem;
        if (response.status === 404) {
          throw new KernelError(`${place.name} has no such user, or this token is not theirs.`);
        }
        // One that runs already (400) does not let this page in.
        if (!response.ok) throw problem;
        this.woken = hub;
        this.onstate("waking");
        for (let tries = 0; tries < WAKE_TRIES && place.base === base; tries++) {
          await new Promise((resolve) => setTimeout(resolve, WAKE_MS));
          const answer = await api("/status").catch(() => null);
          if (answer) return answer;
        }
        throw problem;
      }
    }

    stored() {
      try {
        return JSON.parse(sessionStorage.getItem(this.key));
      } catch {
        return null;
      }
    }

    async leaveOthers() {
      const stored = this.stored();
      if (!stored) return;
      if (stored.page === location.pathname && stored.base === place.base) {
        this.id = stored.id;
      } else {
        sessionStorage.removeItem(this.key);
        if (stored.base === place.base) await api(`/kernels/${stored.id}`, "DELETE").catch(() => {});
      }
    }

    async connect() {
      if (!place.possible) {
        throw new KernelError("There is no server to run this on; what the book recorded is shown. To run cells: " +
          "`cargo run --release` on your machine, or choose a server with `Where?`.");
      }
      if (this.socket?.readyState === WebSocket.OPEN) return;
      if (this.id) {
        const mine = (await api("/kernels")).some((kernel) => kernel.id === this.id);
        if (!mine) this.id = null;
      }
      if (!this.id) {
        this.onstate("starting");
        this.id = await this.begin();
        const { base } = place;
        sessionStorage.setItem(this.key, JSON.stringify({ id: this.id, page: location.pathname, base }));
      }
      await this.open();
    }

    async begin() {
      if (place.kind === "elsewhere") {
        const { kernelspecs } = await api("/kernelspecs");
        if (!kernelspecs.sd35) {
          throw new KernelError(`${place.name} has no kernel for this course. Install it there with ` +
            "`sd35 kernel install`.");
        }
      }
      return (await api("/kernels", "POST", { name: "sd35" })).id;
    }

    // After sleep a connection may be dead without knowing it: it is replaced, and the server sends what
    // was missed. False when this page's kernel is gone.
    async refresh() {
      if (!this.id) return true;
      const mine = (await api("/kernels")).some((kernel) => kernel.id === this.id);
      if (!mine) {
        this.fail("The kernel is gone, and its variables with it. Run the cells again.");
        this.leave();
        return false;
      }
      if (this.socket) {
        const old = this.socket;
        this.socket = null;
        old.close();
        await this.open();
      }
      return true;
    }

    // Forgets the kernel; the next cell starts another.
    leave() {
      const old = this.socket;
      this.socket = this.id = null;
      old?.close();
    }

    open() {
      const url = new URL(`${place.base.replace(/^http/, "ws")}api/kernels/${this.id}/channels`);
      url.searchParams.set("session_id", this.session);
      url.searchParams.set("token", place.token);
      return new Promise((resolve, reject) => {
        const socket = new WebSocket(url);
        let opened = false;
        this.socket = socket;
        socket.onopen = () => {
          opened = true;
          resolve();
        };
        socket.onmessage = (event) => this.hear(JSON.parse(event.data));
        socket.onclose = (event) => {
          reject(new KernelError(place.hub && place.kind === "elsewhere" && !opened
            ? `${place.name} takes this token, but not for a WebSocket. A hub since JupyterHub 5 needs ` +
              "`JUPYTERHUB_ALLOW_TOKEN_IN_URL=1` in `c.Spawner.environment`; then start your server there again."
            : "The server closed the connection."));
          // One that never opened is for whoever called.
          if (opened && this.socket === socket) this.lost(event);
        };
      });
    }

    // Tries to come back, for the kernel goes on without us; gives up when the server is gone.
    async lost(event) {
      this.socket = null;
      if (this.waiting.size === 0) return this.onstate("disconnected");
      // With a reason the server means it, except when it only says "come back" (1013).
      const reason = event.code === 1013 ? "" : event.reason;
      for (const pause of reason ? [] : [300, 1000, 2000]) {
        await new Promise((resolve) => setTimeout(resolve, pause));
        try {
          await api("/status");
          return await this.open();
        } catch { /* once more */ }
      }
      const again = place.kind === "here" ? " Start the server again with `cargo run --release`, and open the " +
        "address that it prints." : "";
      this.fail(reason || `The server went away while this cell ran. What it had put out is kept.${again}`, !reason);
      this.onstate(reason ? "dead" : "gone");
    }

    fail(reason, gone = false) {
      for (const request of this.waiting.values()) request.reject(new KernelError(reason, gone));
      this.waiting.clear();
    }

    hear(message) {
      const { msg_type: type } = message.header;
      const { content } = message;
      if (type === "status" && ["dead", "restarting"].includes(content.execution_state)) {
        this.fail("The kernel ended while this cell ran; its variables are gone. Run the cells again.");
        this.onstate(content.execution_state);
        return;
      }
      const request = this.waiting.get(message.parent_header?.msg_id);
      if (!request) return;
      if (type === "status") {
        if (content.execution_state === "busy") request.onbusy();
        if (content.execution_state === "idle") request.idle = true;
      } else if (type === "execute_reply") {
        request.reply = content;
        // Help that a cell asked for (`?name`) comes with the reply.
        for (const { source, data } of content.payload ?? []) {
          if (source === "page") request.onoutput("display_data", { data, metadata: {} });
        }
      } else {
        request.onoutput(type, content);
      }
      // Reply and idle come on different channels, in either order.
      if (request.reply && request.idle) {
        this.waiting.delete(message.parent_header.msg_id);
        this.onstate(this.waiting.size ? "busy" : "idle");
        request.resolve(request.reply);
      }
    }

    // Runs code; `onoutput(type, content)` hears what it shows. Resolves to the reply.
    // `cell` is its name, as notebooks send it.
    async execute(code, { onoutput, onbusy = () => {}, cell }) {
      await this.connect();
      if (this.socket?.readyState !== WebSocket.OPEN) {
        throw new KernelError("The server closed the connection. Run the cell again.");
      }
      const id = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
      this.onstate("busy");
      return new Promise((resolve, reject) => {
        this.waiting.set(id, { onoutput, onbusy, resolve, reject });
        this.socket.send(JSON.stringify({
          channel: "shell",
          header: {
            msg_id: id, session: this.session, username: "reader", date: new Date().toISOString(),
            msg_type: "execute_request", version: "5.4",
          },
          parent_header: {},
          metadata: { cellId: cell },
          content: {
            code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false,
            stop_on_error: false,
          },
          buffers: [],
        }));
      });
    }

    interrupt() {
      return this.id ? api(`/kernels/${this.id}/interrupt`, "POST") : Promise.resolve();
    }

    async restart() {
      if (!this.id) return;
      this.fail("The kernel was restarted.");
      await api(`/kernels/${this.id}/restart`, "POST");
      this.onstate("idle");
    }
  }

  Object.assign(window.sd35, { Kernel, KernelError, api });
})();
