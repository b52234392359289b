// Cuts a lesson into slides of 16:9, and shows one at a time. Nothing is moved: what is not on the slide is hidden.

// The sheet that slides are cut for, in CSS pixels; it is scaled to the window. Part of it is margin.
const SHEET = { width: 1024, height: 576, margin: 32 };
const MOST_ZOOM = 1.5; // of a slide with little on it
const LEAST_ZOOM = 0.3; // of a part that is higher than the sheet by itself

// What a lesson is made of: its blocks, and of a quiz the questions.
function parts(main) {
  const skip = ".sd35-toolbar, .sd35-live, .instructor-notes, .lanes, script, template, hr, [data-outputs]:empty";
  const found = [];
  for (const node of main.children) {
    if (node.matches(skip)) continue;
    if (node.matches(".quiz, .cards")) found.push(...node.children);
    else found.push(node);
  }
  return found;
}

const heading = (node) => /^H[1-3]$/.test(node.tagName);
// Questions and exercises stand alone, and a guess is made before the answer is seen.
const alone = (node) => node.matches("fieldset, .exercise, .explorable");
const last = (node) => alone(node) || node.matches(".predict");

export class Slides {
  constructor() {
    this.root = document.documentElement;
    this.main = document.querySelector("main");
    this.parts = parts(this.main);
    this.at = 0;
    this.cut();
    new ResizeObserver(() => this.fit()).observe(this.main);
    window.addEventListener("resize", () => this.fit());
  }

  get count() {
    return this.slides.length;
  }

  // Greedy: a part goes on the slide while there is room; the higher ones get a slide of their own.
  cut() {
    this.root.classList.add("cutting");
    const room = SHEET.height - 2 * SHEET.margin;
    const box = (node) => node.getBoundingClientRect();
    this.slides = [];
    let slide = null;
    let top = 0;
    for (const part of this.parts) {
      const { top: from, bottom, height } = box(part);
      if (height === 0) continue;
      const before = slide?.at(-1);
      const full = slide && bottom - top > room && !(slide.length === 1 && heading(before));
      const breaks = /^H[12]$/.test(part.tagName) || (before && (last(before) || (!heading(before) && alone(part))));
      if (!slide || full || breaks) {
        slide = [];
        this.slides.push(slide);
        top = from;
      }
      slide.push(part);
    }
    this.root.classList.remove("cutting");
  }

  // The slide with a part of the lesson.
  holding(index) {
    const part = this.parts[index];
    return Math.max(0, this.slides.findIndex((slide) => slide.includes(part)));
  }

  // The first part of the slide that is shown.
  get part() {
    return this.parts.indexOf(this.slides[this.at][0]);
  }

  show(at) {
    this.at = Math.min(Math.max(at, 0), this.count - 1);
    if (!this.root.classList.contains("slides")) return;
    const slide = this.slides[this.at];
    const shown = new Set(slide);
    // What the section is called, when its heading is on an earlier slide.
    const titles = this.parts.slice(0, this.part + 1).filter((part) => /^H[12]$/.test(part.tagName));
    this.main.dataset.section = heading(slide[0]) ? "" : titles.at(-1)?.textContent ?? "";
    for (const part of this.parts) part.classList.toggle("off", !shown.has(part));
    for (const group of this.main.querySelectorAll(":scope > .quiz, :scope > .cards")) {
      group.classList.toggle("off", ![...group.children].some((part) => shown.has(part)));
    }
    this.fit();
  }

  start() {
    this.root.classList.add("slides");
    this.show(this.at);
  }

  stop() {
    this.root.classList.remove("slides");
    this.main.style.zoom = this.main.style.width = "";
    for (const node of this.main.querySelectorAll(".off")) node.classList.remove("off");
  }

  // Scales the sheet to the window, and what is still too high for it a little more.
  fit() {
    if (!this.root.classList.contains("slides")) return;
    // What changes while the last fit settles (a window, a font, a figure) is fitted after it.
    this.again = this.fitting;
    if (this.fitting) return;
    this.fitting = true;
    const room = { width: this.root.clientWidth, height: window.innerHeight };
    const panel = document.querySelector(".teach-panel");
    if (panel && panel.getClientRects().length) room.width -= panel.offsetWidth;
    const full = Math.min(room.width / SHEET.width, room.height / SHEET.height);
    const margin = SHEET.margin * full;
    for (let zoom = full * MOST_ZOOM; ; zoom *= 0.94) {
      this.main.style.zoom = zoom;
      this.main.style.width = `${(room.width - 2 * margin) / zoom}px`;
      const box = this.main.getBoundingClientRect();
      const wide = this.main.scrollWidth > this.main.clientWidth + 1;
      if ((box.height <= room.height - 2 * margin && !wide) || zoom < LEAST_ZOOM * full) break;
    }
    // Observers report the change that was just made; that one is not news.
    requestAnimationFrame(() => {
      this.fitting = false;
      if (this.again) this.fit();
    });
  }
}
