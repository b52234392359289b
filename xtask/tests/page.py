"""The pages in headless Chromium, driven as a reader would, against a real server.

Usage: page.py PATH_TO_SD35
"""

import http.client
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

ROOT = Path(__file__).resolve().parents[2]
SD35 = sys.argv[1]
TOKEN = "token-of-the-page-tests"
DAYS = {3: "day-03-load-balancing", 6: "day-06-bloom-filters"}
SHOTS = Path(SD35).resolve().parents[1] / "screenshots"
failures = 0


def report(name, problem=None):
    """One line per check; the test run counts them."""
    global failures
    if problem is None:
        print(f"ok      {name}")
    else:
        failures += 1
        print(f"FAILED  {name}: {problem}")


def check(name):
    """Runs the decorated function now, as one check."""

    def run(function):
        try:
            function()
            report(name)
        except Exception as problem:  # any failure is a result here
            report(name, f"{type(problem).__name__}: {' '.join(str(problem).split())[:600]}")
        return function

    return run


def wait(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.05)


class Server:
    """`sd35 serve` on a port of its own."""

    def __init__(self):
        command = [SD35, "serve", "--port", "0", "--token", TOKEN]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.url = None
        for line in self.process.stdout:
            if "http://" in line:
                self.url = line.strip().split("?")[0]
                break
        assert self.url, "the server printed no address"
        self.host = self.url.removeprefix("http://").rstrip("/")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(10)


class Browser:
    """Chromium, and what its log says about requests and errors."""

    def __init__(self, width=1280):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        self.profile = tempfile.mkdtemp(prefix="sd35-browser-")
        for flag in (
            f"--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
            f"--disable-background-networking --disable-component-update --disable-sync "
            f"--window-size={width},1600 --user-data-dir={self.profile}"
        ).split():
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        self.width = width

    def open(self, url):
        self.driver.get(url)

    def js(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def cell(self, id):
        return self.driver.find_element(By.ID, id)

    def text(self, id):
        return self.cell(id).find_element(By.CSS_SELECTOR, ".outputs").text

    def state(self, id):
        return self.cell(id).get_attribute("data-state")

    def click(self, element):
        self.js("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def button(self, inside, label):
        return next(b for b in inside.find_elements(By.TAG_NAME, "button") if b.text == label)

    def run(self, id, seconds=30):
        """Presses Run and waits for the end; the state."""
        self.click(self.cell(id).find_element(By.CSS_SELECTOR, ".cell-bar button"))
        return wait(lambda: (self.state(id) in ("done", "failed")) and self.state(id), f"the end of {id}", seconds)

    def write(self, id, code):
        """Edits a cell, as one who pastes."""
        cell = self.cell(id)
        self.click(self.button(cell, "Edit"))
        editor = cell.find_element(By.CSS_SELECTOR, "textarea.editor")
        self.js(
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
            editor,
            code,
        )
        editor.send_keys(Keys.ESCAPE)

    def toolbar(self, label):
        self.click(self.button(self.driver.find_element(By.CSS_SELECTOR, ".sd35-toolbar"), label))

    def shot(self, name):
        SHOTS.mkdir(exist_ok=True)
        self.driver.save_screenshot(str(SHOTS / f"{name}.png"))

    def foreign_requests(self, host):
        foreign = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            url = message.get("params", {}).get("request", {}).get("url", "")
            if message["method"] == "Network.requestWillBeSent" and url.startswith(("http", "ws")):
                if f"//{host}/" not in url:
                    foreign.append(url)
        return foreign

    def errors(self):
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)


def kernels(server):
    connection = http.client.HTTPConnection(server.host)
    connection.request("GET", "/api/kernels", headers={"Authorization": f"token {TOKEN}"})
    return json.loads(connection.getresponse().read())


def answer(server, path, **headers):
    """The status and the sentence of a plain request."""
    connection = http.client.HTTPConnection(server.host)
    connection.putrequest("GET", path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read().decode()
    return response.status, json.loads(body).get("message", "") if body.startswith("{") else body


def exercise(id, file):
    return (ROOT / "book/exercises" / id / file).read_text()


server = Server()
browser = Browser()
try:
    for day, slug in DAYS.items():

        @check(f"day {day}: every cell runs from the page, in order")
        def _(day=day, slug=slug):
            browser.open(f"{server.url}{slug}.html?token={TOKEN}")
            assert "token" not in browser.driver.current_url, "the token is still in the address bar"
            wait(lambda: browser.js("return document.documentElement.dataset.sd35") == "idle", "a server")
            ids = browser.js("return [...document.querySelectorAll('.cell:not(.check)')].map(c => c.id)")
            assert len(ids) >= 8, ids
            recorded = json.loads((ROOT / f"book/recorded/day-{day:02}.json").read_text())["cells"]
            browser.toolbar("Run all")
            for id in ids:
                state = wait(lambda: browser.state(id) in ("done", "failed") and browser.state(id), id, 60)
                fails = any(output["output_type"] == "error" for output in recorded[id]["outputs"])
                assert state == ("failed" if fails else "done"), f"{id}: {browser.text(id)[:300]}"
                shown = browser.js(
                    "return document.getElementById(arguments[0]).querySelectorAll('.outputs > .out').length", id
                )
                assert (shown > 0) == bool(recorded[id]["outputs"]), f"{id} shows {shown} outputs"

        @check(f"day {day}: plots are pictures with words, tables are tables")
        def _(day=day, slug=slug):
            images = browser.js(
                "return [...document.querySelectorAll('.outputs .plot img')].map(i => [i.naturalWidth, i.alt])"
            )
            assert images and all(width > 300 and alt for width, alt in images), images
            assert browser.js("return document.querySelectorAll('.outputs table').length") > 0

        @check(f"day {day}: no request leaves the machine, no console error, no stock play button")
        def _(day=day, slug=slug):
            browser.shot(slug)
            assert not browser.foreign_requests(server.host)
            assert not browser.errors(), browser.errors()
            assert not browser.driver.find_elements(By.CSS_SELECTOR, ".play-button")

    first = browser.js("return document.querySelector('.cell:not(.check)').id")

    @check("an edit runs, shares state, survives a reload and is reset")
    def _():
        original = browser.js("return document.getElementById(arguments[0]).dataset.source", first)
        browser.write(first, "let shared = 41; println!(\"edited {}\", shared + 1);")
        assert browser.run(first) == "done" and "edited 42" in browser.text(first), browser.text(first)
        browser.driver.refresh()
        wait(lambda: browser.js("return document.documentElement.dataset.sd35") == "idle", "a server")
        assert "edited" in browser.cell(first).get_attribute("class")
        browser.write(first, "shared + 1")
        assert browser.run(first) == "done" and browser.text(first).endswith("42"), browser.text(first)
        browser.click(browser.button(browser.cell(first), "Reset"))
        assert "edited" not in browser.cell(first).get_attribute("class")
        code = browser.cell(first).find_element(By.CSS_SELECTOR, "pre code")
        assert browser.js("return arguments[0].textContent", code).strip() == original.strip()

    @check("keyboard: Ctrl+Enter in the editor runs the cell, Tab indents, Escape leaves")
    def _():
        cell = browser.cell(first)
        browser.click(browser.button(cell, "Edit"))
        editor = cell.find_element(By.CSS_SELECTOR, "textarea.editor")
        editor.send_keys(Keys.CONTROL, "a")
        editor.send_keys("1", Keys.TAB, "+ 1")
        assert editor.get_attribute("value") == "1    + 1", editor.get_attribute("value")
        ActionChains(browser.driver).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
        wait(lambda: browser.text(first).endswith("2"), "the result")
        editor.send_keys(Keys.ESCAPE)
        assert not cell.find_elements(By.CSS_SELECTOR, "textarea.editor")

    @check("a compile error is shown in the cell")
    def _():
        browser.write(first, "let x: i32 = \"a\";")
        assert browser.run(first) == "failed"
        assert "mismatched types" in browser.text(first) and "cell:1:14" in browser.text(first)

    @check("interrupt stops an endless loop and keeps the variables")
    def _():
        browser.write(first, "let kept = 7;")
        assert browser.run(first) == "done"
        browser.write(first, "loop {}")
        browser.click(browser.cell(first).find_element(By.CSS_SELECTOR, ".cell-bar button"))
        wait(lambda: browser.state(first) == "running", "the loop")
        time.sleep(0.7)
        browser.toolbar("Interrupt")
        wait(lambda: browser.state(first) == "failed", "the interrupt", 10)
        assert "stopped on request" in browser.text(first), browser.text(first)
        browser.write(first, "kept")
        assert browser.run(first) == "done" and browser.text(first).endswith("7")

    @check("two tabs on one page have kernels of their own")
    def _():
        tab = browser.driver.current_window_handle
        browser.driver.switch_to.new_window("tab")
        browser.open(f"{server.url}{DAYS[6]}.html")
        wait(lambda: browser.js("return document.documentElement.dataset.sd35") == "idle", "a server")
        browser.write(first, "kept")
        assert browser.run(first) == "failed", "the tabs share variables"
        assert len(kernels(server)) == 2, kernels(server)
        browser.driver.close()
        browser.driver.switch_to.window(tab)

    @check("a flood of text and a huge value leave the page usable")
    def _():
        browser.write(first, "for i in 0..1_500_000 { println!(\"{i} {}\", \"x\".repeat(60)); }")
        assert browser.run(first, 60) == "done", browser.text(first)[-300:]
        assert len(browser.text(first)) < 400_000
        browser.write(first, "\"y\".repeat(20_000_000)")
        assert browser.run(first) == "done" and "too large to show" in browser.text(first)

    @check("a cell that ends its process is explained, and the next one runs")
    def _():
        browser.write(first, "std::process::exit(3)")
        assert browser.run(first) == "failed" and "ended its process" in browser.text(first), browser.text(first)
        browser.write(first, "6 * 7")
        assert browser.run(first) == "done" and browser.text(first).endswith("42")

    @check("restart forgets the variables")
    def _():
        browser.write(first, "let gone = 1;")
        assert browser.run(first) == "done"
        browser.toolbar("Restart")
        time.sleep(0.5)
        browser.write(first, "gone")
        assert browser.run(first) == "failed" and "cannot find value" in browser.text(first), browser.text(first)
        browser.click(browser.button(browser.cell(first), "Reset"))

    for id in browser.js("return [...document.querySelectorAll('.exercise')].map(e => e.dataset.exercise)")[:2]:

        @check(f"exercise {id}: starter and wrong answers get their diagnosis, the solution passes")
        def _(id=id):
            check_id = f"{id}-check"
            assert browser.run(check_id) == "done", browser.text(check_id)
            passed = "return document.getElementById(arguments[0]).querySelector('[data-passed]').dataset"
            assert browser.js(passed, check_id)["passed"] == "false"
            wrong = sorted(p.name for p in (ROOT / "book/exercises" / id / "wrong").iterdir())[0]
            browser.write(id, exercise(id, f"wrong/{wrong}"))
            browser.run(check_id)
            report = browser.js(passed, check_id)
            assert report["passed"] == "false" and report["diagnosis"], (wrong, report)
            solution = browser.driver.find_element(By.CSS_SELECTOR, f"[data-exercise='{id}'] details.solution")
            assert not solution.get_attribute("open")
            browser.write(id, exercise(id, "solution.rs"))
            browser.run(check_id)
            assert browser.js(passed, check_id)["passed"] == "true", browser.text(check_id)
            assert solution.get_attribute("open") is not None
            browser.click(browser.button(browser.cell(id), "Reset"))

    @check("hints come one after another")
    def _():
        hints = browser.driver.find_elements(By.CSS_SELECTOR, ".exercise details.hint")[:3]
        assert [hint.is_displayed() for hint in hints] == [True, False, False]
        browser.click(hints[0].find_element(By.TAG_NAME, "summary"))
        wait(lambda: hints[1].is_displayed(), "the second hint")
        assert not hints[2].is_displayed()

    @check("a quiz explains the chosen answer, by keyboard")
    def _():
        item = browser.driver.find_element(By.CSS_SELECTOR, ".quiz fieldset")
        why = item.find_elements(By.CSS_SELECTOR, ".why")
        assert not any(text.is_displayed() for text in why)
        option = item.find_element(By.CSS_SELECTOR, "input")
        browser.js("arguments[0].focus()", option)
        ActionChains(browser.driver).send_keys(Keys.SPACE).perform()
        wait(lambda: why[0].is_displayed(), "the explanation")
        ActionChains(browser.driver).send_keys(Keys.ARROW_DOWN).perform()
        wait(lambda: why[1].is_displayed() and not why[0].is_displayed(), "the other explanation")

    @check("dark theme and phone width: nothing is wider than the screen")
    def _():
        browser.js("document.documentElement.classList.replace('light', 'navy')")
        time.sleep(0.3)
        source = browser.js("return document.querySelector('.plot img')?.src ?? ''")
        assert "class%3D%22dark%22" in source or "class=%22dark%22" in source, source[:120]
        browser.shot("dark")
        browser.driver.set_window_size(390, 1200)
        time.sleep(0.3)
        wide = browser.js("return document.documentElement.scrollWidth")
        browser.shot("phone")
        browser.driver.set_window_size(1280, 1600)
        assert wide <= 500, f"the page is {wide} px wide"

    @check("the API refuses other hosts, other origins, wrong and missing tokens")
    def _():
        good = {"Authorization": f"token {TOKEN}"}
        assert answer(server, "/api/kernels", **good)[0] == 200
        for headers in (
            {},
            {"Authorization": "token wrong"},
            {**good, "Origin": "http://evil.example"},
            {**good, "Host": "evil.example"},
        ):
            status, message = answer(server, "/api/kernels", **headers)
            assert status == 403 and message, (headers, status, message)

    @check("a wrong token is explained on the page")
    def _():
        browser.open(f"{server.url}{DAYS[6]}.html?token=wrong")
        where = browser.driver.find_element(By.CSS_SELECTOR, ".where")
        wait(lambda: "old token" in where.text, "the explanation")
        browser.open(f"{server.url}{DAYS[6]}.html?token={TOKEN}")
        wait(lambda: browser.js("return document.documentElement.dataset.sd35") == "idle", "a server")

    @check("a taken port is one clear sentence")
    def _():
        port = server.host.split(":")[1]
        second = subprocess.run([SD35, "serve", "--port", port], capture_output=True, text=True, timeout=30)
        assert second.returncode != 0 and f"port {port} is taken" in second.stderr, second.stderr
        assert len(second.stderr.strip().splitlines()) == 1, second.stderr

    @check("the server killed while a cell runs: told in the cell, outputs kept, no process left")
    def _():
        last = browser.js("return [...document.querySelectorAll('.cell .outputs.recorded')].pop().dataset.outputs")
        before = browser.text(last)
        browser.write(first, "println!(\"begun\"); loop {}")
        browser.click(browser.cell(first).find_element(By.CSS_SELECTOR, ".cell-bar button"))
        wait(lambda: "begun" in browser.text(first), "the cell's first line")
        server.stop(signal.SIGKILL)
        wait(lambda: browser.state(first) == "failed", "the message", 15)
        text = browser.text(first)
        assert "begun" in text and "server" in text.lower(), text
        assert browser.text(last) == before
        browser.shot("server-gone")
        left = lambda: subprocess.run(["pgrep", "-f", f"{SD35} kernel run"], capture_output=True, text=True).stdout
        wait(lambda: not left().strip(), "the end of all kernels", 10)

    @check("without any server every recorded output is there, with how to run it")
    def _():
        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                pass

        handler = partial(Quiet, directory=ROOT / "book/site")
        static = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=static.serve_forever, daemon=True).start()
        reader = Browser()
        try:
            for slug in DAYS.values():
                reader.open(f"http://127.0.0.1:{static.server_port}/{slug}.html")
                empty = reader.js(
                    "return [...document.querySelectorAll('.outputs:not(.recorded)')].map(o => o.dataset.outputs)"
                )
                number = int(slug.split("-")[1])
                recorded = json.loads((ROOT / f"book/recorded/day-{number:02}.json").read_text())["cells"]
                assert all(not recorded[id]["outputs"] for id in empty), empty
                assert "cargo run --release" in reader.driver.find_element(By.CSS_SELECTOR, ".where").text
            assert not reader.errors(), reader.errors()
            assert not reader.foreign_requests(f"127.0.0.1:{static.server_port}")
        finally:
            reader.close()
            static.shutdown()

finally:
    browser.close()
    if server.process.poll() is None:
        server.stop()

sys.exit(1 if failures else 0)
