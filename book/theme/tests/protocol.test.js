import assert from "node:assert/strict";
import test from "node:test";

import { Requests, executeRequest } from "../pure/protocol.js";

const message = (type, content, parent = "one") =>
  ({ header: { msg_type: type }, parent_header: { msg_id: parent }, content });
const status = (state, parent) => message("status", { execution_state: state }, parent);
const reply = (content = {}, parent = undefined) => message("execute_reply", { status: "ok", ...content }, parent);

// A request, and what it heard.
function request(requests, id) {
  const heard = [];
  const ended = requests.add(id, {
    onbusy: () => heard.push("busy"),
    onoutput: (type, content) => heard.push([type, content]),
  });
  return { heard, ended };
}

test("a request is answered when reply and idle have come, in either order", async () => {
  for (const last of [[reply(), status("idle")], [status("idle"), reply()]]) {
    const requests = new Requests();
    const { heard, ended } = request(requests, "one");
    const output = message("stream", { name: "stdout", text: "a" });
    const states = [status("busy"), output, ...last].map((each) => requests.hear(each));
    assert.deepEqual(states, [null, null, null, "idle"]);
    assert.deepEqual(heard, ["busy", ["stream", { name: "stdout", text: "a" }]]);
    assert.equal((await ended).status, "ok");
    assert.equal(requests.size, 0);
  }
});

test("while another request waits, the kernel is busy", () => {
  const requests = new Requests();
  request(requests, "one");
  request(requests, "two");
  requests.hear(reply());
  assert.equal(requests.hear(status("idle")), "busy");
  requests.hear(reply({}, "two"));
  assert.equal(requests.hear(status("idle", "two")), "idle");
});

test("messages for others are passed over, also those without a parent", () => {
  const requests = new Requests();
  const { heard } = request(requests, "one");
  const others = [
    status("idle", "other"), message("stream", {}, "other"), { ...status("idle"), parent_header: {} },
    { ...status("starting"), parent_header: null },
  ];
  assert.deepEqual(others.map((each) => requests.hear(each)), [null, null, null, null]);
  assert.deepEqual([heard, requests.size], [[], 1]);
});

test("the end of a kernel is a state, whoever caused it, and whoever waits can be told", async () => {
  const requests = new Requests();
  const { ended } = request(requests, "one");
  assert.equal(requests.hear({ ...status("dead"), parent_header: {} }), "dead");
  assert.equal(requests.hear(status("restarting", "other")), "restarting");
  requests.fail(new Error("gone"));
  await assert.rejects(ended, { message: "gone" });
  assert.equal(requests.size, 0);
});

test("help that comes with a reply is an output", () => {
  const requests = new Requests();
  const { heard } = request(requests, "one");
  const page = { source: "page", data: { "text/plain": "help" } };
  requests.hear(reply({ payload: [page, { source: "set_next_input", text: "x" }] }));
  assert.deepEqual(heard, [["display_data", { data: page.data, metadata: {} }]]);
});

test("a request names its cell, its session and its time", () => {
  const sent = executeRequest({ id: "i", session: "s", code: "1 + 1", cell: "d01-a", date: new Date(0) });
  assert.equal(sent.channel, "shell");
  assert.deepEqual(sent.header, {
    msg_id: "i", session: "s", username: "reader", date: "1970-01-01T00:00:00.000Z", msg_type: "execute_request",
    version: "5.4",
  });
  assert.deepEqual([sent.content.code, sent.content.silent, sent.metadata], ["1 + 1", false, { cellId: "d01-a" }]);
});
