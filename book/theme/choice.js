// The choice of where cells run: here, elsewhere, or nowhere.

import { button, element } from "./dom.js";
import { place } from "./place.js";

function option(kind, label) {
  const input = element("input");
  Object.assign(input, { type: "radio", name: "place", value: kind, checked: place.kind === kind });
  return element("p", "", element("label", "", input, ` ${label}`));
}

function field(label, type, value) {
  const input = element("input");
  Object.assign(input, { type, value, autocomplete: "off", spellcheck: false });
  return [input, element("p", "field", element("label", "", label, input))];
}

// Asks; `onchoice` is called after another choice was made.
export function choosePlace(onchoice) {
  const elsewhere = place.kind === "elsewhere";
  const [url, urlField] = field("Address, for example https://hub.example.org/user/ada/", "url",
    elsewhere ? place.base : "");
  const [token, tokenField] = field("Token", "password", elsewhere ? place.token : "");
  const problem = element("p", "problem");
  problem.setAttribute("role", "alert");
  const dialog = element("dialog", "sd35-dialog",
    element("h2", "", "Where cells run"),
    option("here", "On this machine, with the server that cargo run --release starts"),
    option("elsewhere", "On a Jupyter Server, or your server of a JupyterHub"),
    urlField, tokenField,
    element("p", "small", "The token is kept until the tabs of the book are closed. Whoever runs that server can see what you run there."),
    option("recorded", "Nowhere: show the recorded outputs"),
    problem,
    button("Use it", "Run cells there from now on", () => {
      const kind = dialog.querySelector("input[name=place]:checked")?.value ?? "here";
      try {
        place.choose(kind, url.value.trim(), token.value.trim());
      } catch (error) {
        problem.textContent = error.message;
        return url.focus();
      }
      dialog.close();
      onchoice();
    }),
    button("Cancel", "Change nothing", () => dialog.close()));
  dialog.setAttribute("aria-label", "Where cells run");
  const typed = () => {
    dialog.querySelector("input[value=elsewhere]").checked = true;
  };
  url.addEventListener("input", typed);
  token.addEventListener("input", typed);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  document.body.append(dialog);
  dialog.showModal();
}
