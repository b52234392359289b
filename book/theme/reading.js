// Reading: what is done on the map of a week, the sidebar and wide tables by keyboard, and paper.

import { progress } from "./progress.js";

// The map of a week: how many exercises of each day are passed.
export function startWeekMap() {
  const days = document.querySelectorAll(".week-map li");
  if (days.length === 0) return;
  const mark = () => {
    for (const day of days) {
      const exercises = day.dataset.exercises.split(" ").filter(Boolean);
      const passed = progress.passed(exercises);
      day.querySelector(".done").textContent = passed ? `, ${passed} passed` : "";
      day.classList.toggle("complete", passed > 0 && passed === exercises.length);
    }
  };
  progress.onchange(mark);
  mark();
}

// What is folded on the screen is open on paper, except for answers.
export function openOnPaper() {
  window.addEventListener("beforeprint", () => {
    const folded = document.querySelectorAll("details.setup, details.instructor-notes, details.card");
    for (const node of folded) node.open = true;
  });
}

export function startSidebar() {
  const anchor = document.getElementById("mdbook-sidebar-toggle-anchor");
  // Links of a sidebar that is closed cannot be reached.
  for (const link of document.querySelectorAll("#mdbook-sidebar a")) link.tabIndex = anchor?.checked ? 0 : -1;
  // What opens the sidebar is a button here, and a checkbox to the rest of the book.
  document.getElementById("mdbook-sidebar-toggle")?.addEventListener("click", () => anchor.click());
}

// A page is narrow and its tables may be wide: those that scroll can be scrolled with the keyboard.
export function letScroll() {
  const scrollable = () => {
    for (const node of document.querySelectorAll("main .table-wrapper, main pre, main pre > code, main .out")) {
      const scrolls = node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1;
      if (scrolls && !node.hasAttribute("tabindex")) node.tabIndex = 0;
      else if (!scrolls && node.getAttribute("tabindex") === "0") node.removeAttribute("tabindex");
    }
  };
  window.addEventListener("load", scrollable);
  window.addEventListener("resize", scrollable);
  document.addEventListener("sd35:done", scrollable);
  document.addEventListener("toggle", scrollable, true);
}
