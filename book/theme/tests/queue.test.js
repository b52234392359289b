import assert from "node:assert/strict";
import test from "node:test";

import { Queue } from "../pure/queue.js";

// A step that takes a while, and writes down when it begins and ends.
const step = (log, name, well = true) => async () => {
  log.push(`${name} begins`);
  await new Promise((resolve) => setTimeout(resolve, 1));
  log.push(`${name} ends`);
  return well;
};

test("one step begins when the one before it has ended", async () => {
  const [queue, log] = [new Queue(), []];
  const ended = [queue.add([step(log, "a"), step(log, "b")]), queue.add([step(log, "c")])];
  assert.deepEqual(await Promise.all(ended), [2, 1]);
  assert.deepEqual(log, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

test("a step that does not go well is the last of its steps, but not of others", async () => {
  const [queue, log] = [new Queue(), []];
  const ended = [queue.add([step(log, "a", false), step(log, "b")]), queue.add([step(log, "c")])];
  assert.deepEqual(await Promise.all(ended), [0, 1]);
  assert.deepEqual(log, ["a begins", "a ends", "c begins", "c ends"]);
});

test("what waits is forgotten; what comes later is not", async () => {
  const [queue, log] = [new Queue(), []];
  const first = queue.add([step(log, "a"), step(log, "b")]);
  const second = queue.add([step(log, "c")]);
  await Promise.resolve();
  queue.forget();
  const third = queue.add([step(log, "d")]);
  assert.deepEqual(await Promise.all([first, second, third]), [null, null, 1]);
  assert.deepEqual(log, ["a begins", "a ends", "d begins", "d ends"]);
});

test("a step that throws does not stop what comes after it", async () => {
  const queue = new Queue();
  const thrown = queue.add([async () => {
    throw new Error("a mistake");
  }]);
  const after = queue.add([async () => true]);
  await assert.rejects(thrown, { message: "a mistake" });
  assert.equal(await after, 1);
});
