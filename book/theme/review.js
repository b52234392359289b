// The review: what was missed and the cards that were chosen, when they are due.

import { learn } from "./cards.js";
import { button, element, link } from "./dom.js";
import { progress } from "./progress.js";
import { DAY_MS } from "./pure/schedule.js";
import { Sitting } from "./pure/sitting.js";
import { newSeed, question } from "./question.js";
import { RecordTable } from "./record.js";

// The names of the grades, and what SM-2 calls them.
const GRADES = [[1, "Not known"], [3, "With effort"], [4, "Known"], [5, "At once"]];

export function startReview() {
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
  const review = new Review(days);
  place.replaceChildren(review.status, review.stage);
  review.next(false);
  const table = new RecordTable(days, () => review.next(false));
  progress.onchange(() => {
    table.show();
    if (!review.asking) review.next(false);
  });
}

class Review {
  constructor(days) {
    this.days = days;
    this.sitting = new Sitting(days.flatMap((day) => day.items), progress);
    this.status = element("p", "review-status");
    this.status.setAttribute("aria-live", "polite");
    this.stage = element("div", "stage");
    this.stage.addEventListener("keydown", (event) => {
      const keys = [...this.stage.querySelectorAll(".grades button")];
      const chosen = keys[Number(event.key) - 1];
      if (chosen && !chosen.parentElement.hidden) chosen.click();
      // The book turns pages with the arrow keys, which choose an answer here.
      event.stopPropagation();
    });
  }

  get asking() {
    return Boolean(this.stage.querySelector(".flash, .quiz"));
  }

  next(focus = true) {
    const next = this.sitting.next();
    this.status.textContent = next ? `${next.count} to go` : "Nothing is due.";
    this.stage.replaceChildren();
    if (!next) return this.stage.append(...this.comingUp());
    const { item, repeated } = next;
    const day = link(`${item.day.slug}.html`, `Day ${item.day.day}: ${item.day.title}`);
    this.stage.append(element("p", "small", "From ", day));
    const grade = (quality) => this.sitting.grade(item, quality, repeated);
    if (item.node.dataset.card) this.showCard(item, grade);
    else this.showQuestion(item, grade);
    if (focus) this.stage.querySelector("button, input")?.focus();
  }

  showCard(item, grade) {
    const front = element("div", "front", ...item.node.querySelector("summary").cloneNode(true).childNodes);
    const back = element("div", "back", ...item.node.querySelector("p").cloneNode(true).childNodes);
    const grades = element("p", "grades");
    back.hidden = grades.hidden = true;
    GRADES.forEach(([quality, name], index) => {
      grades.append(button(`${index + 1} ${name}`, `Key ${index + 1}`, () => {
        grade(quality);
        this.next();
      }));
    });
    const open = button("Show the answer", "Space", () => {
      back.hidden = grades.hidden = false;
      open.hidden = true;
      grades.querySelector("button").focus();
    });
    this.stage.append(element("div", "flash", front, back), open, grades);
  }

  showQuestion(item, grade) {
    const node = item.node.cloneNode(true);
    const go = button("Next", "The next item", () => this.next());
    go.hidden = true;
    question(node, {
      seed: newSeed(),
      onanswer(right, first) {
        if (first) grade(right ? 4 : 1);
        go.hidden = false;
      },
    });
    this.stage.append(element("div", "quiz", node), go);
  }

  // When nothing is due: what comes when, and which days' cards are not yet in.
  comingUp() {
    const parts = [];
    const entries = this.sitting.items.map(({ id }) => progress.get(id)?.due).filter((at) => at > Date.now());
    if (entries.length) {
      const days = Math.max(1, Math.round((Math.min(...entries) - Date.now()) / DAY_MS));
      const when = days === 1 ? "a day" : `${days} days`;
      parts.push(element("p", "", `${entries.length} come back later, the next in ${when}.`));
    }
    const list = element("ul", "add");
    for (const { day, title, items } of this.days) {
      const fresh = items.map(({ id }) => id).filter((id) => id.startsWith("card:") && !progress.get(id));
      if (fresh.length === 0) continue;
      list.append(element("li", "", button(`Learn ${fresh.length} cards of day ${day}`, title, () => {
        learn(fresh);
        this.next();
      }), ` ${title}`));
    }
    if (list.children.length) parts.push(element("p", "", "Cards that you have not learned yet:"), list);
    return parts;
  }
}
