// A question with its answers.

import { element } from "./dom.js";
import { mayMove, shuffled } from "./pure/order.js";

// For the order of answers; one that stays while the page does.
export const newSeed = () => Math.floor(Math.random() * 0x7fffffff);

// Makes a question work: choosing shows why it is right or wrong; `onanswer(right, first, choice)` hears of it.
// Returns a function that chooses an answer, without words if asked.
export function question(item, { seed, onanswer }) {
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
