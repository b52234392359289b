import assert from "node:assert/strict";
import test from "node:test";

import { DAY_MS, graded, isDue, sm2 } from "../pure/schedule.js";
import { Sitting } from "../pure/sitting.js";

// SM-2 as its author wrote it down, step by step, with the E-Factor rounded as the record keeps it.
function written(factor, repetition, interval, quality) {
  if (quality < 3) return [factor, 0, 1];
  const next = Math.max(1.3, factor + (0.1 - (5 - quality) * (0.08 + (5 - quality) * 0.02)));
  const days = { 0: 1, 1: 6 }[repetition] ?? Math.ceil(interval * next);
  return [Math.round(next * 10_000) / 10_000, repetition + 1, days];
}

test("intervals are those of SM-2, on many series of answers", () => {
  for (let n = 0; n < 40; n++) {
    let [state, expected] = [undefined, [2.5, 0, 0]];
    for (let m = 0; m < 8; m++) {
      const quality = (31 * n + 7 * m * m) % 6;
      state = sm2(state, quality);
      expected = written(...expected, quality);
      assert.deepEqual([state.ease, state.repetitions, state.interval], expected, `series ${n}, answer ${m}`);
    }
  }
});

test("the first intervals of an item that is always known", () => {
  const days = [];
  for (let state, n = 0; n < 5; n++) {
    state = sm2(state, 4);
    days.push(state.interval);
  }
  assert.deepEqual(days, [1, 6, 15, 38, 95]);
});

test("an answer says when the item is due, and keeps what else is known of it", () => {
  const entry = graded({ at: 1, right: false }, 4, 1_000);
  assert.deepEqual(entry, { at: 1, right: false, sm2: sm2(undefined, 4), due: 1_000 + DAY_MS });
  assert.deepEqual([isDue(entry, entry.due - 1), isDue(entry, entry.due)], [false, true]);
});

test("a missed question is due without a schedule; one that was right, or never asked, is not", () => {
  assert.equal(isDue({ at: 5, right: false }, 5), true);
  assert.equal(isDue({ at: 5, right: true }, 5), false);
  assert.equal(isDue({ at: 5, state: "passed" }, 5), false);
  assert.equal(isDue(undefined, 5), false);
});

// A record of these entries.
function record(entries) {
  const map = new Map(Object.entries(entries));
  return { get: (id) => map.get(id), set: (id, entry) => map.set(id, entry) };
}

test("a sitting asks what is due, then what was not known, until it is", () => {
  const kept = record({ a: { due: 0 }, b: { at: 0, right: false }, c: { due: Infinity } });
  const sitting = new Sitting([{ id: "a" }, { id: "b" }, { id: "c" }, { id: "d" }], kept);
  const asked = [];
  for (const quality of [1, 4, 3, 5]) {
    const { item, count, repeated } = sitting.next();
    asked.push([item.id, count, repeated]);
    sitting.grade(item, quality, repeated);
  }
  assert.deepEqual(asked, [["a", 2, false], ["b", 2, false], ["a", 1, true], ["a", 1, true]]);
  assert.equal(sitting.next(), null);
});

test("repeating within a sitting does not change the schedule", () => {
  const kept = record({ a: { due: 0 } });
  const sitting = new Sitting([{ id: "a" }], kept);
  sitting.grade(sitting.next().item, 1, false);
  const after = kept.get("a");
  const { item, repeated } = sitting.next();
  sitting.grade(item, 5, repeated);
  assert.equal(repeated, true);
  assert.equal(kept.get("a"), after);
});
