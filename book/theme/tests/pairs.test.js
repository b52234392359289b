// What the page and a program each have for themselves, and must have alike: tables that both are tested with.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { colored } from "../pure/ansi.js";
import { merge } from "../pure/record.js";

const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");

test("colors: the cases that recorded outputs are tested with", () => {
  for (const { text, pieces } of JSON.parse(read("ansi.json"))) {
    assert.deepEqual(colored(text).map((piece) => [piece.text, piece.classes]), pieces, JSON.stringify(text));
  }
});

test("records: the cases that `sd35` is tested with", () => {
  for (const { name, mine, theirs, merged, changed } of JSON.parse(read("record.json"))) {
    const before = JSON.stringify([mine, theirs]);
    assert.deepEqual(merge(mine, theirs), { record: merged, changed }, name);
    assert.equal(JSON.stringify([mine, theirs]), before, `${name}: what was given has changed`);
  }
});

test("figures have the colors of the library's plots, in light and in dark", () => {
  const source = read("../../../lessons-crate/algorithms/src/plot/theme.rs");
  const plots = [...source.matchAll(/Pair\("(\w+)", 0x(\w+), 0x(\w+)\)/g)].map(([, name, ...colors]) =>
    [name.replace(/^s(?=\d)/, ""), ...colors.map((color) => `#${color.replaceAll("_", "").toLowerCase()}`)]);
  const figures = [...read("../figure.css").matchAll(/--ex-(\w+): light-dark\((#\w{6}), (#\w{6})\);/g)];
  assert.equal(plots.length, 11);
  assert.deepEqual(figures.map(([, ...pair]) => pair), plots);
});
