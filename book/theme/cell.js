// A cell: its code, its buttons, its outputs.

import { button, element } from "./dom.js";
import * as edits from "./edits.js";
import { Outputs } from "./outputs.js";
import { fingerprint } from "./pure/fingerprint.js";
import { KernelError } from "./server.js";

// `page` is the page's Cells.
export class Cell {
  constructor(node, page) {
    this.node = node;
    this.page = page;
    this.id = node.dataset.cell;
    this.original = node.dataset.source;
    this.place = node.querySelector(".outputs");
    this.code = node.querySelector("pre code");
    this.state = element("span", "state");
    this.editor = null;
    this.check = node.classList.contains("check");
    this.place.before(this.bar());
    this.place.setAttribute("aria-label", `Output of ${this.id}`);
    node.tabIndex = -1;
    node.addEventListener("keydown", (event) => this.key(event));
    this.hash = fingerprint(this.original);
    this.mine = null; // the reader's code, when it is not the printed one
    const kept = this.check ? null : edits.edit(this.id);
    if (kept && kept.code !== this.original) {
      if (kept.of === this.hash) this.change(kept.code);
      else this.ask(kept.code);
    }
    this.mark();
  }

  bar() {
    this.run_button = button(this.check ? "Check my answer" : "Run", "Run (Ctrl+Enter; Shift+Enter runs and goes on)",
      () => this.run());
    const bar = element("div", "cell-bar", this.run_button);
    if (!this.check) {
      if (document.querySelector(".cell") !== this.node) {
        bar.append(button("Run above", "Run every cell above this one, in order", () => this.page.runAbove(this)));
      }
      this.edit_button = button("Edit", "Edit this code; Escape leaves the editor", () => this.edit());
      this.reset_button = button("Reset", "Back to the code as printed", () => this.reset());
      bar.append(this.edit_button, this.reset_button);
    }
    bar.append(this.state);
    return bar;
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
      answer("Take the new one", "Drop your code", () => edits.drop(this.id)));
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", `Changed since you edited it: ${this.id}`);
    this.node.querySelector(".cell-bar").before(box);
  }

  // Goes on with other code than the printed one; null goes back.
  change(code) {
    this.mine = code === this.original ? null : code;
    if (this.mine === null) edits.drop(this.id);
    else if (!edits.keep(this.id, this.mine, this.hash)) {
      this.page.announce("The browser's storage is full; this edit is not kept.");
    }
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
    this.editor = this.makeEditor();
    this.code.closest("pre").hidden = true;
    this.code.closest("pre").before(this.editor);
    this.edit_button.textContent = "Done";
    this.editor.focus();
  }

  makeEditor() {
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
    return editor;
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
      const next = this.page.after(this);
      (next?.editor ?? next?.run_button)?.focus();
    }
  }

  // Runs after everything that was asked for before. An exercise's check runs the answer first.
  async run() {
    const steps = this.check ? [this.page.answer(this), this] : [this];
    this.say("waiting", "waiting");
    const done = await this.page.queue.add(steps.map((cell) => () => cell.execute()));
    if (done === null) this.say("", "");
    else if (done < steps.length - 1) this.say("", "the code above fails");
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
      const reply = await this.page.kernel.execute(this.source, {
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
      this.page.announce(`${this.id}: ${this.state.textContent}`);
      const detail = { id: this.id, failed, report: outputs.report };
      this.node.dispatchEvent(new CustomEvent("sd35:done", { bubbles: true, detail }));
      return !failed;
    } catch (problem) {
      // A mistake of this script must not stop the cells after it.
      if (!(problem instanceof KernelError)) console.error(problem);
      // Recorded outputs stay when the cell never started.
      this.say("failed", started ? "stopped" : "not run");
      outputs.note(problem.message);
      this.page.onproblem(problem);
      this.page.forget();
      return false;
    }
  }
}
