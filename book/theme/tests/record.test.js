import assert from "node:assert/strict";
import { test } from "node:test";

import { believed, merge } from "../pure/record.js";

const NOW = 1_800_000_000_000;
const YEAR_2099 = 4_070_908_800_000;

test("times that a wrong clock gave neither keep nor drop anything for good", () => {
  const records = { a: { at: YEAR_2099, state: "x" }, b: { at: NOW + 1000, state: "x" } };
  const mine = believed({ deleted: YEAR_2099, records }, NOW);
  assert.deepEqual(mine, { deleted: 0, records: { a: { at: 1, state: "x" }, b: { at: NOW + 1000, state: "x" } } });
  // What is done later counts, and what was deleted does not come back.
  const later = { deleted: 0, records: { a: { at: NOW, state: "y" } } };
  assert.equal(merge(mine, later).record.records.a.state, "y");
  assert.deepEqual(merge({ deleted: NOW, records: {} }, believed({ records: { a: records.a } }, NOW)).changed, []);
});
