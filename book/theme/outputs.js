// Shows the outputs of cells. The page comes with recorded outputs in the same markup; see book/src/page/outputs.rs.

import { element, sentence } from "./dom.js";
import { colored } from "./pure/ansi.js";
import { ATTRIBUTES, CLASSES, TAGS, alignment, cut, cutPart } from "./pure/markup.js";
import { table } from "./pure/numbers.js";

const ansi = (text) =>
  colored(text).map((piece) => (piece.classes ? element("span", piece.classes, piece.text) : piece.text));

// Tables and text are taken over piece by piece; null when there is anything else.
function plainMarkup(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html").body;
  for (const node of parsed.querySelectorAll("*")) {
    if (!TAGS.has(node.localName)) return null;
    for (const { name, value } of [...node.attributes]) {
      node.removeAttribute(name);
      const align = name === "style" ? alignment(value) : null;
      if (align) node.style.textAlign = align;
      else if (name === "class") node.classList.add(...value.split(/\s+/).filter((word) => CLASSES.has(word)));
      else if (ATTRIBUTES.has(name)) node.setAttribute(name, value);
    }
  }
  return element("div", "out html", ...parsed.childNodes);
}

const isDark = () => ["navy", "coal", "ayu"].some((name) => document.documentElement.classList.contains(name));

// Drawn by the browser as a picture: nothing in it can run. Its colors follow the book's theme.
function picture(svg, plain) {
  const image = element("img");
  const text = new DOMParser().parseFromString(svg, "image/svg+xml");
  image.alt = [...text.querySelectorAll("svg > title, svg > desc")].map((node) => node.textContent).join(". ");
  image.dataset.svg = svg;
  paint(image);
  const figure = element("figure", "out plot", image);
  if (plain) figure.append(folded("Numbers", numbers(plain)));
  return figure;
}

// The numbers behind a plot, as a table where they are one.
function numbers(plain) {
  const found = table(plain);
  if (!found) return element("pre", "", plain);
  const row = (texts, tag) => element("tr", "", ...texts.map((text) => element(text ? tag : "td", "", text)));
  const head = row(found.names, "th");
  for (const cell of head.querySelectorAll("th")) cell.scope = "col";
  return element("div", "table-wrapper", element("table", "",
    ...(found.caption ? [element("caption", "", found.caption)] : []),
    element("thead", "", head),
    element("tbody", "", ...found.rows.map((texts) => row(texts, "td")))));
}

function paint(image) {
  const svg = image.dataset.svg ?? decodeURIComponent(image.src.replace(/^data:image\/svg\+xml,/, ""));
  image.dataset.svg = svg;
  const themed = svg.replace(/^\s*<svg( class="(light|dark)")?/, `<svg class="${isDark() ? "dark" : "light"}"`);
  image.src = `data:image/svg+xml,${encodeURIComponent(themed)}`;
}

function folded(title, ...children) {
  return element("details", "numbers", element("summary", "", title), ...children);
}

function shown(data) {
  const text = (mime) => [data[mime]].flat().join("");
  if (data["image/svg+xml"]) return picture(text("image/svg+xml"), data["text/plain"] && text("text/plain"));
  if (data["image/png"]) {
    const image = element("img");
    image.src = `data:image/png;base64,${text("image/png")}`;
    image.alt = data["text/plain"] ? text("text/plain") : "";
    return element("figure", "out plot", image);
  }
  if (data["text/html"]) {
    const markup = plainMarkup(text("text/html"));
    if (markup) return markup;
    // Anything else runs apart from the page, without scripts.
    const frame = element("iframe", "out frame");
    frame.setAttribute("sandbox", "");
    frame.title = "HTML output";
    frame.srcdoc = text("text/html");
    return frame;
  }
  return element("pre", "out result", cut(data["text/plain"] ? text("text/plain") : ""));
}

// What a check says to programs: which exercise it was, and what came of it; see lessons::check.
const REPORT = "application/vnd.sd35.report+json";

// The outputs of one cell, as they come.
export class Outputs {
  constructor(place) {
    this.place = place;
    this.byDisplay = new Map();
    this.clearNext = false;
    this.length = 0;
    // Of the check that ran last.
    this.report = null;
  }

  clear() {
    this.place.replaceChildren();
    this.length = 0;
  }

  add(type, content) {
    if (type === "clear_output") {
      if (content.wait) this.clearNext = true;
      else this.clear();
      return;
    }
    if (type === "update_display_data") {
      const old = this.byDisplay.get(content.transient?.display_id);
      if (old) this.keep(content, shown(content.data), old);
      return;
    }
    if (this.clearNext) {
      this.clear();
      this.clearNext = false;
    }
    if (type === "stream") this.stream(content);
    else if (type === "error") this.error(content.traceback.join("\n") || `${content.ename}: ${content.evalue}`);
    else if (type === "display_data" || type === "execute_result") {
      this.report = content.data[REPORT] ?? this.report;
      this.keep(content, shown(content.data));
    }
  }

  keep(content, node, old) {
    const id = content.transient?.display_id;
    if (id) this.byDisplay.set(id, node);
    if (old) old.replaceWith(node);
    else this.place.append(node);
  }

  stream({ name, text }) {
    const part = cutPart(text, this.length);
    if (!part) return;
    this.length += text.length;
    let last = this.place.lastElementChild;
    if (!last?.classList.contains(name)) {
      last = element("pre", `out ${name}`);
      this.place.append(last);
    }
    last.append(...ansi(part));
  }

  error(text) {
    const node = element("pre", "out error", ...ansi(text));
    node.setAttribute("role", "alert");
    this.place.append(node);
  }

  // A later message of the page takes the place of an earlier one.
  note(text) {
    for (const old of this.place.querySelectorAll(":scope > .note")) old.remove();
    const node = element("p", "out note", ...sentence(text));
    node.setAttribute("role", "alert");
    this.place.append(node);
  }
}

// What came with the page: pictures that follow the theme, as live ones do, and the tables behind them.
export function reviveRecorded() {
  const repaint = () => document.querySelectorAll(".out.plot img").forEach(paint);
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["class"] });
  repaint();
  for (const pre of document.querySelectorAll(".out.plot details.numbers > pre")) {
    pre.replaceWith(numbers(pre.textContent));
  }
}
