// The toolbar of a page with cells: run all, stop, restart, where cells run, and coming back to a server.
"use strict";

(() => {
  const { cells, place, element, sentence } = window.sd35;
  if (cells.all.length === 0) return;
  const { kernel, button } = cells;
  const AWAY_MS = 30_000; // a longer absence may have been a sleep
  const RETRY_MS = 5_000; // while the server is gone
  const status = element("span", "where");
  const tell = (text) => status.replaceChildren(...sentence(text));
  let state = "recorded";

  function where(next) {
    state = next;
    const on = place.kind === "elsewhere" ? `on ${place.name}` : "on this machine";
    const texts = {
      recorded: place.kind === "recorded" ? "Recorded outputs, as you chose." :
        "Recorded outputs. To run the cells yourself: `cargo run --release`, then open the address it prints.",
      idle: `Runs ${on}`,
      disconnected: `Runs ${on}`,
      starting: `Starting a kernel ${on}`,
      waking: `Starting your server ${on}`,
      busy: `Running ${on}`,
      restarting: "The kernel starts again",
      dead: "The kernel ended; the next run starts a new one",
      gone: "No server: recorded outputs and your edits are kept. This page looks for it again.",
      back: "The server is back, with no variables: run the cells again, from the top or with `Run above`",
    };
    // Back is a kind of idle, with more to say.
    document.documentElement.dataset.sd35 = state === "back" ? "idle" : state;
    tell(texts[state] ?? state);
    reconnect.hidden = state !== "gone";
  }

  cells.onproblem = (problem) => {
    if (problem.gone) where("gone");
    else if (state === "busy" || state === "starting") where("idle");
  };
  kernel.onstate = where;

  async function attempt(action) {
    try {
      await action();
    } catch (problem) {
      if (problem.gone) where("gone");
      tell(problem.message);
    }
  }

  // Looks whether there is a server, and whether this page's kernel is still there.
  const look = () => attempt(async () => {
    const before = state;
    if (!(await kernel.available())) return where("recorded");
    const kept = await kernel.refresh();
    if (!kept) where("back");
    else if (kernel.waiting.size) where("busy");
    else if (before !== "back") where("idle");
  });

  let hiddenAt = null;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenAt = Date.now();
    else if (state === "gone" || Date.now() - (hiddenAt ?? Date.now()) > AWAY_MS) look();
  });
  window.addEventListener("online", look);
  window.addEventListener("pageshow", (event) => event.persisted && look());
  place.onchange(() => {
    kernel.leave();
    look();
  });
  setInterval(() => {
    if (state === "gone" && !document.hidden) look();
  }, RETRY_MS);

  const reconnect = button("Reconnect", "Look for the server again", look);
  const toolbar = element("div", "sd35-toolbar",
    button("Run all", "Run every cell of this page, in order", () => cells.runAll()),
    button("Interrupt", "Stop the running cell; variables are kept", () => attempt(() => {
      cells.forget();
      return kernel.interrupt();
    })),
    button("Restart", "Start again with no variables", () => attempt(() => {
      cells.forget();
      return kernel.restart();
    })),
    reconnect,
    button("Where?", "Choose where cells run", () => choose()),
    status);
  // Without a server these three would do nothing.
  for (const node of [...toolbar.children].slice(0, 3)) node.classList.add("needs-server");
  toolbar.setAttribute("role", "toolbar");
  toolbar.setAttribute("aria-label", "Kernel");

  // The choice: here, elsewhere, or nowhere.
  function choose() {
    const option = (kind, label) => {
      const input = element("input");
      Object.assign(input, { type: "radio", name: "place", value: kind, checked: place.kind === kind });
      return element("p", "", element("label", "", input, ` ${label}`));
    };
    const field = (label, type, value) => {
      const input = element("input");
      Object.assign(input, { type, value, autocomplete: "off", spellcheck: false });
      return [input, element("p", "field", element("label", "", label, input))];
    };
    const elsewhere = place.kind === "elsewhere";
    const [url, urlField] = field("Address, for example https://hub.example.org/user/ada/", "url", elsewhere ? place.base : "");
    const [token, tokenField] = field("Token", "password", elsewhere ? place.token : "");
    const problem = element("p", "problem");
    problem.setAttribute("role", "alert");
    const dialog = element("dialog", "sd35-dialog",
      element("h2", "", "Where cells run"),
      option("here", "On this machine, with the server that `cargo run --release` starts".replaceAll("`", "")),
      option("elsewhere", "On a Jupyter Server, or your server of a JupyterHub"),
      urlField, tokenField,
      element("p", "small", "The token is kept in this browser. Whoever runs that server can see what you run there."),
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
        kernel.leave();
        where("recorded");
        look();
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
  cells.choose = choose;

  document.querySelector("main").prepend(toolbar);
  where("recorded");
  look();
})();
