// Quizzes, exercises and predictions: what the reader answers stays on this machine.
"use strict";

(() => {
  const { element } = window.sd35;
  const store = {
    get: (key) => localStorage.getItem(`sd35:progress:${key}`),
    set: (key, value) => {
      try {
        localStorage.setItem(`sd35:progress:${key}`, value);
      } catch { /* progress is a convenience */ }
    },
  };

  // A quiz: choosing an answer shows why it is right or wrong; another try is always possible.
  for (const quiz of document.querySelectorAll(".quiz")) {
    for (const item of quiz.querySelectorAll("fieldset")) {
      const key = `${quiz.id}:${item.dataset.item}`;
      const choose = (input) => {
        const chosen = input.closest(".option");
        for (const option of item.querySelectorAll(".option")) option.classList.toggle("chosen", option === chosen);
        const right = chosen.dataset.correct === "true";
        item.dataset.answered = right ? "right" : "wrong";
        item.querySelector(".verdict").textContent = right ? "Right." : "Not quite.";
        store.set(key, input.value);
      };
      item.append(element("p", "verdict"));
      item.querySelector(".verdict").setAttribute("aria-live", "polite");
      item.addEventListener("change", (event) => choose(event.target));
      const before = item.querySelector(`input[value="${store.get(key)}"]`);
      if (before) {
        before.checked = true;
        choose(before);
      }
    }
  }

  // A prediction is written down before the cell below it runs.
  document.querySelectorAll(".predict").forEach((box, index) => {
    const key = `predict:${location.pathname.replace(/.*\//, "")}:${index}`;
    const field = element("textarea", "prediction");
    field.rows = 2;
    field.placeholder = "My prediction";
    field.setAttribute("aria-label", "My prediction");
    field.value = store.get(key) ?? "";
    field.addEventListener("input", () => store.set(key, field.value));
    field.addEventListener("keydown", (event) => event.stopPropagation());
    box.append(field);
  });

  // An exercise: hints one after another; the solution opens after passing, or when asked for.
  for (const exercise of document.querySelectorAll(".exercise")) {
    const { exercise: id } = exercise.dataset;
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
      const state = store.get(`exercise:${id}`);
      badge.textContent = { passed: " · passed", seen: " · solution seen" }[state] ?? "";
      exercise.dataset.progress = state ?? "";
    };
    solution?.addEventListener("toggle", () => {
      if (solution.open && !store.get(`exercise:${id}`)) {
        store.set(`exercise:${id}`, "seen");
        mark();
      }
    });
    exercise.addEventListener("sd35:done", (event) => {
      if (event.detail.id !== `${id}-check` || event.detail.failed) return;
      // The report of the library says so itself; see lessons::check.
      if (exercise.querySelector(".cell.check [data-passed]")?.dataset.passed === "true") {
        store.set(`exercise:${id}`, "passed");
        mark();
        if (solution) solution.open = true;
      }
    });
    mark();
  }
})();
