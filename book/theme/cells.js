// Turns the cells of a page into cells that run: buttons and editing. The toolbar is in toolbar.js.
"use strict";

(() => {
  const { Kernel, KernelError, Outputs, element, sentence } = window.sd35;
  const kernel = new Kernel();
  const page = location.pathname.replace(/.*\//, "");
  const live = element("span", "sd35-live");
  live.setAttribute("aria-live", "polite");
  let queue = Promise.resolve();
  let generation = 0; // a failed or stopped run-all forgets the rest of its queue

  const button = (label, title, action) => {
    const node = element("button", "", label);
    node.type = "button";
    node.title = title;
    node.addEventListener("click", action);
    return node;
  };

  // A short fingerprint of the printed code (FNV-1a, 32 bits): an edit remembers which one it changed.
  function fingerprint(text) {
    let hash = 0x811c9dc5;
    for (let at = 0; at < text.length; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
    }
    return hash.toString(16);
  }

  // Edits are kept in this browser: the code, and the fingerprint of the code that it changed.
  const PREFIX = `sd35:${page}:`;
  const store = {
    get(id) {
      try {
        const edit = JSON.parse(localStorage.getItem(PREFIX + id));
        return typeof edit?.code === "string" ? edit : null;
      } catch {
        return null;
      }
    },
    set(id, code, of) {
      try {
        if (code === null) localStorage.removeItem(PREFIX + id);
        else localStorage.setItem(PREFIX + id, JSON.stringify({ code, of }));
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
        if (document.querySelector(".cell") !== node) {
          bar.append(button("Run above", "Run every cell above this one, in order", () => runAbove(this)));
        }
        this.edit_button = button("Edit", "Edit this code; Escape leaves the editor", () => this.edit());
        this.reset_button = button("Reset", "Back to the code as printed", () => this.reset());
        bar.append(this.edit_button, this.reset_button);
      }
      bar.append(this.state);
      this.place.before(bar);
      this.place.setAttribute("aria-label", `Output of ${this.id}`);
      node.tabIndex = -1;
      node.addEventListener("keydown", (event) => this.key(event));
      this.hash = fingerprint(this.original);
      this.mine = null; // the reader's code, when it is not the printed one
      const edit = check ? null : store.get(this.id);
      if (edit && edit.code !== this.original) {
        if (edit.of === this.hash) this.change(edit.code);
        else this.ask(edit.code);
      }
      this.mark();
    }

    get source() {
      return this.editor ? this.editor.value : this.mine ?? this.original;
    }

    // The lesson changed under an edit: both are kept until the reader says which to go on with.
    ask(code) {
      const answer = (label, title, action) => button(label, title, () => {
        box.remove();
        action();
        this.mark();
        this.run_button.focus();
      });
      const box = element("div", "changed",
        element("p", "", "The book's code of this cell has changed since you edited it. Above is the new one."),
        element("details", "", element("summary", "", "Your code"), element("pre", "", element("code", "", code))),
        answer("Keep mine", "Go on with your code", () => this.change(code)),
        answer("Take the new one", "Drop your code", () => store.set(this.id, null)));
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", `Changed since you edited it: ${this.id}`);
      this.node.querySelector(".cell-bar").before(box);
    }

    // Goes on with other code than the printed one; null goes back.
    change(code) {
      this.mine = code === this.original ? null : code;
      store.set(this.id, this.mine, this.hash);
      if (!this.editor) this.show(this.source);
      this.mark();
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
      const undecided = this.node.querySelector(".changed");
      if (undecided) return undecided.scrollIntoView({ block: "center" });
      const editor = element("textarea", "editor");
      editor.value = this.source;
      editor.rows = editor.value.split("\n").length + 1;
      editor.spellcheck = false;
      editor.setAttribute("autocapitalize", "off");
      editor.setAttribute("aria-label", `Code of ${this.id}. Tab indents; Escape or Shift+Tab leaves the editor.`);
      editor.addEventListener("input", () => {
        editor.rows = Math.max(editor.rows, editor.value.split("\n").length + 1);
        this.change(editor.value);
      });
      editor.addEventListener("keydown", (event) => {
        if (event.key === "Tab" && !event.ctrlKey && !event.altKey && !event.shiftKey) {
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
      if (this.editor) this.editor.value = this.original;
      this.change(null);
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
          cell: this.id,
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
        api.onproblem(problem);
        generation += 1;
        return false;
      }
    }
  }

  const cells = [...document.querySelectorAll(".cell")].map((node) => new Cell(node));

  // Checks of exercises are the reader's to ask for.
  function runThese(some) {
    generation += 1;
    const own = generation;
    for (const cell of some) if (!cell.node.classList.contains("check")) cell.run(own);
  }

  function runAbove(cell) {
    runThese(cells.slice(0, cells.indexOf(cell)));
  }

  const api = {
    all: cells,
    kernel,
    live,
    button,
    runAll: () => runThese(cells),
    // The cells that wait are not run.
    forget: () => {
      generation += 1;
    },
    onproblem: () => {},
  };
  Object.assign(window.sd35, { cells: api });
  if (cells.length) document.querySelector("main").prepend(live);
})();
