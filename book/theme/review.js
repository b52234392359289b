// The review: what was missed and the cards that were chosen, when they are due; and the record itself.
"use strict";

(() => {
  const { element, progress, question, schedule, cells } = window.sd35;
  const button = cells.button;
  const due = (entry) => entry && (entry.due ?? (entry.right === false ? entry.at : Infinity)) <= Date.now();

  // In a lesson: its cards can be taken into the review.
  for (const cards of document.querySelectorAll("main .cards")) {
    const ids = [...cards.querySelectorAll("[data-card]")].map((card) => `card:${card.dataset.card}`);
    const fresh = () => ids.filter((id) => !progress.get(id));
    const note = element("span", "small");
    note.setAttribute("aria-live", "polite");
    const take = button("Learn these cards", "They come back in the review, until you know them", () => {
      for (const id of fresh()) progress.set(id, { due: Date.now() });
      show();
    });
    const show = () => {
      take.hidden = fresh().length === 0;
      note.replaceChildren();
      if (take.hidden) note.append("These cards are in your ", link("review.html", "review"), ".");
    };
    cards.append(element("p", "card-bar", take, note));
    progress.onchange(show);
    show();
  }

  function link(to, text) {
    const node = element("a", "", text);
    node.href = `${path_to_root}${to}`;
    return node;
  }

  const place = document.querySelector("main .review");
  const source = document.querySelector(".review-items");
  if (!place || !source) return;
  const days = [...source.children].map((section) => ({
    ...section.dataset,
    items: [...section.children].map((node) => ({
      id: node.dataset.card ? `card:${node.dataset.card}` : `quiz:${node.dataset.item}`,
      node,
      day: section.dataset,
    })),
  }));
  const items = days.flatMap((day) => day.items);
  const status = element("p", "review-status");
  status.setAttribute("aria-live", "polite");
  const stage = element("div", "stage");
  let again = []; // of this sitting: below four, until they reach it

  const waiting = () => items.filter(({ id }) => due(progress.get(id)));

  // What comes next: what is due, then what was not known well a moment ago.
  function next(focus = true) {
    const left = waiting();
    const item = left[0] ?? again.shift();
    const count = left.length + again.length + (left.length || !item ? 0 : 1);
    status.textContent = item ? `${count} to go` : "Nothing is due.";
    stage.replaceChildren();
    if (!item) return stage.append(...comingUp());
    const repeated = left.length === 0;
    stage.append(element("p", "small", "From ", link(`${item.day.slug}.html`, `Day ${item.day.day}: ${item.day.title}`)));
    if (item.node.dataset.card) showCard(item, repeated);
    else showQuestion(item, repeated);
    if (focus) stage.querySelector("button, input")?.focus();
  }

  function grade(item, quality, repeated) {
    // Repeating within a sitting does not change the schedule (step 7 of the algorithm).
    if (!repeated) progress.set(item.id, schedule.graded(progress.get(item.id), quality));
    if (quality < 4) again.push(item);
  }

  function showCard(item, repeated) {
    const front = element("div", "front", ...item.node.querySelector("summary").cloneNode(true).childNodes);
    const back = element("div", "back", ...item.node.querySelector("p").cloneNode(true).childNodes);
    back.hidden = true;
    const grades = element("p", "grades");
    grades.hidden = true;
    const names = [[1, "Not known"], [3, "With effort"], [4, "Known"], [5, "At once"]];
    names.forEach(([quality, name], index) => {
      grades.append(button(`${index + 1} ${name}`, `Key ${index + 1}`, () => {
        grade(item, quality, repeated);
        next();
      }));
    });
    const open = button("Show the answer", "Space", () => {
      back.hidden = grades.hidden = false;
      open.hidden = true;
      grades.querySelector("button").focus();
    });
    stage.append(element("div", "flash", front, back), open, grades);
  }

  function showQuestion(item, repeated) {
    const node = item.node.cloneNode(true);
    const go = button("Next", "The next item", () => next());
    go.hidden = true;
    question(node, {
      seed: Math.floor(Math.random() * 0x7fffffff),
      onanswer(right, first) {
        if (first) grade(item, right ? 4 : 1, repeated);
        go.hidden = false;
      },
    });
    const wrap = element("div", "quiz", node);
    stage.append(wrap, go);
  }

  stage.addEventListener("keydown", (event) => {
    const keys = [...stage.querySelectorAll(".grades button")];
    const chosen = keys[Number(event.key) - 1];
    if (chosen && !chosen.parentElement.hidden) chosen.click();
    // The book turns pages with the arrow keys, which choose an answer here.
    event.stopPropagation();
  });

  // When nothing is due: what comes when, and which days' cards are not yet in.
  function comingUp() {
    const entries = items.map(({ id }) => progress.get(id)?.due).filter((at) => at > Date.now());
    const parts = [];
    if (entries.length) {
      const days = Math.max(1, Math.round((Math.min(...entries) - Date.now()) / schedule.DAY_MS));
      parts.push(element("p", "", `${entries.length} come back later, the next in ${days === 1 ? "a day" : `${days} days`}.`));
    }
    const list = element("ul", "add");
    for (const day of days) {
      const fresh = day.items.filter(({ id }) => id.startsWith("card:") && !progress.get(id));
      if (fresh.length === 0) continue;
      list.append(element("li", "", button(`Learn ${fresh.length} cards of day ${day.day}`, day.title, () => {
        for (const { id } of fresh) progress.set(id, { due: Date.now() });
        next();
      }), ` ${day.title}`));
    }
    if (list.children.length) parts.push(element("p", "", "Cards that you have not learned yet:"), list);
    return parts;
  }

  place.replaceChildren(status, stage);
  next(false);

  // The record.
  const record = document.querySelector("main .record");
  const overview = element("table", "");
  const said = element("p", "small");
  said.setAttribute("aria-live", "polite");
  function show() {
    const head = ["Day", "Exercises passed", "Questions right", "Cards in review"].map((name) => {
      const cell = element("th", "", name);
      cell.scope = "col";
      return cell;
    });
    const rows = days.map((day) => {
      const exercises = day.exercises.split(" ").filter(Boolean);
      const passed = exercises.filter((id) => progress.get(`exercise:${id}`)?.state === "passed").length;
      const questions = day.items.filter(({ id }) => id.startsWith("quiz:"));
      const right = questions.filter(({ id }) => progress.get(id)?.right).length;
      const cards = day.items.filter(({ id }) => id.startsWith("card:"));
      const learning = cards.filter(({ id }) => progress.get(id)).length;
      const texts = [`${passed} of ${exercises.length}`, `${right} of ${questions.length}`, `${learning} of ${cards.length}`];
      return element("tr", "", element("td", "", link(`${day.slug}.html`, `Day ${day.day}`)),
        ...texts.map((text) => element("td", "", text)));
    });
    overview.replaceChildren(element("thead", "", element("tr", "", ...head)), element("tbody", "", ...rows));
  }
  const file = element("input");
  Object.assign(file, { type: "file", accept: "application/json", hidden: true });
  file.setAttribute("aria-label", "A record to import");
  file.addEventListener("change", async () => {
    try {
      await progress.take(await file.files[0].text());
      said.textContent = "Imported.";
    } catch {
      said.textContent = "That is not a record of this course.";
    }
  });
  record.append(overview, element("p", "record-bar",
    button("Export", "Save the record as a file", () => {
      const save = element("a");
      save.href = URL.createObjectURL(new Blob([progress.text()], { type: "application/json" }));
      save.download = "sd35-progress.json";
      save.click();
      URL.revokeObjectURL(save.href);
    }),
    button("Import", "Add a record that was exported", () => file.click()),
    button("Delete", "Delete the record here and on this machine", async () => {
      if (!window.confirm("Delete what you passed, answered and learned, here and on this machine?")) return;
      await progress.remove();
      said.textContent = "Deleted.";
      next(false);
    }),
    button("Drop all edits", "All cells of all lessons go back to the code as printed", () => {
      if (!window.confirm("Drop your edits of all cells of all lessons?")) return;
      const edits = Object.keys(localStorage).filter((key) => /^sd35:[^:]+:d\d\d-/.test(key));
      for (const key of edits) localStorage.removeItem(key);
      said.textContent = `${edits.length} edits dropped.`;
    }), file), said);
  progress.onchange(() => {
    show();
    if (!stage.querySelector(".flash, .quiz")) next(false);
  });
  show();
})();
