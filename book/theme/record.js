// The record on its page: what is done of each day, and saving, adding and deleting it.

import { button, element, link } from "./dom.js";
import { dropAll } from "./edits.js";
import { progress } from "./progress.js";

export class RecordTable {
  // `onremove` is called after everything was deleted.
  constructor(days, onremove) {
    this.days = days;
    this.onremove = onremove;
    this.table = element("table", "");
    this.said = element("p", "small");
    this.said.setAttribute("aria-live", "polite");
    document.querySelector("main .record").append(this.table, this.bar(), this.said);
    this.show();
  }

  show() {
    const head = ["Day", "Exercises passed", "Questions right", "Cards in review"].map((name) => {
      const cell = element("th", "", name);
      cell.scope = "col";
      return cell;
    });
    const rows = this.days.map(({ day, slug, exercises, items }) => {
      const ids = (kind) => items.map(({ id }) => id).filter((id) => id.startsWith(kind));
      const [all, questions, cards] = [exercises.split(" ").filter(Boolean), ids("quiz:"), ids("card:")];
      const right = questions.filter((id) => progress.get(id)?.right).length;
      const learning = cards.filter((id) => progress.get(id)).length;
      const texts = [`${progress.passed(all)} of ${all.length}`, `${right} of ${questions.length}`,
        `${learning} of ${cards.length}`];
      return element("tr", "", element("td", "", link(`${slug}.html`, `Day ${day}`)),
        ...texts.map((text) => element("td", "", text)));
    });
    this.table.replaceChildren(element("thead", "", element("tr", "", ...head)), element("tbody", "", ...rows));
  }

  bar() {
    const file = element("input");
    Object.assign(file, { type: "file", accept: "application/json", hidden: true });
    file.setAttribute("aria-label", "A record to import");
    file.addEventListener("change", () => this.add(file.files[0]));
    return element("p", "record-bar",
      button("Export", "Save the record as a file", () => save(progress.text())),
      button("Import", "Add a record that was exported", () => file.click()),
      button("Delete", "Delete the record here and on this machine", () => this.remove()),
      button("Drop all edits", "All cells of all lessons go back to the code as printed", () => {
        if (!window.confirm("Drop your edits of all cells of all lessons?")) return;
        this.said.textContent = `${dropAll()} edits dropped.`;
      }), file);
  }

  async add(file) {
    try {
      await progress.take(await file.text());
      this.said.textContent = "Imported.";
    } catch {
      this.said.textContent = "That is not a record of this course.";
    }
  }

  async remove() {
    if (!window.confirm("Delete what you passed, answered and learned, here and on this machine?")) return;
    await progress.remove();
    this.said.textContent = "Deleted.";
    this.onremove();
  }
}

function save(text) {
  const file = element("a");
  file.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  file.download = "sd35-progress.json";
  file.click();
  URL.revokeObjectURL(file.href);
}
