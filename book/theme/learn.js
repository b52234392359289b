// Quizzes, exercises and predictions. What the reader answers goes into the record; see progress.js.
"use strict";

(() => {
  const { element, progress } = window.sd35;

  // A small generator with a seed, so that an order stays while the page does (Marsaglia 2003, xorshift).
  function shuffled(items, seed) {
    let state = seed || 1;
    const below = (n) => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % n;
    };
    const order = [...items];
    for (let last = order.length - 1; last > 0; last--) {
      const other = below(last + 1);
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  }

  // Answers that speak of each other, or stand in the order of their numbers, stay in their order.
  const REFERS = /\b(above|below|both|neither|none of|all of|former|latter|first two)\b/i;
  const number = (text) => (/^[^\p{L}]*\d/u.test(text) ? parseFloat(text.replace(/[^\d.]/g, "")) : NaN);
  function mayMove(texts) {
    if (texts.some((text) => REFERS.test(text))) return false;
    const numbers = texts.map(number);
    const ordered = numbers.every((n, i) => !Number.isNaN(n) && (i === 0 || n >= numbers[i - 1]));
    return !ordered && !/^(yes|no)\b/i.test(texts[0]);
  }

  // Makes a question work: choosing shows why it is right or wrong; `onanswer(right, first)` hears of it.
  function question(item, { seed, onanswer }) {
    const options = [...item.querySelectorAll(".option")];
    if (mayMove(options.map((option) => option.querySelector("label").textContent.trim()))) {
      for (const option of shuffled(options, seed)) item.append(option);
    }
    const verdict = element("p", "verdict");
    verdict.setAttribute("aria-live", "polite");
    item.append(verdict);
    const choose = (input, speak = true) => {
      const chosen = input.closest(".option");
      for (const option of options) option.classList.toggle("chosen", option === chosen);
      const right = chosen.dataset.correct === "true";
      const first = !item.dataset.answered;
      item.dataset.answered = right ? "right" : "wrong";
      if (speak) verdict.textContent = `${right ? "Right" : "No"}. ${chosen.querySelector(".why").textContent}`;
      return { right, first };
    };
    item.addEventListener("change", (event) => {
      const { right, first } = choose(event.target);
      onanswer(right, first, event.target.value);
    });
    return choose;
  }

  const seed = Math.floor(Math.random() * 0x7fffffff);
  for (const item of document.querySelectorAll(".quiz fieldset")) {
    const key = `quiz:${item.dataset.item}`;
    const choose = question(item, {
      seed,
      // What was wrong first comes back in the review, also after a second try.
      onanswer: (right, first, choice) =>
        progress.set(key, { ...progress.get(key), choice, right: first ? right : progress.get(key)?.right ?? right }),
    });
    const before = item.querySelector(`input[value="${progress.get(key)?.choice}"]`);
    if (before) {
      before.checked = true;
      choose(before, false);
    }
  }

  // A prediction is written down before the cell below it runs.
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

  // An exercise: hints one after another; the solution opens after passing, or when asked for.
  for (const exercise of document.querySelectorAll(".exercise")) {
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
    exercise.addEventListener("sd35:done", (event) => {
      if (event.detail.id !== `${id}-check` || event.detail.failed) return;
      const report = exercise.querySelector(".cell.check [data-passed]");
      // The report of the library says so itself; see lessons::check.
      if (report?.dataset.passed === "true") {
        progress.set(key, { state: "passed" });
        if (solution) solution.open = true;
      }
    });
    progress.onchange(mark);
    mark();
  }

  Object.assign(window.sd35, { question, shuffled });
})();
