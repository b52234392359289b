// Figures with sliders. The page comes with a recorded figure; when it is scrolled into view, the module that
// drew it is loaded, and draws it again for what the reader chooses.

import { element } from "./dom.js";

// The module answers questions in JSON through its memory; see book/explorables/src/wasm.rs.
class Module {
  constructor(exports) {
    this.exports = exports;
  }

  ask(question) {
    const { memory, input, answer, output_length } = this.exports;
    const bytes = new TextEncoder().encode(JSON.stringify(question));
    const place = input(bytes.length);
    new Uint8Array(memory.buffer, place, bytes.length).set(bytes);
    const answered = answer();
    const text = new TextDecoder().decode(new Uint8Array(memory.buffer, answered, output_length()));
    const value = JSON.parse(text);
    if (value.error) throw new Error(value.error);
    return value;
  }
}

let loading = null;
function load(address) {
  loading ??= fetch(address)
    .then((response) => {
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      return response.arrayBuffer();
    })
    .then((bytes) => WebAssembly.instantiate(bytes))
    .then(({ instance }) => new Module(instance.exports))
    .catch((problem) => {
      loading = null; // so that another figure may try again
      throw problem;
    });
  return loading;
}

// `#explorable=bloom-filter&keys=200` is a figure and what differs from its defaults.
function addressed() {
  const said = new URLSearchParams(location.hash.slice(1));
  const name = said.get("explorable");
  said.delete("explorable");
  return { name, values: Object.fromEntries(said) };
}

class Explorable {
  constructor(node, number) {
    this.node = node;
    this.number = number;
    this.name = node.dataset.explorable;
    this.drawing = node.querySelector(".drawing");
    this.values = {};
    this.inputs = new Map();
    this.due = 0;
  }

  // Rows of inputs, made by what the module says about them. Values that it does not know are left out.
  start(module) {
    this.module = module;
    this.controls = module.ask({ describe: this.name }).controls;
    const form = element("form", "controls");
    form.setAttribute("aria-label", "What to change");
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const control of this.controls) form.append(this.input(control));
    const reset = element("button", "", "Reset");
    const share = element("button", "", "Copy link");
    this.said = element("span", "said");
    this.said.setAttribute("role", "status");
    reset.type = share.type = "button";
    reset.addEventListener("click", () => this.set({}));
    share.addEventListener("click", () => this.share());
    form.append(element("div", "buttons", reset, share, this.said));
    this.drawing.before(form);
    new ResizeObserver(() => this.later()).observe(this.drawing);
    const { name, values } = addressed();
    this.set(name === this.name ? values : {}, false);
  }

  input(control) {
    const id = `explorable-${this.number}-${control.name}`;
    const label = element("label", "", control.label);
    label.htmlFor = id;
    const row = element("div", `control ${control.kind}`, label);
    let input;
    if (control.kind === "slider") {
      input = element("input");
      input.type = "range";
      input.min = 0;
      input.max = control.stops.length - 1;
      const shown = element("output");
      shown.htmlFor = id;
      row.append(shown, input);
      this.inputs.set(control.name, (key) => {
        const stop = control.stops.findIndex((each) => each.key === key);
        input.value = stop < 0 ? control.default : stop;
        shown.textContent = control.stops[input.value].shown;
        input.setAttribute("aria-valuetext", shown.textContent);
      });
      input.addEventListener("input", () => this.change(control, control.stops[input.value].key));
    } else if (control.kind === "choice") {
      input = element("select");
      for (const stop of control.stops) input.add(new Option(stop.shown, stop.key));
      row.append(input);
      this.inputs.set(control.name, (key) => {
        const known = control.stops.some((stop) => stop.key === key);
        input.value = known ? key : control.stops[control.default].key;
      });
      input.addEventListener("change", () => this.change(control, input.value));
    } else {
      input = element("input");
      input.type = "text";
      input.maxLength = control.longest;
      input.autocomplete = "off";
      input.spellcheck = false;
      row.append(input);
      this.inputs.set(control.name, (word) => {
        if (input.value !== word) input.value = word; // else the cursor would move
      });
      input.addEventListener("input", () => this.change(control, input.value));
    }
    input.id = id;
    // Keys of the book, such as the arrows that turn the page, are not meant here.
    input.addEventListener("keydown", (event) => event.stopPropagation());
    return row;
  }

  default(control) {
    return control.kind === "word" ? control.default : control.stops[control.default].key;
  }

  // Sets everything: what is not named, to its default.
  set(values, told = true) {
    this.values = {};
    for (const control of this.controls) {
      const value = values[control.name];
      const known = control.kind === "word" ? value?.length <= control.longest : control.stops.some((s) => s.key === value);
      if (known && value !== this.default(control)) this.values[control.name] = value;
      this.inputs.get(control.name)(this.values[control.name] ?? this.default(control));
    }
    this.later();
    if (told) this.tell();
  }

  change(control, value) {
    if (value === this.default(control)) delete this.values[control.name];
    else this.values[control.name] = value;
    this.inputs.get(control.name)(value);
    this.later();
    this.tell();
  }

  // At most one drawing per frame, however fast a slider moves.
  later() {
    this.due ||= requestAnimationFrame(() => {
      this.due = 0;
      this.draw();
    });
  }

  draw() {
    const width = this.drawing.clientWidth;
    if (!width) return; // not shown
    const before = performance.now();
    let view;
    try {
      view = this.module.ask({ draw: this.name, width, values: this.values });
    } catch (problem) {
      this.fail(problem);
      return;
    }
    this.drawing.innerHTML = view.svg;
    this.facts(view);
    // All numbers only where they are looked at.
    this.view = view;
    const details = this.node.querySelector("details.numbers");
    details.ontoggle = () => details.open && this.table();
    if (details.open) this.table();
    this.node.dataset.milliseconds = (performance.now() - before).toFixed(1);
    this.node.dataset.state = "live";
  }

  facts({ facts }) {
    const list = this.node.querySelector(".facts");
    list.replaceChildren(
      ...facts.map(({ name, shown }) => element("div", "", element("dt", "", name), element("dd", "", shown))),
    );
    // Told once the reader has stopped, not at every step of a slider.
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      const words = facts.map(({ name, shown }) => `${name}: ${shown}`).join("; ");
      if (this.told !== undefined && this.told !== words) this.live(words);
      this.told = words;
    }, 700);
  }

  live(words) {
    this.region ??= this.node.appendChild(element("div", "sd35-live"));
    this.region.setAttribute("aria-live", "polite");
    this.region.textContent = words;
  }

  table() {
    const cell = (tag, text) => {
      const node = element(tag, "", text);
      if (tag === "th") node.scope = "col";
      return node;
    };
    const row = (tag, cells) => element("tr", "", ...cells.map((text) => cell(tag, text)));
    this.node.querySelector(".numbers table").replaceChildren(
      element("thead", "", row("th", this.view.columns)),
      element("tbody", "", ...this.view.rows.map((cells) => row("td", cells))),
    );
  }

  // The address says what is shown, so that it can be shared and survives a reload. Browsers limit how often
  // it may change.
  tell() {
    clearTimeout(this.telling_address);
    this.telling_address = setTimeout(() => {
      history.replaceState(history.state, "", `${location.pathname}${location.search}#${this.fragment()}`);
    }, 300);
  }

  fragment() {
    return new URLSearchParams({ explorable: this.name, ...this.values }).toString();
  }

  async share() {
    const address = new URL(location.href);
    address.search = "";
    address.hash = this.fragment();
    try {
      await navigator.clipboard.writeText(address.href);
      this.said.textContent = "Copied.";
    } catch {
      history.replaceState(history.state, "", address.hash);
      this.said.textContent = "The address of this page is the link.";
    }
  }

  // The figure that is there stays.
  fail(problem) {
    this.node.dataset.state = "recorded";
    this.note ??= this.node.querySelector("figure").appendChild(element("p", "trouble"));
    this.note.textContent = `The sliders are not available here: ${problem.message}. This is the recorded figure.`;
  }
}

export function startExplorables() {
  const figures = [...document.querySelectorAll(".explorable[data-wasm]")];
  if (!figures.length) return;
  const explorables = new Map(figures.map((node, number) => [node, new Explorable(node, number)]));

  const begin = (node) => {
    watch.unobserve(node);
    if (node.dataset.state) return;
    node.dataset.state = "loading";
    load(node.dataset.wasm).then((module) => explorables.get(node).start(module))
      .catch((problem) => explorables.get(node).fail(problem));
  };

  const watch = new IntersectionObserver(
    (entries) => entries.forEach((entry) => entry.isIntersecting && begin(entry.target)),
    { rootMargin: "200px" },
  );
  figures.forEach((node) => watch.observe(node));

  // A shared address leads to its figure.
  function follow() {
    const { name, values } = addressed();
    const node = figures.find((figure) => figure.dataset.explorable === name);
    if (!node) return;
    node.scrollIntoView({ block: "start" });
    const explorable = explorables.get(node);
    if (explorable.module) explorable.set(values, false);
    else begin(node);
  }
  addEventListener("hashchange", follow);
  follow();
}
