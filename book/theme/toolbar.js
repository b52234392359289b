// The toolbar of a page with cells: run all, stop, restart, where cells run, and coming back to a server.

import { choosePlace } from "./choice.js";
import { button, element, sentence } from "./dom.js";
import { place } from "./place.js";

const AWAY_MS = 30_000; // a longer absence may have been a sleep
const RETRY_MS = 5_000; // while the server is gone, or builds its kernel

// What the toolbar says of each state of the kernel.
function words(state) {
  const on = place.kind === "elsewhere" ? `on ${place.name}` : "on this machine";
  const texts = {
    recorded: place.kind === "recorded" ? "Recorded outputs, as you chose." :
      "Recorded outputs. To run the cells yourself: `cargo run --release`, then open the address it prints.",
    idle: `Runs ${on}`,
    disconnected: `Runs ${on}`,
    starting: `Starting a kernel ${on}`,
    waking: `Starting your server ${on}`,
    busy: `Running ${on}`,
    restarting: "The kernel starts again",
    dead: "The kernel ended; the next run starts a new one",
    gone: "No server: recorded outputs and your edits are kept. This page looks for it again.",
    back: "The server is back, with no variables: run the cells again, from the top or with `Run above`",
  };
  return texts[state] ?? state;
}

// A guess, in words that are as exact as it is.
function soon(seconds) {
  const minutes = Math.max(1, Math.round(seconds / 60));
  return `Recorded outputs; the kernel is being built: about ${minutes} ${minutes === 1 ? "minute" : "minutes"} left. ` +
    "A cell that you run waits for it.";
}

export class Toolbar {
  constructor(cells) {
    this.cells = cells;
    this.kernel = cells.kernel;
    this.state = "recorded";
    this.status = element("span", "where");
    this.reconnect = button("Reconnect", "Look for the server again", () => this.look());
    document.querySelector("main").prepend(this.bar());
    this.kernel.onstate = (state) => this.show(state);
    cells.onproblem = (problem) => {
      if (problem.gone) this.show("gone");
      else if (this.state === "busy" || this.state === "starting") this.show("idle");
    };
    this.watch();
    this.show("recorded");
    this.look();
  }

  bar() {
    const bar = element("div", "sd35-toolbar",
      button("Run all", "Run every cell of this page, in order", () => this.cells.runAll()),
      button("Interrupt", "Stop the running cell; variables are kept", () => this.attempt(() => {
        this.cells.forget();
        return this.kernel.interrupt();
      })),
      button("Restart", "Start again with no variables", () => this.attempt(() => {
        this.cells.forget();
        return this.kernel.restart();
      })),
      this.reconnect,
      button("Where?", "Choose where cells run", () => choosePlace(() => {
        this.kernel.leave();
        this.show("recorded");
        this.look();
      })),
      this.status);
    // Without a server these three would do nothing.
    for (const node of [...bar.children].slice(0, 3)) node.classList.add("needs-server");
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", "Kernel");
    return bar;
  }

  tell(text) {
    this.status.replaceChildren(...sentence(text));
  }

  show(state) {
    this.state = state;
    // Back is a kind of idle, with more to say.
    document.documentElement.dataset.sd35 = state === "back" ? "idle" : state;
    this.tell(words(state));
    this.reconnect.hidden = state !== "gone";
  }

  async attempt(action) {
    try {
      await action();
    } catch (problem) {
      if (problem.gone) this.show("gone");
      this.tell(problem.message);
    }
  }

  // Looks whether there is a server, and whether this page's kernel is still there.
  look() {
    return this.attempt(async () => {
      const before = this.state;
      if (!(await this.kernel.available())) return this.show("recorded");
      const kept = await this.kernel.refresh();
      if (!kept) this.show("back");
      else if (this.kernel.busy) this.show("busy");
      else if (before !== "back") this.show("idle");
      this.sayWhatIsBuilt();
    });
  }

  // While a server of ours still builds its kernel, there is something to say of that.
  sayWhatIsBuilt() {
    const seconds = this.kernel.secondsLeft;
    // Zero: it is not known yet whether there is anything to build.
    if (seconds) this.tell(soon(seconds));
    else if (seconds === null && this.building) this.show(this.kernel.busy ? "busy" : "idle");
    this.building = seconds !== null;
  }

  // Looks again when something may have changed.
  watch() {
    let hiddenAt = null;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) hiddenAt = Date.now();
      else if (this.state === "gone" || Date.now() - (hiddenAt ?? Date.now()) > AWAY_MS) this.look();
    });
    window.addEventListener("online", () => this.look());
    window.addEventListener("pageshow", (event) => event.persisted && this.look());
    place.onchange(() => {
      this.kernel.leave();
      this.look();
    });
    setInterval(() => {
      if (document.hidden) return;
      if (this.state === "gone") this.look();
      else if (this.building) this.attempt(() => this.kernel.reach().then(() => this.sayWhatIsBuilt()));
    }, RETRY_MS);
  }
}
