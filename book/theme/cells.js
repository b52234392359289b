// The cells of a page, which share a kernel and run one after another. The toolbar is in toolbar.js.

import { Cell } from "./cell.js";
import { element } from "./dom.js";
import { Kernel } from "./kernel.js";
import { Queue } from "./pure/queue.js";

export class Cells {
  constructor(nodes) {
    this.kernel = new Kernel();
    this.queue = new Queue();
    this.onproblem = () => {};
    // What a screen reader says of cells.
    this.live = element("span", "sd35-live");
    this.live.setAttribute("aria-live", "polite");
    this.all = [...nodes].map((node) => new Cell(node, this));
    if (this.all.length) document.querySelector("main").prepend(this.live);
  }

  announce(text) {
    this.live.textContent = text;
  }

  after(cell) {
    return this.all[this.all.indexOf(cell) + 1];
  }

  // The answer that a check is about.
  answer(check) {
    return this.all.find((cell) => `${cell.id}-check` === check.id);
  }

  runAll() {
    this.runThese(this.all);
  }

  runAbove(cell) {
    this.runThese(this.all.slice(0, this.all.indexOf(cell)));
  }

  // Checks of exercises are the reader's to ask for.
  runThese(some) {
    this.forget();
    for (const cell of some) if (!cell.check) cell.run();
  }

  // The cells that wait are not run.
  forget() {
    this.queue.forget();
  }
}
