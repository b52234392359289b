"""Explorables: the same numbers in the browser as in native code, and figures that a reader can move.

Usage: explorables.py PATH_TO_SD35 FOLDER_OF_NATIVE_PROGRAMS FOLDER_OF_MODULES_BUILT_NOW
"""

import base64
import gzip
import http.server
import json
import math
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import tomllib
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from browser import Browser
from harness import ROOT, Server, check, finish, wait
from selenium.webdriver.common.keys import Keys

NATIVE, BUILT, KEPT = Path(sys.argv[2]), Path(sys.argv[3]), ROOT / "book/explorables/kept"
AGAIN = "`cargo xtask wasm` makes it anew; then look at what changed and keep it"
NAMES = sorted(file.stem for file in (ROOT / "book/explorables/src/bin").glob("*.rs"))
# One module, compressed, and one redraw at the usual size.
BYTES_MAX = 120_000
REDRAW_MS_MAX = 16
# How many settings of each are compared.
SETTINGS = 30


class Native:
    """The same code, compiled for this machine."""

    def __init__(self, name):
        command = [NATIVE / name, "answer"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


class Static(http.server.ThreadingHTTPServer):
    """A plain file server: the site, and a page for each explorable that no chapter has yet."""

    def __init__(self, folder):
        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), partial(Quiet, directory=folder))
        self.url = f"http://127.0.0.1:{self.server_port}/"
        threading.Thread(target=self.serve_forever, daemon=True).start()


def settings(controls, seed):
    """Every default, every control alone at its ends, and random settings."""
    chance = random.Random(seed)
    words = ["grace", "user-1", "user-400", "", "日本語", "größe", "A B C", "A -> B, B -> C"]
    every = {
        control["name"]: words if control["kind"] == "word" else [stop["key"] for stop in control["stops"]]
        for control in controls
    }
    chosen = [{}]
    for name, keys in every.items():
        chosen += [{name: keys[0]}, {name: keys[-1]}]
    while len(chosen) < SETTINGS:
        chosen.append({name: chance.choice(keys) for name, keys in every.items()})
    return chosen


def alike(a, b):
    """Equal but for what the last digit of a logarithm may be on another machine."""
    return len(a) == len(b) and all(math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12) for x, y in zip(a, b))


LOAD = """
const [name, base64, done] = arguments;
const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
WebAssembly.instantiate(bytes).then(({ module, instance: { exports } }) => {
  exports.main(0, 0);
  window.modules ??= {};
  window.modules[name] = (question) => {
    const bytes = new TextEncoder().encode(question);
    const place = exports.input(bytes.length);
    new Uint8Array(exports.memory.buffer, place, bytes.length).set(bytes);
    const answer = exports.answer();
    return new TextDecoder().decode(new Uint8Array(exports.memory.buffer, answer, exports.output_length()));
  };
  const [made] = WebAssembly.Module.customSections(module, "producers");
  done(made ? new TextDecoder().decode(made) : "");
});
"""


def load(module, file):
    """Makes a module answer as `window.modules[module]`; returns what it says about the compiler that made it."""
    return browser.driver.execute_async_script(LOAD, module, base64.b64encode(file.read_bytes()).decode())


def same_numbers():
    browser.open(static.url)
    for name in NAMES:
        native = Native(name)
        kept, built = KEPT / f"{name}.wasm", BUILT / f"{name}.wasm"

        @check(f"{name}: the module that is kept is what its sources give now")
        def _():
            # Another compiler, or the standard library in another way, gives other bytes; then the numbers must do.
            if kept.read_bytes() != built.read_bytes():
                assert load("kept", kept) != load("built", built), f"it is not what is built now: {AGAIN}"
                print(f"        {name} was made by another compiler: only its numbers are compared")

        @check(f"{name}: what is recorded is what is drawn")
        def _():
            now = subprocess.run([NATIVE / name, "record"], capture_output=True, text=True, timeout=60).stdout
            assert now and now == (KEPT / f"{name}.json").read_text(), f"the recorded figure is another: {AGAIN}"

        @check(f"{name}: native, kept and newly built code give the same numbers for {SETTINGS} settings")
        def _():
            load("kept", kept), load("built", built)
            controls = native.ask("describe")["controls"]
            for values in settings(controls, name):
                question = urlencode({"draw": 700, **values})
                expected = native.ask(question)
                # Words that make no sense are answered with a sentence, and no numbers.
                assert expected.get("numbers") or expected["facts"], expected
                for module in ("kept", "built"):
                    code = "return JSON.parse(window.modules[arguments[0]](arguments[1]))"
                    found = browser.js(code, module, question)
                    assert alike(expected["numbers"], found["numbers"]), f"{module} module, {values}: {found} for {expected}"
                    assert expected["numbers"] or expected["facts"] == found["facts"], f"{module} module, {values}"

        @check(f"{name}: what is wrong is said in a sentence")
        def _():
            for question in ("", "draw=wide", "draw=700&none=1"):
                answer = json.loads(browser.js("return window.modules.kept(arguments[0])", question))
                assert answer == native.ask(question) and "error" in answer, answer

        native.close()


def live(name):
    wait(lambda: browser.find(f"[data-explorable='{name}']").get_attribute("data-state") == "live", f"{name} to be live")


def visit(name, fragment="", theme="light", width=1280):
    browser.driver.set_window_size(width, 1400)
    browser.open("about:blank")
    browser.open(f"{static.url}explorable-{name}.html{fragment}")
    browser.js("document.documentElement.classList.replace('light', arguments[0])", theme)
    browser.js("document.querySelector('.explorable').scrollIntoView({block: 'start'})")
    live(name)


def loaded_modules():
    code = "performance.getEntriesByType('resource').map(e => e.name).filter(name => name.endsWith('.wasm'))"
    return browser.js(f"return {code}")


def pages():
    for name in NAMES:

        @check(f"{name}: moves with the arrow keys, is shared by its address, and is redrawn in time")
        def _():
            visit(name)
            place = f"[data-explorable='{name}']"
            # One without a slider has a list to choose from, which takes the same keys.
            sliders = browser.find_all(f"{place} input[type=range]")
            first = f"{place} input[type=range]" if sliders else f"{place} select"
            before = browser.find(f"{place} .drawing").get_attribute("innerHTML")
            # To the end and a step back: another value, whatever the default is.
            browser.find(first).send_keys(Keys.END, Keys.ARROW_LEFT)
            wait(lambda: browser.find(f"{place} .drawing").get_attribute("innerHTML") != before, "another drawing")
            shown = browser.find(first).get_attribute("value")
            wait(lambda: f"explorable={name}&" in browser.driver.current_url, "the address")
            browser.driver.refresh()
            live(name)
            assert browser.find(first).get_attribute("value") == shown, "the address forgot the slider"
            browser.js("arguments[0].click()", browser.button(browser.find(place), "Reset"))
            wait(lambda: browser.find(f"{place} .drawing").get_attribute("innerHTML") == before, "the first drawing")
            alternative = browser.find(f"{place} svg").get_attribute("aria-label")
            assert len(alternative) > 40, alternative
            browser.click(browser.find(f"{place} details.numbers summary"))
            assert len(browser.find_all(f"{place} .numbers tbody tr")) >= 3
            times = browser.driver.execute_async_script(TIMES, place)
            assert min(times) < REDRAW_MS_MAX, times
            print(f"        {name}: {min(times):.1f} ms at best, {sorted(times)[len(times) // 2]:.1f} ms in the median")

        @check(f"{name}: fits a phone and follows the theme")
        def _():
            for theme, width in (("light", 1280), ("navy", 1280), ("light", 390), ("navy", 390)):
                visit(name, theme=theme, width=width)
                wide, window = browser.js("return [document.documentElement.scrollWidth, innerWidth]")
                assert wide <= window, f"{wide} px in a window of {window} px"
                paper, ink = browser.js(
                    "const svg = document.querySelector('.explorable svg');"
                    "return [getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(svg.querySelector('text')).fill]"
                )
                light = [sum(map(int, color[4:-1].split(",")[:3])) for color in (paper, ink)]
                assert abs(light[0] - light[1]) > 300, f"{ink} on {paper}"
                browser.screenshot(f"explorable-{name}-{theme}-{width}")
                if width == 390:
                    small = "return [...document.querySelectorAll('.explorable input, .explorable select')].filter(i => i.offsetHeight < 24).length"
                    assert browser.js(small) == 0, "an input is too small for a finger"

    @check("a module is loaded once, and only when its figure comes into view")
    def _():
        browser.open("about:blank")
        browser.open(f"{static.url}two.html")
        assert loaded_modules() == [], "loaded before it is seen"
        for place, name in enumerate((PLACED, OTHER)):
            browser.js("document.querySelector(arguments[0]).scrollIntoView()", f"[data-explorable='{name}']")
            live(name)
            assert len(loaded_modules()) == place + 1 and name in loaded_modules()[place], loaded_modules()

    @check("an address with nonsense shows the defaults")
    def _():
        visit(PLACED)
        before = browser.find(".explorable .drawing").get_attribute("innerHTML")
        visit(PLACED, f"#explorable={PLACED}&bits=77&none=1&hashes=-3")
        assert browser.find(".explorable .drawing").get_attribute("innerHTML") == before

    @check("all this left no error in the console and asked nobody else")
    def _():
        foreign, errors = browser.foreign_requests(f"127.0.0.1:{static.server_port}"), browser.errors()
        assert not foreign and not errors, (foreign, errors)

    @check("without the module the recorded figure stands, and says so")
    def _():
        browser.open(f"{static.url}without.html")
        browser.js("document.querySelector('.explorable').scrollIntoView()")
        wait(lambda: browser.find(".explorable").get_attribute("data-state") == "recorded", "the sentence")
        assert "recorded figure" in browser.find(".explorable .trouble").text
        assert browser.find(".explorable svg").is_displayed() and browser.find_all(".explorable .facts dd")
        browser.errors()  # The missing file is one, rightly.

    @check("the course's own server, with its strict policy, lets it run")
    def _():
        server = Server()
        try:
            browser.open(f"{server.url}{SLUG}.html")
            browser.js("document.querySelector('.explorable').scrollIntoView()")
            live(PLACED)
            assert not browser.errors()
        finally:
            server.stop()


# Moves the first slider (or list) to and fro, one step a frame, and tells how long each redraw took.
TIMES = """
const [place, done] = arguments;
const node = document.querySelector(place);
const slider = node.querySelector("input[type=range]") ?? node.querySelector("select");
const list = slider.localName === "select";
const times = [];
const middle = Number(slider.value);
const step = (i) => {
  if (i > 0) times.push(Number(node.dataset.milliseconds));
  if (i === 30) return done(times);
  if (list) slider.selectedIndex = i % 2;
  else slider.value = middle + (i % 2 ? -1 : 0);
  slider.dispatchEvent(new Event(list ? "change" : "input"));
  requestAnimationFrame(() => requestAnimationFrame(() => step(i + 1)));
};
step(0);
"""


for name in NAMES:

    @check(f"{name}: its module is at most {BYTES_MAX // 1000} KB, compressed, and names no folder of its maker's machine")
    def _():
        kept = Path(KEPT, f"{name}.wasm").read_bytes()
        size = len(gzip.compress(kept))
        assert size <= BYTES_MAX, size
        assert not [word for word in (b"/home/", b"/root/", b"registry/src", str(ROOT).encode()) if word in kept]
        print(f"        {len(kept)} bytes, {size} compressed")


# The chapter with a figure, and pages like it for the others.
PLACED, SLUG = "bloom-filter", next(
    day["slug"] for day in tomllib.loads((ROOT / "book/lessons.toml").read_text())["day"] if day["number"] == 6
)
folder = tempfile.mkdtemp(prefix="sd35-site-")
shutil.copytree(ROOT / "book/site", folder, dirs_exist_ok=True)
page = Path(folder, f"{SLUG}.html").read_text()
for name in NAMES:
    other = page.replace(f'data-explorable="{PLACED}"', f'data-explorable="{name}"')
    Path(folder, f"explorable-{name}.html").write_text(re.sub('data-wasm="[^"]+"', f'data-wasm="{name}.wasm"', other))
    shutil.copy(KEPT / f"{name}.wasm", folder)
# A page with two figures, far from each other.
OTHER = next(name for name in NAMES if name != PLACED)
far = f'<div style="height: 5000px"></div><div class="explorable" data-explorable="{OTHER}" data-wasm="{OTHER}.wasm">'
figure = page[page.index("<figure", page.index('class="explorable"')) :]
figure = far + figure[: figure.index("</figure>")] + "</figure></div></main>"
Path(folder, "two.html").write_text(page.replace("</main>", figure, 1))
Path(folder, "without.html").write_text(page.replace('data-wasm="', 'data-wasm="not-'))
static = Static(folder)
browser = Browser()
try:
    same_numbers()
    pages()
finally:
    browser.close()
    static.shutdown()
    shutil.rmtree(folder, ignore_errors=True)
finish()
