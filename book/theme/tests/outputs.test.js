import assert from "node:assert/strict";
import test from "node:test";

import { fingerprint } from "../pure/fingerprint.js";
import { ATTRIBUTES, TAGS, alignment, cut, cutPart } from "../pure/markup.js";
import { table } from "../pure/numbers.js";

test("nothing that runs, loads or navigates is allowed in a page", () => {
  for (const tag of ["script", "iframe", "img", "svg", "style", "form", "input", "a", "object", "link", "template"]) {
    assert.ok(!TAGS.has(tag), tag);
  }
  for (const name of ["src", "href", "id", "style", "onclick", "srcdoc", "action"]) {
    assert.ok(!ATTRIBUTES.has(name), name);
  }
});

test("of a style only the alignment of text is kept", () => {
  assert.equal(alignment("text-align: right;"), "right");
  assert.equal(alignment("text-align:center"), "center");
  assert.equal(alignment("text-align: justify"), null);
  assert.equal(alignment("color: red; text-align: left"), null);
  assert.equal(alignment("text-align: left; position: fixed"), null);
});

test("a long text is cut where a page stays readable, whole or in parts", () => {
  const most = 200_000;
  assert.equal(cut("short"), "short");
  assert.equal(cut("x".repeat(most)).length, most);
  assert.equal(cut("x".repeat(most + 7)), `${"x".repeat(most)}\n[7 more characters are not shown]`);
  assert.equal(cutPart("part", most - 4), "part");
  assert.equal(cutPart("part", most - 1), "p\n[more text is not shown]\n");
  assert.equal(cutPart("part", most), "");
});

test("the numbers of a plot become a table", () => {
  const plain = [
    "Latency", "It grows with load.", "Milliseconds, at", "ten rates.", "",
    "  load  p99 of µs", "------  ---------", "  0.50         12", "  0.90", "",
  ].join("\n");
  assert.deepEqual(table(plain), {
    caption: "Milliseconds, at ten rates.",
    names: ["load", "p99 of µs"],
    rows: [["0.50", "12"], ["0.90", ""]],
  });
});

test("text without columns is no table", () => {
  for (const text of ["", "just words", "a - b\n- list", "-----  ---\nno names above"]) {
    assert.equal(table(text), null, text);
  }
});

test("fingerprints are those of FNV-1a, 32 bits", () => {
  // From the test values in draft-eastlake-fnv, by G. Fowler, L. Noll and others.
  assert.equal(fingerprint(""), "811c9dc5");
  assert.equal(fingerprint("a"), "e40c292c");
  assert.equal(fingerprint("foobar"), "bf9cf968");
});
