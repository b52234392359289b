import assert from "node:assert/strict";
import test from "node:test";

import { mayMove, shuffled } from "../pure/order.js";

test("a shuffle has the same items, and the same order for the same seed", () => {
  const items = ["a", "b", "c", "d"];
  for (let seed = 0; seed < 100; seed++) {
    assert.deepEqual([...shuffled(items, seed)].sort(), items);
    assert.deepEqual(shuffled(items, seed), shuffled(items, seed));
  }
  assert.deepEqual(items, ["a", "b", "c", "d"]);
});

test("every place is as likely for an item as any other", () => {
  const counts = [0, 0, 0, 0];
  const rounds = 40_000;
  // Seeds as a page has them: anywhere below 2^31.
  for (let n = 1; n <= rounds; n++) {
    counts[shuffled(["a", "b", "c", "d"], Math.imul(n, 0x9e3779b1) & 0x7fffffff).indexOf("a")] += 1;
  }
  for (const count of counts) assert.ok(Math.abs(count / rounds - 0.25) < 0.02, `${counts}`);
});

test("answers that depend on their order keep it", () => {
  const cases = [
    [["It doubles", "It halves", "It stays"], true],
    [["Yes, always", "It depends", "No"], false],
    [["It doubles", "Both", "It halves"], false],
    [["It doubles", "None of these"], false],
    [["All of them", "One"], false],
    [["10", "100", "1,000"], false],
    [["about 10 ms", "20 ms"], true],
    [["1,000", "10", "100"], true],
    [["~5%", "10%", "20%"], false],
    [["p99", "p50"], true],
  ];
  for (const [texts, moves] of cases) assert.equal(mayMove(texts), moves, texts.join(" | "));
});
