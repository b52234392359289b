import assert from "node:assert/strict";
import test from "node:test";

import { server, startedAt } from "../pure/address.js";

test("any address of a server leads to it", () => {
  const cases = [
    ["https://hub.example.org/user/ada/lab/tree/notes.ipynb", "https://hub.example.org/user/ada/"],
    ["https://hub.example.org/hub/user/ada", "https://hub.example.org/user/ada/"],
    ["https://example.org/hubs/user/ada/second/lab?token=x", "https://example.org/hubs/user/ada/second/"],
    ["https://hub.example.org/user/lab/lab", "https://hub.example.org/user/lab/"],
    ["https://hub.example.org/hub/home", "https://hub.example.org/"],
    ["http://localhost:8888/tree?token=x", "http://localhost:8888/"],
    ["http://localhost:8888", "http://localhost:8888/"],
    ["https://example.org/jupyter/lab#top", "https://example.org/jupyter/"],
  ];
  for (const [address, url] of cases) assert.equal(server(address, "").url, url, address);
});

test("the token is the one that is given, else the one in the address", () => {
  const token = (address, given) => server(address, given).token;
  assert.equal(token("http://localhost:8888/?token=its", ""), "its");
  assert.equal(token("http://localhost:8888/?token=its", "mine"), "mine");
  assert.equal(token("http://localhost:8888/", undefined), "");
});

test("what is no address of a server is refused with a sentence", () => {
  for (const address of ["", "hub.example.org", "ftp://example.org/", "javascript:1"]) {
    assert.throws(() => server(address, ""), /starts with https:\/\/ or http:\/\//, address);
  }
});

test("a server of a hub is started where the hub says", () => {
  const cases = [
    ["https://hub.example.org/user/ada/", "https://hub.example.org/hub/api/users/ada/server"],
    ["https://example.org/hubs/user/ada/second/", "https://example.org/hubs/hub/api/users/ada/servers/second"],
    ["http://localhost:8888/", undefined],
  ];
  for (const [base, address] of cases) assert.equal(startedAt(base), address, base);
});
