// Quizzes, predictions and exercises of a lesson. What the reader answers goes into the record; see progress.js.

import { element } from "./dom.js";
import { progress } from "./progress.js";
import { newSeed, question } from "./question.js";

export function startQuizzes() {
  const seed = newSeed();
  for (const item of document.querySelectorAll(".quiz fieldset")) {
    const key = `quiz:${item.dataset.item}`;
    const choose = question(item, {
      seed,
      // What was wrong first comes back in the review, also after a second try.
      onanswer: (right, first, choice) =>
        progress.set(key, { ...progress.get(key), choice, right: first ? right : progress.get(key)?.right ?? right }),
    });
    const before = item.querySelector(`input[value="${CSS.escape(progress.get(key)?.choice)}"]`);
    if (before) {
      before.checked = true;
      choose(before, false);
    }
  }
}

// A prediction is written down before the cell below it runs.
export function startPredictions() {
  const page = location.pathname.replace(/.*\//, "").replace(/\.html$/, "");
  document.querySelectorAll(".predict").forEach((box, index) => {
    const key = `predict:${page}:${index}`;
    const field = element("textarea", "prediction");
    field.rows = 2;
    field.placeholder = "My prediction";
    field.setAttribute("aria-label", "My prediction");
    field.value = progress.get(key)?.text ?? "";
    field.addEventListener("input", () => progress.set(key, { text: field.value.slice(0, 2000) }));
    field.addEventListener("keydown", (event) => event.stopPropagation());
    box.append(field);
  });
}

export function startExercises() {
  document.querySelectorAll(".exercise").forEach(startExercise);
}

// Hints one after another; the solution opens after passing, or when asked for.
function startExercise(exercise) {
  const { exercise: id } = exercise.dataset;
  const key = `exercise:${id}`;
  const hints = [...exercise.querySelectorAll("details.hint")];
  const solution = exercise.querySelector("details.solution");
  const badge = element("span", "badge");
  badge.setAttribute("aria-live", "polite");
  exercise.querySelector(".meta")?.append(badge);

  hints.forEach((hint, index) => {
    hint.hidden = index > 0;
    hint.addEventListener("toggle", () => {
      if (hint.open && hints[index + 1]) hints[index + 1].hidden = false;
    });
  });
  const mark = () => {
    const state = progress.get(key)?.state;
    badge.textContent = { passed: " · passed", seen: " · solution seen" }[state] ?? "";
    exercise.dataset.progress = state ?? "";
  };
  solution?.addEventListener("toggle", () => {
    if (solution.open && !progress.get(key)) progress.set(key, { state: "seen" });
  });
  exercise.addEventListener("sd35:done", ({ detail: { report } }) => {
    if (report?.exercise !== id || !report.passed) return;
    progress.set(key, { state: "passed" });
    if (solution) solution.open = true;
  });
  progress.onchange(mark);
  mark();
}
