// The record of what the reader has done: which of two entries counts.
//
// The record maps names to entries: `exercise:ID`, `quiz:ID`, `card:ID`, `predict:ID`. Each entry has the time
// `at` of its last change, in milliseconds; of two entries the later one counts, but passed stays passed.
// `deleted` is the time of the last deletion: what is older is gone. The same rule is in
// kernel-ext/src/progress.rs; tests/record.json has cases for both.

import { present } from "./renamed.js";

// How far ahead of ours another program's clock may be: a day.
const AHEAD_MAX_MS = 24 * 3600 * 1000;

// A record without times that a wrong clock gave: a deletion still to come has not happened, and an entry of the
// future counts as the oldest, so that neither outlives what is done later.
export function believed({ deleted = 0, records = {} }, now) {
  const toCome = (at) => at > now + AHEAD_MAX_MS;
  const entries = Object.entries(records).map(([name, entry]) => [name, toCome(entry.at) ? { ...entry, at: 1 } : entry]);
  return { deleted: toCome(deleted) ? 0 : deleted, records: Object.fromEntries(entries) };
}

const passed = (entry) => entry.state === "passed";

function wins(theirs, mine) {
  if (!mine) return true;
  return passed(theirs) === passed(mine) ? theirs.at > mine.at : passed(theirs);
}

// What two records say together, and the names of mine that changed. Theirs may be one of long ago.
export function merge(mine, theirs) {
  const deleted = Math.max(mine.deleted, theirs.deleted);
  const kept = ([, { at }]) => at > deleted;
  const records = Object.fromEntries(Object.entries(mine.records).filter(kept));
  const changed = new Set();
  for (const [old, entry] of Object.entries(theirs.records)) {
    const name = present(old);
    if (entry.at <= deleted || !wins(entry, records[name])) continue;
    records[name] = entry;
    changed.add(name);
  }
  return { record: { deleted, records }, changed: [...changed] };
}
