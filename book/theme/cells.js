// Turns the cells of a page into cells that run: buttons, editing, the toolbar.
"use strict";

(() => {
  const { Kernel, KernelError, Outputs, element, sentence } = window.sd35;
  const kernel = new Kernel();
  const page = location.pathname.replace(/.*\//, "");
  const status = element("span", "where");
  const live = element("span", "sd35-live");
  let queue = Promise.resolve();
  let generation = 0; // a failed or stopped run-all forgets the rest of its queue

  const button = (label, title, action) => {
    const node = element("button", "", label);
    node.type = "button";
    node.title = title;
    node.addEventListener("click", action);
    return node;
  };

  const reconnect = button("Reconnect", "Look for the server again", () => look());

  // What is kept on this machine, per page.
  const store = {
    get: (key) => localStorage.getItem(`sd35:${page}:${key}`),
    set: (key, value) => {
      try {
        if (value === null) localStorage.removeItem(`sd35:${page}:${key}`);
        else localStorage.setItem(`sd35:${page}:${key}`, value);
      } catch {
        live.textContent = "The browser's storage is full; this edit is not kept.";
      }
    },
  };

  class Cell {
    constructor(node) {
      this.node = node;
      this.id = node.dataset.cell;
      this.original = node.dataset.source;
      this.place = node.querySelector(".outputs");
      this.code = node.querySelector("pre code");
      this.state = element("span", "state");
      this.editor = null;
      const check = node.classList.contains("check");
      this.run_button = button(check ? "Check my answer" : "Run", "Run (Ctrl+Enter; Shift+Enter runs and goes on)", () => this.run());
      const bar = element("div", "cell-bar", this.run_button);
      if (!check) {
        this.edit_button = button("Edit", "Edit this code; Escape leaves the editor", () => this.edit());
        this.reset_button = button("Reset", "Back to the code as printed", () => this.reset());
        bar.append(this.edit_button, this.reset_button);
      }
      bar.append(this.state);
      this.place.before(bar);
      this.place.setAttribute("aria-label", `Output of ${this.id}`);
      node.tabIndex = -1;
      node.addEventListener("keydown", (event) => this.key(event));
      const edited = store.get(this.id);
      if (!check && edited !== null && edited !== this.original) this.show(edited);
      this.mark();
    }

    get source() {
      if (this.editor) return this.editor.value;
      return this.node.classList.contains("check") ? this.original : store.get(this.id) ?? this.original;
    }

    // Also says whether the code is still the printed one.
    mark() {
      const edited = this.source !== this.original;
      this.node.classList.toggle("edited", edited);
      if (this.reset_button) this.reset_button.hidden = !edited;
    }

    show(text) {
      this.code.textContent = text;
      this.code.classList.remove("hljs");
      window.hljs?.highlightBlock?.(this.code);
      this.code.classList.add("hljs");
    }

    edit() {
      if (this.editor) return this.leave();
      const editor = element("textarea", "editor");
      editor.value = this.source;
      editor.rows = editor.value.split("\n").length + 1;
      editor.spellcheck = false;
      editor.setAttribute("autocapitalize", "off");
      editor.setAttribute("aria-label", `Code of ${this.id}. Tab indents; press Escape to leave the editor.`);
      editor.addEventListener("input", () => {
        editor.rows = Math.max(editor.rows, editor.value.split("\n").length + 1);
        store.set(this.id, editor.value === this.original ? null : editor.value);
        this.mark();
      });
      editor.addEventListener("keydown", (event) => {
        if (event.key === "Tab" && !event.ctrlKey && !event.altKey) {
          event.preventDefault();
          editor.setRangeText("    ", editor.selectionStart, editor.selectionEnd, "end");
          editor.dispatchEvent(new Event("input"));
        } else if (event.key === "Escape") {
          event.preventDefault();
          this.leave();
        }
        // The book turns pages with the arrow keys.
        event.stopPropagation();
        this.key(event);
      });
      this.editor = editor;
      this.code.closest("pre").hidden = true;
      this.code.closest("pre").before(editor);
      this.edit_button.textContent = "Done";
      editor.focus();
    }

    leave() {
      if (!this.editor) return;
      const text = this.editor.value;
      this.editor.remove();
      this.editor = null;
      this.code.closest("pre").hidden = false;
      this.show(text);
      this.edit_button.textContent = "Edit";
      this.edit_button.focus();
    }

    reset() {
      store.set(this.id, null);
      if (this.editor) this.editor.value = this.original;
      this.show(this.original);
      this.mark();
    }

    key(event) {
      if (event.key !== "Enter" || !(event.shiftKey || event.ctrlKey || event.metaKey)) return;
      if (event.handled) return;
      event.handled = true;
      event.preventDefault();
      this.run();
      if (event.shiftKey) {
        const next = cells[cells.indexOf(this) + 1];
        (next?.editor ?? next?.run_button)?.focus();
      }
    }

    // Runs after everything that was asked for before. An exercise's check runs the answer first.
    run(own = generation) {
      const steps = this.node.classList.contains("check") ? [this.answer(), this] : [this];
      this.say("waiting", "waiting");
      queue = queue.then(async () => {
        for (const cell of steps) {
          if (own !== generation) return this.say("", "");
          const well = await cell.execute();
          if (!well) return cell === this || this.say("", "the code above fails");
        }
      });
      return queue;
    }

    answer() {
      return cells.find((cell) => `${cell.id}-check` === this.id);
    }

    say(state, text) {
      this.node.dataset.state = state;
      this.state.textContent = text;
    }

    // True when the cell ended well.
    async execute() {
      const outputs = new Outputs(this.place);
      const begun = performance.now();
      let started = false;
      this.say("running", "running");
      try {
        const reply = await kernel.execute(this.source, {
          onbusy: () => {
            started = true;
            outputs.clear();
            this.place.classList.remove("recorded");
          },
          onoutput: (type, content) => outputs.add(type, content),
        });
        const seconds = ((performance.now() - begun) / 1000).toFixed(2);
        const failed = reply.status !== "ok";
        this.say(failed ? "failed" : "done", `${failed ? "failed" : "done"} in ${seconds} s`);
        live.textContent = `${this.id}: ${this.state.textContent}`;
        this.node.dispatchEvent(new CustomEvent("sd35:done", { bubbles: true, detail: { id: this.id, failed } }));
        return !failed;
      } catch (problem) {
        // A mistake of this script must not stop the cells after it.
        if (!(problem instanceof KernelError)) console.error(problem);
        // Recorded outputs stay when the cell never started.
        this.say("failed", started ? "stopped" : "not run");
        outputs.note(problem.message);
        const state = document.documentElement.dataset.sd35;
        if (problem.gone) where("gone");
        else if (state === "busy" || state === "starting") where("idle");
        generation += 1;
        return false;
      }
    }
  }

  const cells = [...document.querySelectorAll(".cell")].map((node) => new Cell(node));
  if (cells.length === 0) return;

  const tell = (text) => status.replaceChildren(...sentence(text));

  function where(state) {
    const texts = {
      recorded: "Recorded outputs. To run the cells yourself: `cargo run --release`, then open the address it prints.",
      idle: "Runs on this machine",
      disconnected: "Runs on this machine",
      starting: "Starting a kernel on this machine",
      busy: "Running on this machine",
      restarting: "The kernel starts again",
      dead: "The kernel ended; the next run starts a new one",
      gone: "No server: recorded outputs and your edits are kept",
    };
    document.documentElement.dataset.sd35 = state;
    tell(texts[state] ?? state);
    reconnect.hidden = state !== "gone";
  }
  kernel.onstate = where;

  function runAll() {
    generation += 1;
    const own = generation;
    for (const cell of cells) {
      // Checks of exercises are the reader's to ask for.
      if (!cell.node.classList.contains("check")) cell.run(own);
    }
  }

  async function attempt(action) {
    try {
      await action();
    } catch (problem) {
      tell(problem.message);
    }
  }

  async function look() {
    try {
      where((await kernel.available()) ? "idle" : "recorded");
    } catch (problem) {
      where("gone");
      tell(problem.message);
    }
  }

  const toolbar = element("div", "sd35-toolbar",
    button("Run all", "Run every cell of this page, in order", runAll),
    button("Interrupt", "Stop the running cell; variables are kept", () => attempt(() => {
      generation += 1;
      return kernel.interrupt();
    })),
    button("Restart", "Start again with no variables", () => attempt(() => {
      generation += 1;
      return kernel.restart();
    })),
    reconnect,
    status);
  toolbar.setAttribute("role", "toolbar");
  toolbar.setAttribute("aria-label", "Kernel");
  live.setAttribute("aria-live", "polite");
  const main = document.querySelector("main");
  main.prepend(toolbar, live);

  where("recorded");
  look();
})();
