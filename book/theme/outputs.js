// Shows the outputs of cells. The page comes with recorded outputs in the same markup, made by book/src.
"use strict";

(() => {
  // More than this is cut: a page must stay readable.
  const MOST_TEXT = 200_000;

  const element = (tag, className, ...children) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
  };

  // A sentence of the page; what stands between backticks is something to type.
  const sentence = (text) => text.split("`").map((part, index) => (index % 2 ? element("code", "", part) : part));

  // ANSI colors, as compilers and panics use them, become classes.
  function ansi(text) {
    const fragment = document.createDocumentFragment();
    let classes = new Set();
    let at = 0;
    for (const match of text.matchAll(/\x1b\[([0-9;]*)m/g)) {
      append(text.slice(at, match.index));
      for (const code of (match[1] || "0").split(";").map(Number)) {
        if (code === 0) classes = new Set();
        else if (code === 1) classes.add("ansi-bold");
        else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
          classes = new Set([...classes].filter((name) => name === "ansi-bold"));
          classes.add(`ansi-${code % 10}`);
        }
      }
      at = match.index + match[0].length;
    }
    append(text.slice(at));
    return fragment;

    function append(part) {
      if (part) fragment.append(classes.size ? element("span", [...classes].join(" "), part) : part);
    }
  }

  const TAGS = new Set(("B BR CAPTION CODE COL COLGROUP DD DIV DL DT EM H2 H3 H4 H5 HR I LABEL LI OL P PRE " +
    "PROGRESS SECTION SPAN STRONG SUB SUP TABLE TBODY TD TFOOT TH THEAD TR UL").split(" "));
  const ATTRIBUTES = new Set(["class", "colspan", "rowspan", "scope", "role", "aria-label", "data-passed",
    "data-diagnosis", "max", "value"]);

  // Tables and text are taken over piece by piece; null when there is anything else.
  function plainMarkup(html) {
    const parsed = new DOMParser().parseFromString(html, "text/html").body;
    for (const node of parsed.querySelectorAll("*")) {
      if (!TAGS.has(node.tagName)) return null;
      for (const { name, value } of [...node.attributes]) {
        const align = name === "style" && /^text-align:\s*(left|right|center);?$/.exec(value);
        node.removeAttribute(name);
        if (align) node.style.textAlign = align[1];
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

  // The numbers behind a plot: lines, then columns under names and a rule of hyphens, as the library prints them.
  function numbers(plain) {
    const lines = plain.split("\n");
    const rule = lines.findIndex((line) => /^-+( {2}-+)+$/.test(line.trimEnd()));
    if (rule < 1) return element("pre", "", plain);
    const ends = [...lines[rule].matchAll(/-+/g)].map(({ 0: { length }, index }) => [index, index + length]);
    const split = (line) => {
      const characters = [...line];
      return ends.map(([from, to], i) => characters.slice(from, i === ends.length - 1 ? undefined : to).join("").trim());
    };
    const row = (line, tag) => element("tr", "", ...split(line).map((text) => element(text ? tag : "td", "", text)));
    const head = row(lines[rule - 1], "th");
    for (const cell of head.querySelectorAll("th")) cell.scope = "col";
    const body = lines.slice(rule + 1).filter((line) => line.trim());
    // The first lines are the plot's own title and sentence, which stand above.
    const caption = lines.slice(2, rule - 1).join(" ").trim();
    const table = element("table", "", ...(caption ? [element("caption", "", caption)] : []),
      element("thead", "", head), element("tbody", "", ...body.map((line) => row(line, "td"))));
    return element("div", "table-wrapper", table);
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

  function cut(text) {
    if (text.length <= MOST_TEXT) return text;
    return `${text.slice(0, MOST_TEXT)}\n[${text.length - MOST_TEXT} more characters are not shown]`;
  }

  // The outputs of one cell, as they come.
  class Outputs {
    constructor(place) {
      this.place = place;
      this.byDisplay = new Map();
      this.clearNext = false;
      this.length = 0;
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
      else if (type === "display_data" || type === "execute_result") this.keep(content, shown(content.data));
    }

    keep(content, node, old) {
      const id = content.transient?.display_id;
      if (id) this.byDisplay.set(id, node);
      if (old) old.replaceWith(node);
      else this.place.append(node);
    }

    stream({ name, text }) {
      const room = MOST_TEXT - this.length;
      if (room <= 0) return;
      this.length += text.length;
      let last = this.place.lastElementChild;
      if (!last?.classList.contains(name)) {
        last = element("pre", `out ${name}`);
        this.place.append(last);
      }
      last.append(ansi(text.length > room ? `${text.slice(0, room)}\n[more text is not shown]\n` : text));
    }

    error(text) {
      const node = element("pre", "out error", ansi(text));
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

  // Pictures follow the theme, also those that came with the page.
  const repaint = () => document.querySelectorAll(".out.plot img").forEach(paint);
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["class"] });
  document.addEventListener("DOMContentLoaded", repaint);
  for (const pre of document.querySelectorAll(".out.plot details.numbers > pre")) pre.replaceWith(numbers(pre.textContent));

  Object.assign(window.sd35, { Outputs, element, sentence });
})();
