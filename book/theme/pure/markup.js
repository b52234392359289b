// What HTML of an output may hold to be taken into the page. book/src/page/outputs.rs has the same lists for
// recorded outputs; a test there compares them.

export const TAGS = new Set(("b br caption code col colgroup dd div dl dt em h2 h3 h4 h5 hr i label li ol p pre " +
  "progress section span strong sub sup table tbody td tfoot th thead tr ul").split(" "));

export const ATTRIBUTES = new Set(("aria-label colspan data-diagnosis data-passed max role rowspan scope " +
  "value").split(" "));

// Of tables and reports. With the classes of the page's own parts an output could lie on top of them.
export const CLASSES = new Set(("failed not passed run sd35-report sd35-table").split(" "));

// Of a style nothing is kept but how text is aligned; null when it says something else.
export const alignment = (style) => /^text-align:\s*(left|right|center);?$/.exec(style)?.[1] ?? null;

const MOST_TEXT = 200_000; // a page must stay readable

// A long text is cut, and says so.
export function cut(text) {
  if (text.length <= MOST_TEXT) return text;
  return `${text.slice(0, MOST_TEXT)}\n[${text.length - MOST_TEXT} more characters are not shown]`;
}

// The same for a text that comes in parts: what to show of one part, after `before` characters.
export function cutPart(text, before) {
  const room = MOST_TEXT - before;
  if (room <= 0) return "";
  return text.length > room ? `${text.slice(0, room)}\n[more text is not shown]\n` : text;
}
