// For instructors: the notes beside the lesson, the lesson as slides, and a second window that follows.
// The address says which: ?view=teach, ?view=present (slides, this window leads), ?view=audience (slides that follow).
"use strict";

(() => {
  const { cells, element, Slides } = window.sd35;
  const notes = document.querySelector("main > .instructor-notes");
  const toolbar = document.querySelector(".sd35-toolbar");
  if (!notes || !toolbar) return;
  const { button } = cells;
  const root = document.documentElement;
  const page = location.pathname.replace(/.*\//, "");
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(`sd35-teach:${page}`) : null;
  const where = element("span", "slide-number");
  where.setAttribute("aria-live", "polite");
  let view = null;
  let slides = null;

  const lead = () => view === "teach" || view === "present";

  function go(at, tell = true) {
    slides.show(at);
    where.textContent = `Slide ${slides.at + 1} of ${slides.count}`;
    for (const node of document.querySelectorAll("main .on-slide")) node.classList.remove("on-slide");
    if (view === "teach") {
      slides.slides[slides.at].forEach((part) => part.classList.add("on-slide"));
      slides.slides[slides.at][0].scrollIntoView({ block: "start" });
    }
    if (tell && lead()) channel?.postMessage({ part: slides.part });
  }

  channel?.addEventListener("message", ({ data }) => {
    if (data.ask && lead()) channel.postMessage({ part: slides.part });
    // A slide is named by its first part: windows of other sizes may cut elsewhere.
    if (data.part !== undefined && view === "audience") go(slides.holding(data.part), false);
    if (data.cell && view === "audience") mirror(data);
  });

  // What a cell of the leading window put out is shown in the following one. It comes from a page of this book,
  // which made it harmless already.
  function mirror({ cell, html, code }) {
    const node = document.getElementById(cell);
    const outputs = node?.querySelector(":scope > .outputs");
    if (!outputs) return;
    outputs.innerHTML = html;
    outputs.classList.remove("recorded");
    const shown = node.querySelector("pre code");
    if (shown && code !== undefined) shown.innerHTML = code;
    slides.fit();
  }
  document.addEventListener("sd35:done", ({ target }) => {
    if (!view) return;
    slides.fit();
    const outputs = target.querySelector(":scope > .outputs");
    const code = target.querySelector("pre code")?.innerHTML;
    if (lead()) channel?.postMessage({ cell: target.id, html: outputs.innerHTML, code });
  });

  function enter(next) {
    leave();
    view = next;
    root.classList.add(view);
    root.dataset.view = view;
    const address = new URL(location.href);
    address.searchParams.set("view", view);
    history.replaceState(null, "", address);
    if (view === "teach") panel.querySelector(".notes").append(notes);
    notes.open = true;
    slides ??= new Slides();
    if (view !== "teach") slides.start();
    go(slides.at, false);
    if (view === "audience") channel?.postMessage({ ask: true });
  }

  function leave() {
    if (!view) return;
    root.classList.remove(view);
    delete root.dataset.view;
    slides.stop();
    if (view === "teach") document.querySelector("main").append(notes);
    for (const node of document.querySelectorAll("main .on-slide")) node.classList.remove("on-slide");
    view = null;
    const address = new URL(location.href);
    address.searchParams.delete("view");
    history.replaceState(null, "", address);
  }

  // The clock says which part of the plan should be on.
  const clock = element("span", "clock", "0:00");
  let begun = null;
  function tick() {
    const minutes = Math.floor((Date.now() - begun) / 60_000);
    clock.textContent = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
    const rows = [...notes.querySelectorAll(".plan tbody tr")];
    const from = (row) => {
      const [hours, rest] = row.cells[0].textContent.split(":").map(Number);
      return 60 * hours + rest;
    };
    rows.forEach((row, i) => {
      const now = from(row) <= minutes && (i + 1 === rows.length || minutes < from(rows[i + 1]));
      row.classList.toggle("now", now);
      if (now) row.setAttribute("aria-current", "time");
      else row.removeAttribute("aria-current");
    });
  }

  const audience = () => {
    const address = new URL(location.href);
    address.searchParams.set("view", "audience");
    window.open(address, "sd35-audience", "popup,width=1280,height=720");
  };

  const panel = element("aside", "teach-panel",
    element("div", "teach-bar",
      button("Previous", "The slide before; Page Up", () => go(slides.at - 1)),
      button("Next", "The next slide; Page Down", () => go(slides.at + 1)),
      where,
      button("Audience's window", "A second window that follows this one", audience),
      button("Slides here", "Slides in this window; Escape comes back", () => enter("present")),
      button("Start the clock", "Follow the plan", () => {
        begun = Date.now();
        tick();
        setInterval(tick, 5_000);
      }),
      clock,
      button("Close", "Back to the lesson", leave)),
    element("div", "notes"));
  panel.setAttribute("aria-label", "Instructor notes");
  document.querySelector("main").after(panel);
  const start = button("Teach", "Notes beside the lesson, slides, a second window", () => (view ? leave() : enter("teach")));
  start.classList.add("teach");
  toolbar.querySelector(".where").before(start);

  const KEYS = { PageDown: 1, ArrowRight: 1, " ": 1, PageUp: -1, ArrowLeft: -1 };
  document.addEventListener("keydown", (event) => {
    if (!view || event.target.closest("textarea, input, select, summary, button, dialog")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && view !== "teach") enter("teach");
    else if (view === "teach" && !event.key.startsWith("Page")) return;
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(slides.count - 1);
    else if (KEYS[event.key]) go(slides.at + KEYS[event.key]);
    else return;
    event.preventDefault();
    // The book would turn to another chapter.
    event.stopPropagation();
  }, true);

  const wanted = new URL(location.href).searchParams.get("view");
  if (["teach", "present", "audience"].includes(wanted)) {
    // Fonts and plots decide where slides are cut.
    Promise.all([document.fonts.ready, new Promise((resolve) => {
      if (document.readyState === "complete") resolve();
      else window.addEventListener("load", resolve);
    })]).then(() => enter(wanted));
  }
})();
