// Asks the browser to keep the book, so that it can be read without a network; see offline-worker.js.

const IDLE_MS = 10_000; // then it begins even if the page is busy

export function keepOffline() {
  if (!("serviceWorker" in navigator) || !window.isSecureContext || !location.protocol.startsWith("http")) return;
  // Who saves data keeps only the pages that they visit.
  const sparing = navigator.connection?.saveData || /2g/.test(navigator.connection?.effectiveType ?? "");
  window.addEventListener("load", async () => {
    try {
      await navigator.serviceWorker.register(new URL(`${path_to_root}sw.js`, location.href));
      const { active } = await navigator.serviceWorker.ready;
      const keep = () => active.postMessage("keep");
      if (!sparing) (window.requestIdleCallback ?? setTimeout)(keep, { timeout: IDLE_MS });
    } catch { /* private windows have none; the book is read all the same */ }
  });
  navigator.serviceWorker.addEventListener("message", (event) => {
    if (event.data === "kept") document.documentElement.dataset.offline = "kept";
  });
}
