"""Chromium without a window, with the hands and eyes that a reader has."""

import gzip
import http.server
import json
import shutil
import sys
import tempfile
import threading

from harness import ROOT, SD35, wait
from pathlib import Path
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

SCREENSHOTS = Path(SD35).parents[1] / "screenshots"
# Nothing of Chromium's own traffic; what is left on the wire is the page's.
FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
--disable-background-networking --disable-component-update --window-size=1280,1600""".split()


# What looks for barriers on a page; see requirements.txt.
AXE = next(Path(sys.prefix).glob("lib/python3*/site-packages/axe_playwright_python/axe.min.js")).read_text()


class StaticSite:
    """The built book on a plain file server of another origin, which compresses as such servers do.

    Below /source/ are the modules that its scripts are made of, for a test of one of them.
    """

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                asked = self.path.split("?")[0].lstrip("/")
                source = asked.startswith("source/")
                folder = (ROOT / ("book/theme" if source else "book/site")).resolve()
                path = (folder / asked.removeprefix("source/")).resolve()
                path = path / "index.html" if path.is_dir() else path
                found = path.is_file() and folder in path.parents
                body = path.read_bytes() if found else b"There is no such page."
                kind = http.server.SimpleHTTPRequestHandler.extensions_map.get(path.suffix) or {
                    ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
                    ".wasm": "application/wasm", ".txt": "text/plain; charset=utf-8",
                }.get(path.suffix, "application/octet-stream")
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", kind)
                if path.suffix in (".html", ".js", ".css", ".svg", ".wasm", ".txt"):
                    body = gzip.compress(body, 6)
                    self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Browser:
    """One window, and what its log says about requests and errors."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="sd35-browser-")
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in [*FLAGS, f"--user-data-dir={self.profile}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        self.driver.set_script_timeout(30)

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def open(self, url):
        self.driver.get(url)

    def size(self, width, height, mobile=False):
        """The size of the page, whatever window Chromium allows."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def usual_size(self):
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def theme(self, name):
        """As chosen in the book's menu; it holds for the pages that are opened from now on."""
        self.js("localStorage.setItem('mdbook-theme', arguments[0])", name)

    def barriers(self):
        """What axe-core finds, as sentences."""
        self.js(AXE)
        found = self.driver.execute_async_script(
            """
            const done = arguments[0];
            axe.run().then(({ violations }) => done(violations.flatMap(({ id, nodes }) =>
              nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`))));
            """
        )
        return found

    def record(self):
        """The reader's record, as this browser keeps it."""
        return json.loads(self.js("return localStorage.getItem('sd35:progress')") or "{}").get("records", {})

    def press(self, *keys):
        actions = ActionChains(self.driver)
        for key in keys:
            actions.send_keys(key)
        actions.perform()

    def ready(self):
        """Waits until the page knows that there is a server."""
        wait(lambda: self.js("return document.documentElement.dataset.sd35") == "idle", "a server")

    def js(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def cell(self, id):
        return self.driver.find_element(By.ID, id)

    def cells(self):
        """The ids of the page's cells, without the checks of exercises."""
        return self.js("return [...document.querySelectorAll('.cell:not(.check)')].map(c => c.id)")

    def text(self, id):
        """What the cell has put out."""
        return self.cell(id).find_element(By.CSS_SELECTOR, ".outputs").text

    def state(self, id):
        return self.cell(id).get_attribute("data-state")

    def click(self, element):
        self.js("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def button(self, inside, label):
        return next(b for b in inside.find_elements(By.TAG_NAME, "button") if b.text == label)

    def toolbar(self, label):
        self.click(self.button(self.find(".sd35-toolbar"), label))

    def start(self, id):
        self.click(self.cell(id).find_element(By.CSS_SELECTOR, ".cell-bar button"))

    def end(self, id, seconds=30):
        """Waits for the end of a cell; `done` or `failed`."""
        return wait(lambda: (state := self.state(id)) in ("done", "failed") and state, f"the end of {id}", seconds)

    def run(self, id, seconds=30):
        self.start(id)
        return self.end(id, seconds)

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

    def try_code(self, id, code, seconds=30):
        """Writes, runs, and tells how it ended and what it put out."""
        self.write(id, code)
        return self.run(id, seconds), self.text(id)

    def screenshot(self, name):
        SCREENSHOTS.mkdir(exist_ok=True)
        self.driver.save_screenshot(str(SCREENSHOTS / f"{name}.png"))

    def foreign_requests(self, host):
        """Addresses elsewhere that were asked for since the last call; WebSockets too."""
        foreign = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
            elif message["method"] == "Network.webSocketCreated":
                url = message["params"]["url"]
            else:
                continue
            if url.startswith(("http", "ws")) and f"//{host}/" not in url:
                foreign.append(url)
        return foreign

    def errors(self):
        """What the console complained about since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
