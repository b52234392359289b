// Edits of cells, kept in this browser: the code, and the fingerprint of the code that it changed.

import { former } from "./pure/renamed.js";

const key = (cell) => `sd35:${location.pathname.replace(/.*\//, "")}:${cell}`;

// The edit of a cell of this page, `{ code, of }`, or null.
export function edit(cell) {
  try {
    const kept = JSON.parse(localStorage.getItem(key(cell)) ?? localStorage.getItem(key(former(cell))));
    return typeof kept?.code === "string" ? kept : null;
  } catch {
    return null;
  }
}

export function drop(cell) {
  for (const id of [cell, former(cell)]) localStorage.removeItem(key(id));
}

// False when the browser's storage is full.
export function keep(cell, code, of) {
  try {
    localStorage.setItem(key(cell), JSON.stringify({ code, of }));
    return true;
  } catch {
    return false;
  }
}

// Drops the edits of all cells of all lessons; returns how many there were.
export function dropAll() {
  const keys = Object.keys(localStorage).filter((name) => /^sd35:[^:]*:[^:]+$/.test(name));
  for (const name of keys) localStorage.removeItem(name);
  return keys.length;
}
