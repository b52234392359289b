// The lanes of a lesson. Skim: the story, "Break it", the trade-offs, the summary. Core: all but the exercises
// marked as stretch and the notes. Workshop: everything.

import { element } from "./dom.js";

const SKIM = /^(break it|when not to use it|summary)\b/i;
const KEY = "sd35:lane";
const LANES = { skim: "skim", core: "core", workshop: "everything" };
const NOTES = {
  skim: "The story, what breaks, the trade-offs and the summary are shown. Cells above still run with “Run above”.",
  core: "Everything but the notes for instructors and the stretch exercises is shown.",
  workshop: "",
};

export function startLanes() {
  const headers = document.querySelectorAll(".day-header");
  // The page for printing has all lessons, whole.
  if (headers.length !== 1) return;
  sortIntoLanes();
  const [header] = headers;
  const group = element("fieldset", "lanes", element("legend", "", "Lane"));
  const note = element("p", "lane-note");
  const choose = (name) => {
    document.documentElement.dataset.lane = name;
    localStorage.setItem(KEY, name);
    note.textContent = NOTES[name];
  };
  const before = localStorage.getItem(KEY);
  const kept = Object.hasOwn(LANES, before) ? before : "workshop";
  for (const [name, label] of Object.entries(LANES)) {
    const input = element("input");
    Object.assign(input, { type: "radio", name: "lane", value: name, checked: name === kept });
    input.addEventListener("change", () => choose(name));
    group.append(element("label", "", input, ` ${label} (${header.dataset[name]} min)`));
  }
  header.append(group, note);
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

// A section is what follows an h2; what stands before the first is the story.
function sortIntoLanes() {
  let lane = "skim";
  for (const node of document.querySelector("main").children) {
    if (node.tagName === "H2") lane = SKIM.test(node.textContent.trim()) ? "skim" : "core";
    if (node.matches("details.instructor-notes")) lane = "workshop";
    const stretch = node.matches(".exercise") && /stretch/.test(node.querySelector(".meta")?.textContent ?? "");
    if (!node.matches(".sd35-toolbar, .sd35-live, .day-header")) node.dataset.lane = stretch ? "workshop" : lane;
  }
}
