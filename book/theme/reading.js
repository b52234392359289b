// Reading: the lanes of a lesson, what is done on the map of a week, tables behind plots.
"use strict";

(() => {
  const { element, progress } = window.sd35;

  // The lanes. Skim: the story, "Break it", the trade-offs, the summary. Core: all but the exercises marked as
  // stretch and the notes. Workshop: everything.
  const SKIM = /^(break it|when not to use it|summary)\b/i;
  const LANE = "sd35:lane";
  const headers = document.querySelectorAll(".day-header");
  const [header] = headers;
  // The page for printing has all lessons, whole.
  if (headers.length === 1) {
    const main = document.querySelector("main");
    // A section is what follows an h2; what stands before the first is the story.
    let lane = "skim";
    for (const node of main.children) {
      if (node.tagName === "H2") lane = SKIM.test(node.textContent.trim()) ? "skim" : "core";
      if (node.matches("details.instructor-notes")) lane = "workshop";
      const stretch = node.matches(".exercise") && /stretch/.test(node.querySelector(".meta")?.textContent ?? "");
      if (!node.matches(".sd35-toolbar, .sd35-live, .day-header")) node.dataset.lane = stretch ? "workshop" : lane;
    }
    const minutes = header.dataset;
    const group = element("fieldset", "lanes", element("legend", "", "Lane"));
    const left = element("p", "lane-note");
    const choose = (name) => {
      document.documentElement.dataset.lane = name;
      localStorage.setItem(LANE, name);
      left.textContent = {
        skim: "The story, what breaks, the trade-offs and the summary are shown. Cells above still run with “Run above”.",
        core: "Everything but the notes for instructors and the stretch exercises is shown.",
        workshop: "",
      }[name];
    };
    const kept = ["skim", "core", "workshop"].includes(localStorage.getItem(LANE)) ? localStorage.getItem(LANE) : "workshop";
    for (const [name, label] of [["skim", "skim"], ["core", "core"], ["workshop", "everything"]]) {
      const input = element("input");
      Object.assign(input, { type: "radio", name: "lane", value: name, checked: name === kept });
      input.addEventListener("change", () => choose(name));
      group.append(element("label", "", input, ` ${label} (${minutes[name]} min)`));
    }
    header.append(group, left);
    choose(kept);
    // A link into a part that the lane hides shows everything.
    const follow = () => {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (target && target.getClientRects().length === 0) {
        group.querySelector("input[value=workshop]").checked = true;
        choose("workshop");
        target.scrollIntoView();
      }
    };
    window.addEventListener("hashchange", follow);
    follow();
  }

  // The map of a week: how many exercises of each day are passed.
  const days = document.querySelectorAll(".week-map li");
  const mark = () => {
    for (const day of days) {
      const exercises = day.dataset.exercises.split(" ").filter(Boolean);
      const passed = exercises.filter((id) => progress.get(`exercise:${id}`)?.state === "passed").length;
      day.querySelector(".done").textContent = passed ? `, ${passed} passed` : "";
      day.classList.toggle("complete", passed > 0 && passed === exercises.length);
    }
  };
  if (days.length) {
    progress.onchange(mark);
    mark();
  }

  // What is folded on the screen is open on paper, except for answers.
  window.addEventListener("beforeprint", () => {
    for (const node of document.querySelectorAll("details.setup, details.instructor-notes, details.card")) node.open = true;
  });

  // Links of a sidebar that is closed cannot be reached.
  const open = document.getElementById("mdbook-sidebar-toggle-anchor")?.checked;
  for (const link of document.querySelectorAll("#mdbook-sidebar a")) link.tabIndex = open ? 0 : -1;

  // What opens the sidebar is a button here, and a checkbox to the rest of the book.
  document.getElementById("mdbook-sidebar-toggle")?.addEventListener("click", () => {
    document.getElementById("mdbook-sidebar-toggle-anchor").click();
  });

  // A page is narrow and its tables may be wide: those that scroll can be scrolled with the keyboard.
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
})();
