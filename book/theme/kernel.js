// A client of the Jupyter kernel protocol: enough of REST and WebSocket to run cells, and no more.
// It talks to `sd35 serve`, or to any Jupyter Server; see place.js.

import { place } from "./place.js";
import { Requests, executeRequest } from "./pure/protocol.js";
import { KernelError, api, askHub, isOnHub } from "./server.js";

// How long a hub may take to start a server: two minutes.
const WAKE_MS = 1000;
const WAKE_TRIES = 120;

const newId = () => crypto.randomUUID?.() ?? String(Math.random()).slice(2);

export class Kernel {
  constructor() {
    this.id = null;
    this.socket = null;
    this.session = newId();
    this.requests = new Requests();
    this.onstate = () => {};
    this.secondsLeft = null;
    // One kernel a tab: it survives a reload, and makes way when the tab goes to another lesson.
    this.key = "sd35-kernel";
  }

  async available() {
    await place.ready;
    if (!place.possible) return false;
    await this.reach();
    await this.leaveOthers();
    return true;
  }

  // A hub refuses what a page asks of a server that does not run; it is asked, once, to start it.
  async reach() {
    try {
      const status = await api("/status");
      // A server of ours that is still building its kernel says how long that takes.
      this.secondsLeft = status?.kernel_seconds_left ?? null;
      return status;
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
    await place.ready;
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
    if (!this.busy) return this.onstate("disconnected");
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

  // Whether a cell runs.
  get busy() {
    return this.requests.size > 0;
  }

  fail(reason, gone = false) {
    this.requests.fail(new KernelError(reason, gone));
  }

  hear(message) {
    const state = this.requests.hear(message);
    if (state === "dead" || state === "restarting") {
      this.fail("The kernel ended while this cell ran; its variables are gone. Run the cells again.");
    }
    if (state) this.onstate(state);
  }

  // Runs code; `onoutput(type, content)` hears what it shows. Resolves to the reply.
  async execute(code, { onoutput, onbusy = () => {}, cell }) {
    await this.connect();
    if (this.socket?.readyState !== WebSocket.OPEN) {
      throw new KernelError("The server closed the connection. Run the cell again.");
    }
    const id = newId();
    this.onstate("busy");
    const ended = this.requests.add(id, { onoutput, onbusy });
    this.socket.send(JSON.stringify(executeRequest({ id, session: this.session, code, cell })));
    return ended;
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
