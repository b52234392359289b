// The cards of a lesson, which can be taken into the review.

import { button, element, link } from "./dom.js";
import { progress } from "./progress.js";

// Takes these into the review, from now on.
export function learn(ids) {
  for (const id of ids) progress.set(id, { due: Date.now() });
}

export function startCards() {
  for (const cards of document.querySelectorAll("main .cards")) {
    const ids = [...cards.querySelectorAll("[data-card]")].map((card) => `card:${card.dataset.card}`);
    const fresh = () => ids.filter((id) => !progress.get(id));
    const note = element("span", "small");
    note.setAttribute("aria-live", "polite");
    const take = button("Learn these cards", "They come back in the review, until you know them", () => {
      learn(fresh());
      show();
    });
    const show = () => {
      take.hidden = fresh().length === 0;
      note.replaceChildren();
      if (take.hidden) note.append("These cards are in your ", link("review.html", "review"), ".");
    };
    cards.append(element("p", "card-bar", take, note));
    progress.onchange(show);
    show();
  }
}
