// Keeps the book in the browser, so that it can be read without a network. The builder writes the list of files.
// Pages come from the network while there is one, and from what was kept when there is none; other files carry
// a fingerprint in their names, and what was kept is as good as new.
"use strict";

const CACHE = `sd35-${"VERSION"}`;
const FILES = ["FILES"];
const here = new URL("./", self.location);
const PATIENCE_MS = 4_000; // for a page, when an older one was kept

// A page is kept when it is visited; all others follow when the first one asks for them.
self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("sd35-") && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(keepAll());
});

// One after another: the page that is being read comes first.
async function keepAll() {
  const cache = await caches.open(CACHE);
  for (const file of FILES) {
    const url = new URL(file, here);
    if (await cache.match(url)) continue;
    try {
      const response = await fetch(url);
      if (response.ok) await cache.put(url, response);
    } catch {
      return; // no network now; with the next visit
    }
  }
  for (const client of await self.clients.matchAll()) client.postMessage("kept");
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const ours = event.request.method === "GET" && url.href.startsWith(here.href);
  // Kernels and the record are asked directly, always.
  if (!ours || url.pathname.startsWith(`${here.pathname}api`)) return;
  url.search = "";
  url.hash = "";
  if (url.pathname.endsWith("/")) url.pathname += "index.html";
  const fingerprinted = /-[0-9a-f]{8}\.[\w.]+$/.test(url.pathname);
  event.respondWith(fingerprinted ? keptFirst(event.request, url) : networkFirst(event.request, url));
});

async function keptFirst(request, url) {
  const cache = await caches.open(CACHE);
  return (await cache.match(url)) ?? fromNetwork(cache, request, url);
}

async function networkFirst(request, url) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(url);
  const fresh = fromNetwork(cache, request, url);
  if (!kept) return fresh;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, kept));
  return Promise.race([fresh.catch(() => kept), late]);
}

async function fromNetwork(cache, request, url) {
  const response = await fetch(request);
  if (response.ok && response.type === "basic") cache.put(url, response.clone());
  return response;
}
