// What the reader has done: one record, kept in this browser, and in step with the file of this machine when
// `sd35 serve` is there. It goes nowhere else.
//
// The record maps names to entries: `exercise:ID`, `quiz:ID`, `card:ID`, `predict:ID`. Each entry has the time
// `at` of its last change, in milliseconds; of two entries the later one counts, but passed stays passed.
// `deleted` is the time of the last deletion: what is older is gone.
"use strict";

(() => {
  const { place, api } = window.sd35;
  const KEY = "sd35:progress";
  const LATER_MS = 400; // changes are sent together
  const listeners = [];
  let changed = new Set();
  let timer = null;

  function load() {
    try {
      const { deleted = 0, records = {} } = JSON.parse(localStorage.getItem(KEY)) ?? {};
      return { deleted, records };
    } catch {
      return { deleted: 0, records: {} };
    }
  }

  let state = load();

  function save() {
    try {
      localStorage.setItem(KEY, JSON.stringify(state));
    } catch { /* full: what was done today is lost with the page, and no more than that */ }
  }

  // The same rule is in kernel-ext/src/progress.rs.
  const wins = (mine, theirs) => !mine || (theirs.state === "passed" && mine.state !== "passed") ||
    (theirs.at > mine.at && !(mine.state === "passed" && theirs.state !== "passed"));

  function merge(other) {
    let news = false;
    if (other.deleted > state.deleted) {
      state.deleted = other.deleted;
      news = true;
    }
    for (const [id, theirs] of Object.entries(other.records)) {
      if (wins(state.records[id], theirs)) {
        state.records[id] = theirs;
        news = true;
      }
    }
    for (const [id, { at }] of Object.entries(state.records)) {
      if (at <= state.deleted) delete state.records[id];
    }
    return news;
  }

  const here = () => place.kind === "here" && place.possible;
  const tell = () => listeners.forEach((listener) => listener());

  // Sends what changed, takes what is new.
  async function exchange(ids) {
    if (!here()) return;
    const records = {};
    for (const id of ids) if (state.records[id]) records[id] = state.records[id];
    try {
      if (merge(await api("/progress", "POST", { deleted: state.deleted, records }))) {
        save();
        tell();
      }
    } catch {
      for (const id of ids) changed.add(id); // with the next exchange
    }
  }

  function send() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const ids = changed;
      changed = new Set();
      exchange(ids);
    }, LATER_MS);
  }

  const progress = {
    get: (id) => state.records[id],
    all: () => state.records,
    set(id, entry) {
      state.records[id] = { ...entry, at: Date.now() };
      save();
      changed.add(id);
      send();
      tell();
    },
    onchange: (listener) => listeners.push(listener),
    // Everything, to keep or to look at.
    text: () => JSON.stringify(state, null, 2),
    // Takes over a record that was kept; what is there and later stays.
    take(text) {
      const other = JSON.parse(text);
      if (typeof other.records !== "object") throw new TypeError("not a record");
      // What was deleted here comes back, for it was asked for.
      const now = Date.now();
      for (const entry of Object.values(other.records)) if (entry.at <= state.deleted) entry.at = now;
      merge({ deleted: 0, records: other.records });
      save();
      tell();
      return exchange(Object.keys(state.records));
    },
    // Here, and in the file of this machine.
    async remove() {
      state = { deleted: Date.now(), records: {} };
      save();
      tell();
      await exchange([]);
    },
    exchange: () => exchange(Object.keys(state.records)),
  };
  window.sd35.progress = progress;

  // Other tabs, and other programs of this machine.
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    state = load();
    tell();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) exchange([]);
  });
  progress.exchange();
})();
