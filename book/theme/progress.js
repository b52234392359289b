// What the reader has done: one record, kept in this browser, and in step with the file of this machine when
// `sd35 serve` is there. It goes nowhere else. What is in it: see pure/record.js.

import { place } from "./place.js";
import { believed, merge } from "./pure/record.js";
import { api } from "./server.js";

const KEY = "sd35:progress";
const LATER_MS = 400; // changes are sent together
const listeners = [];
let changed = new Set();
let timer = null;
let state = { deleted: 0, records: {} };

function load() {
  try {
    const { deleted, records } = believed(JSON.parse(localStorage.getItem(KEY)) ?? {}, Date.now());
    return merge({ deleted, records: {} }, { deleted, records }).record;
  } catch {
    return { deleted: 0, records: {} };
  }
}

function save() {
  try {
    localStorage.setItem(KEY, JSON.stringify(state));
  } catch { /* full: what was done today is lost with the page, and no more than that */ }
}

const tell = () => listeners.forEach((listener) => listener());

// Takes what is new elsewhere.
function take(other) {
  const merged = merge(state, believed(other, Date.now()));
  if (merged.changed.length === 0 && merged.record.deleted === state.deleted) return;
  state = merged.record;
  save();
  tell();
}

// Sends what changed, takes what is new.
async function exchange(ids) {
  await place.ready;
  if (place.kind !== "here" || !place.possible) return;
  const records = {};
  for (const id of ids) if (state.records[id]) records[id] = state.records[id];
  try {
    take(await api("/progress", "POST", { deleted: state.deleted, records }));
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

export const progress = {
  get: (id) => state.records[id],
  set(id, entry) {
    state.records[id] = { ...entry, at: Date.now() };
    save();
    changed.add(id);
    send();
    tell();
  },
  // How many of these exercises are passed.
  passed: (exercises) => exercises.filter((id) => state.records[`exercise:${id}`]?.state === "passed").length,
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
    take({ deleted: 0, records: other.records });
    return exchange(Object.keys(state.records));
  },
  // Here, and in the file of this machine.
  async remove() {
    state = { deleted: Date.now(), records: {} };
    save();
    tell();
    await exchange([]);
  },
};

// Reads the record, and keeps it in step with other tabs and other programs of this machine.
export function keepRecord() {
  state = load();
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    state = load();
    tell();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) exchange([]);
  });
  exchange(Object.keys(state.records));
}
