// For instructors: the notes beside the lesson, the lesson as slides, and a second window that follows.
// The address says which: ?view=teach, ?view=present (slides, this window leads), ?view=audience (slides that follow).

import { button, element } from "./dom.js";
import { Slides } from "./slides.js";

const VIEWS = ["teach", "present", "audience"];
const STEPS = { PageDown: 1, ArrowRight: 1, " ": 1, PageUp: -1, ArrowLeft: -1 };
const CLOCK_MS = 5_000;

export function startTeaching() {
  const notes = document.querySelector("main > .instructor-notes");
  const toolbar = document.querySelector(".sd35-toolbar");
  if (!notes || !toolbar) return;
  const teaching = new Teaching(notes);
  const start = button("Teach", "Notes beside the lesson, slides, a second window",
    () => (teaching.view ? teaching.leave() : teaching.enter("teach")));
  start.classList.add("teach");
  toolbar.querySelector(".where").before(start);

  const wanted = new URL(location.href).searchParams.get("view");
  if (!VIEWS.includes(wanted)) return;
  // Fonts and plots decide where slides are cut.
  const loaded = new Promise((resolve) => {
    if (document.readyState === "complete") resolve();
    else window.addEventListener("load", resolve);
  });
  Promise.all([document.fonts.ready, loaded]).then(() => teaching.enter(wanted));
}

// In the address of this page.
function setView(address, view) {
  if (view) address.searchParams.set("view", view);
  else address.searchParams.delete("view");
  return address;
}

class Teaching {
  constructor(notes) {
    this.notes = notes;
    this.view = null;
    this.slides = null;
    this.where = element("span", "slide-number");
    this.where.setAttribute("aria-live", "polite");
    this.clock = element("span", "clock", "0:00");
    this.panel = this.makePanel();
    document.querySelector("main").after(this.panel);
    const page = location.pathname.replace(/.*\//, "");
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel(`sd35-teach:${page}`) : null;
    this.channel?.addEventListener("message", ({ data }) => this.hear(data));
    document.addEventListener("sd35:done", ({ target }) => this.ran(target));
    document.addEventListener("keydown", (event) => this.key(event), true);
  }

  makePanel() {
    const panel = element("aside", "teach-panel",
      element("div", "teach-bar",
        button("Previous", "The slide before; Page Up", () => this.go(this.slides.at - 1)),
        button("Next", "The next slide; Page Down", () => this.go(this.slides.at + 1)),
        this.where,
        button("Audience's window", "A second window that follows this one", () => {
          window.open(setView(new URL(location.href), "audience"), "sd35-audience", "popup,width=1280,height=720");
        }),
        button("Slides here", "Slides in this window; Escape comes back", () => this.enter("present")),
        button("Start the clock", "Follow the plan", () => this.startClock()),
        this.clock,
        button("Close", "Back to the lesson", () => this.leave())),
      element("div", "notes"));
    panel.setAttribute("aria-label", "Instructor notes");
    return panel;
  }

  // Whether other windows follow this one.
  get leads() {
    return this.view === "teach" || this.view === "present";
  }

  go(at, tell = true) {
    const { slides, where } = this;
    slides.show(at);
    where.textContent = `Slide ${slides.at + 1} of ${slides.count}`;
    for (const node of document.querySelectorAll("main .on-slide")) node.classList.remove("on-slide");
    if (this.view === "teach") {
      slides.slides[slides.at].forEach((part) => part.classList.add("on-slide"));
      slides.slides[slides.at][0].scrollIntoView({ block: "start" });
    }
    if (tell && this.leads) this.channel?.postMessage({ part: slides.part });
  }

  hear(data) {
    if (data.ask && this.leads) this.channel.postMessage({ part: this.slides.part });
    if (this.view !== "audience") return;
    // A slide is named by its first part: windows of other sizes may cut elsewhere.
    if (data.part !== undefined) this.go(this.slides.holding(data.part), false);
    if (data.cell) this.mirror(data);
  }

  // What a cell of the leading window put out is shown in the following one. It comes from a page of this book,
  // which made it harmless already.
  mirror({ cell, html, code }) {
    const node = document.getElementById(cell);
    const outputs = node?.querySelector(":scope > .outputs");
    if (!outputs) return;
    outputs.innerHTML = html;
    outputs.classList.remove("recorded");
    const shown = node.querySelector("pre code");
    if (shown && code !== undefined) shown.innerHTML = code;
    this.slides.fit();
  }

  // A cell ran in this window.
  ran(node) {
    if (!this.view) return;
    this.slides.fit();
    const outputs = node.querySelector(":scope > .outputs");
    const code = node.querySelector("pre code")?.innerHTML;
    if (this.leads) this.channel?.postMessage({ cell: node.id, html: outputs.innerHTML, code });
  }

  enter(view) {
    this.leave();
    this.view = view;
    const root = document.documentElement;
    root.classList.add(view);
    root.dataset.view = view;
    history.replaceState(null, "", setView(new URL(location.href), view));
    if (view === "teach") this.panel.querySelector(".notes").append(this.notes);
    this.notes.open = true;
    this.slides ??= new Slides();
    if (view !== "teach") this.slides.start();
    this.go(this.slides.at, false);
    if (view === "audience") this.channel?.postMessage({ ask: true });
  }

  leave() {
    if (!this.view) return;
    const root = document.documentElement;
    root.classList.remove(this.view);
    delete root.dataset.view;
    this.slides.stop();
    if (this.view === "teach") document.querySelector("main").append(this.notes);
    for (const node of document.querySelectorAll("main .on-slide")) node.classList.remove("on-slide");
    this.view = null;
    history.replaceState(null, "", setView(new URL(location.href), null));
  }

  // The clock says which part of the plan should be on.
  startClock() {
    const begun = Date.now();
    const tick = () => this.tick(Math.floor((Date.now() - begun) / 60_000));
    clearInterval(this.ticking);
    this.ticking = setInterval(tick, CLOCK_MS);
    tick();
  }

  tick(minutes) {
    this.clock.textContent = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
    const rows = [...this.notes.querySelectorAll(".plan tbody tr")];
    const from = (row) => {
      const [hours, rest] = row.cells[0].textContent.split(":").map(Number);
      return 60 * hours + rest;
    };
    rows.forEach((row, i) => {
      const now = from(row) <= minutes && (i + 1 === rows.length || minutes < from(rows[i + 1]));
      row.classList.toggle("now", now);
      if (now) row.setAttribute("aria-current", "time");
      else row.removeAttribute("aria-current");
    });
  }

  key(event) {
    const { view, slides } = this;
    if (!view || event.target.closest("textarea, input, select, summary, button, dialog")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && view !== "teach") this.enter("teach");
    else if (view === "teach" && !event.key.startsWith("Page")) return;
    else if (event.key === "Home") this.go(0);
    else if (event.key === "End") this.go(slides.count - 1);
    else if (STEPS[event.key]) this.go(slides.at + STEPS[event.key]);
    else return;
    event.preventDefault();
    // The book would turn to another chapter.
    event.stopPropagation();
  }
}
