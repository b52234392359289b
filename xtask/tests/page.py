"""The pages in headless Chromium, driven as a reader would, against a real server.

Usage: page.py PATH_TO_SD35
"""

import http.server
import signal
import subprocess
import threading
import time
import tomllib
from functools import partial
from pathlib import Path

from browser import Browser
from harness import ROOT, SD35, TOKEN, Server, all_gone, check, descendants, finish, recorded, report, wait
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

DAYS = {day["number"]: day["slug"] for day in tomllib.loads((ROOT / "book/lessons.toml").read_text())["day"]}
LAUNCHER = str(Path(SD35).with_name("xtask"))


def no_server_at_all():
    """The built book on a plain file server of another origin."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = partial(Quiet, directory=ROOT / "book/site")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


server = Server()
browser = Browser()


def visit(slug, query=""):
    browser.open(f"{server.url}{slug}.html{query}")
    browser.ready()


def lesson(day, slug):
    """A whole day: every cell, every exercise."""
    outputs = recorded(day)

    @check(f"day {day}: every cell runs from the page, in order")
    def _():
        visit(slug, f"?token={TOKEN}")
        assert "token" not in browser.driver.current_url, "the token is still in the address bar"
        ids = browser.cells()
        assert len(ids) >= 8, ids
        browser.toolbar("Run all")
        wrong = []
        for id in ids:
            ended = browser.end(id, 60)
            fails = any(output["output_type"] == "error" for output in outputs[id])
            if ended != ("failed" if fails else "done"):
                wrong.append(f"{id} {ended}: {browser.text(id)[:300]}")
            elif bool(browser.cell(id).find_elements(By.CSS_SELECTOR, ".outputs > .out")) != bool(outputs[id]):
                wrong.append(f"{id} shows other outputs than the recorded ones: {browser.text(id)[:300]}")
        assert not wrong, "; ".join(wrong)

    @check(f"day {day}: plots are pictures with words, tables are tables")
    def _():
        plots = "return [...document.querySelectorAll('.outputs .plot img')].map(i => [i.naturalWidth, i.alt])"
        plots = browser.js(plots)
        assert plots and all(width > 300 and alt for width, alt in plots), plots
        assert browser.find_all(".outputs table"), "no table"

    for id in browser.js("return [...document.querySelectorAll('.exercise')].map(e => e.dataset.exercise)"):
        folder = ROOT / "book/exercises" / id
        planted = tomllib.loads((folder / "exercise.toml").read_text())["wrong"][0]
        answer = f"{id}-check"

        def result():
            browser.run(answer)
            return browser.js(
                "const r = document.getElementById(arguments[0]).querySelector('[data-passed]');"
                "return r && {...r.dataset, text: r.innerText}",
                answer,
            )

        @check(f"exercise {id}: the starter fails, a wrong answer gets its diagnosis, the solution passes")
        def _():
            solution = browser.find(f"[data-exercise='{id}'] details.solution")
            assert result()["passed"] == "false", "the starter passes"
            browser.write(id, (folder / planted["file"]).read_text())
            said = result()
            assert said["passed"] == "false" and said["diagnosis"] == planted["diagnosis"], said
            assert "Likely cause" in said["text"], said
            assert not solution.get_attribute("open"), "the solution opens before the exercise is passed"
            browser.write(id, (folder / "solution.rs").read_text())
            assert result()["passed"] == "true", browser.text(answer)
            assert solution.get_attribute("open"), "the solution does not open after passing"
            browser.click(browser.button(browser.cell(id), "Reset"))

    @check(f"day {day}: no request leaves the machine, no console error, no stock play button")
    def _():
        browser.screenshot(slug)
        foreign, errors = browser.foreign_requests(server.host), browser.errors()
        assert not foreign and not errors, (foreign, errors)
        assert not browser.find_all(".play-button")


def cells(first):
    """What can be done with one cell."""

    @check("an edit runs, shares state, survives a reload and is reset")
    def _():
        original = browser.cell(first).get_attribute("data-source")
        ended, text = browser.try_code(first, 'let shared = 41; println!("edited {}", shared + 1);')
        assert ended == "done" and "edited 42" in text, text
        browser.driver.refresh()
        browser.ready()
        assert "edited" in browser.cell(first).get_attribute("class")
        ended, text = browser.try_code(first, "shared + 1")
        assert ended == "done" and text.endswith("42"), text
        browser.click(browser.button(browser.cell(first), "Reset"))
        assert "edited" not in browser.cell(first).get_attribute("class")
        code = browser.cell(first).find_element(By.CSS_SELECTOR, "pre code")
        assert code.get_attribute("textContent").strip() == original.strip()

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

    @check("a compile error points into the cell")
    def _():
        ended, text = browser.try_code(first, 'let x: i32 = "a";')
        assert ended == "failed" and "mismatched types" in text and "cell:1:14" in text, text

    @check("a panic is shown and keeps the variables")
    def _():
        assert browser.try_code(first, "let kept = 7;")[0] == "done"
        ended, text = browser.try_code(first, 'panic!("on purpose")')
        assert ended == "failed" and "on purpose" in text, text
        assert browser.try_code(first, "kept")[1].endswith("7")

    @check("interrupt stops an endless loop and keeps the variables")
    def _():
        browser.write(first, "loop {}")
        browser.start(first)
        wait(lambda: browser.find(".where").text.startswith("Running"), "the loop")
        time.sleep(0.7)
        browser.toolbar("Interrupt")
        assert browser.end(first, 10) == "failed"
        assert "stopped on request" in browser.text(first), browser.text(first)
        ended, text = browser.try_code(first, "kept")
        assert ended == "done" and text.endswith("7"), text

    @check("two tabs on one page have kernels of their own")
    def _():
        tab = browser.driver.current_window_handle
        browser.driver.switch_to.new_window("tab")
        try:
            visit(DAYS[6])
            assert browser.try_code(first, "kept")[0] == "failed", "the tabs share variables"
            assert len(server.kernels()) == 2, server.kernels()
        finally:
            browser.driver.close()
            browser.driver.switch_to.window(tab)
        assert browser.try_code(first, "kept")[1].endswith("7"), "the first tab lost its kernel"

    @check("a flood of text and a huge value leave the page usable")
    def _():
        flood = 'for i in 0..1_500_000 { println!("{i} {}", "x".repeat(60)); }'
        ended, text = browser.try_code(first, flood, 90)
        assert ended == "done" and len(text) < 400_000, text[-300:]
        ended, text = browser.try_code(first, '"y".repeat(20_000_000)')
        assert ended == "done" and "too large to show" in text, text[:300]

    @check("a cell that ends its process is explained, and the next one runs")
    def _():
        ended, text = browser.try_code(first, "std::process::exit(3)")
        assert ended == "failed" and "ended its process" in text, text
        ended, text = browser.try_code(first, "6 * 7")
        assert ended == "done" and text.endswith("42"), text

    @check("restart forgets the variables")
    def _():
        assert browser.try_code(first, "let gone = 1;")[0] == "done"
        browser.toolbar("Restart")
        time.sleep(0.5)
        ended, text = browser.try_code(first, "gone")
        assert ended == "failed" and "cannot find value" in text, text
        browser.click(browser.button(browser.cell(first), "Reset"))


def reading():
    """Hints, quizzes, themes and widths."""

    @check("hints come one after another")
    def _():
        hints = browser.find_all(".exercise details.hint")[:3]
        assert [hint.is_displayed() for hint in hints] == [True, False, False]
        browser.click(hints[0].find_element(By.TAG_NAME, "summary"))
        wait(hints[1].is_displayed, "the second hint")
        assert not hints[2].is_displayed()

    @check("a quiz explains the chosen answer, by keyboard")
    def _():
        item = browser.find(".quiz fieldset")
        why = item.find_elements(By.CSS_SELECTOR, ".why")
        assert not any(text.is_displayed() for text in why)
        browser.js("arguments[0].focus()", item.find_element(By.TAG_NAME, "input"))
        ActionChains(browser.driver).send_keys(Keys.SPACE).perform()
        wait(why[0].is_displayed, "the explanation")
        ActionChains(browser.driver).send_keys(Keys.ARROW_DOWN).perform()
        wait(lambda: why[1].is_displayed() and not why[0].is_displayed(), "the other explanation")

    @check("dark theme and phone width: plots follow, nothing is wider than the screen")
    def _():
        browser.js("document.documentElement.classList.replace('light', 'navy')")
        plot = wait(lambda: browser.js("return document.querySelector('.plot img')?.src"), "a plot")
        wait(lambda: "dark" in browser.js("return document.querySelector('.plot img').src")[:2000], f"dark: {plot[:99]}")
        browser.screenshot("dark")
        browser.driver.set_window_size(390, 1200)
        time.sleep(0.3)
        # Headless Chromium has a smallest window; what counts is that nothing sticks out of it.
        wide, window = browser.js("return [document.documentElement.scrollWidth, innerWidth]")
        browser.screenshot("phone")
        browser.driver.set_window_size(1280, 1600)
        assert wide <= window <= 500, f"the page is {wide} px wide in a window of {window} px"

    @check("all of this left no error in the console and asked nobody else")
    def _():
        foreign, errors = browser.foreign_requests(server.host), browser.errors()
        assert not foreign and not errors, (foreign, errors)


def started_again():
    """What `cargo run --release` does when everything is built."""

    @check("started again, the launcher serves within 3 seconds, and ends at once when asked")
    def _():
        times = []
        for _ in range(2):  # the better of two: other programs may be busy
            again = Server([LAUNCHER])
            times.append(again.start_seconds)
            begun = time.monotonic()
            assert again.stop(signal.SIGINT) == 0, "Ctrl+C is no failure"
            assert time.monotonic() - begun < 5, "it took long to end"
        assert min(times) < 3, times


def doors(elsewhere):
    """Who may talk to the server, and what the others are told."""

    @check("the API refuses other hosts, other origins, wrong and missing tokens")
    def _():
        good = {"Authorization": f"token {TOKEN}"}
        assert server.ask("/api/kernels", good)[0] == 200
        for headers in (
            {},
            {"Authorization": "token wrong"},
            {**good, "Origin": "http://evil.example"},
            {**good, "Host": "evil.example"},
        ):
            status, message = server.ask("/api/kernels", headers)
            assert status == 403 and message, (headers, status, message)

    @check("another site's page reaches neither the API nor a kernel, even with the token")
    def _():
        browser.open(f"http://127.0.0.1:{elsewhere.server_port}/")
        reached = browser.driver.execute_async_script(
            """
            const [host, token, kernel, done] = arguments;
            const asked = fetch(`http://${host}/api/kernels?token=${token}`).then(() => true, () => false);
            const opened = new Promise((resolve) => {
              const socket = new WebSocket(`ws://${host}/api/kernels/${kernel}/channels?token=${token}`);
              socket.onopen = () => resolve(true);
              socket.onerror = () => resolve(false);
            });
            Promise.all([asked, opened]).then(done);
            """,
            server.host,
            TOKEN,
            server.kernels()[0]["id"],
        )
        assert reached == [False, False], reached

    @check("a wrong token is explained on the page")
    def _():
        browser.open(f"{server.url}{DAYS[6]}.html?token=wrong")
        wait(lambda: "old token" in browser.find(".where").text, "the explanation")
        visit(DAYS[6], f"?token={TOKEN}")

    @check("a taken port is one clear sentence")
    def _():
        second = subprocess.run([SD35, "serve", "--port", server.port], capture_output=True, text=True, timeout=30)
        assert second.returncode != 0 and f"port {server.port} is taken" in second.stderr, second.stderr
        assert len(second.stderr.strip().splitlines()) == 1, second.stderr


def without(first, elsewhere):
    """The server goes away, or was never there."""

    @check("the server killed while a cell runs: told in the cell, outputs kept, no process left")
    def _():
        shown = browser.js("return [...document.querySelectorAll('.outputs.recorded')].pop().dataset.outputs")
        before = browser.text(shown)
        browser.write(first, 'println!("begun"); loop {}')
        browser.start(first)
        wait(lambda: "begun" in browser.text(first), "the cell's first line")
        started = descendants(server.process.pid)
        assert len(started) >= 2, "a kernel and a cell's process"
        server.stop(signal.SIGKILL)
        assert browser.end(first, 15) == "failed"
        text = browser.text(first)
        assert "begun" in text and "server went away" in text, text
        assert browser.text(shown) == before
        browser.screenshot("server-gone")
        wait(lambda: all_gone(started), "the end of all kernels", 10)

    for day, slug in DAYS.items():

        @check(f"day {day} without any server: every recorded output is there, with how to run it")
        def _():
            browser.errors(), browser.foreign_requests(server.host)
            browser.open(f"http://127.0.0.1:{elsewhere.server_port}/{slug}.html")
            empty = browser.js(
                "return [...document.querySelectorAll('.outputs:not(.recorded)')].map(o => o.dataset.outputs)"
            )
            outputs = recorded(day)
            missing = [id for id in empty if outputs.get(id)]
            assert not missing, missing
            assert "cargo run --release" in browser.find(".where").text
            errors, foreign = browser.errors(), browser.foreign_requests(f"127.0.0.1:{elsewhere.server_port}")
            assert not errors and not foreign, (errors, foreign)


elsewhere = no_server_at_all()
try:
    for number, slug in DAYS.items():
        lesson(number, slug)
    first_cell = browser.cells()[0]
    cells(first_cell)
    reading()
    started_again()
    doors(elsewhere)
    without(first_cell, elsewhere)
except Exception as problem:  # between the checks; what follows could not be checked
    report("the page test itself", f"{type(problem).__name__}: {problem}")
finally:
    browser.close()
    elsewhere.shutdown()
    if server.process.poll() is None:
        server.stop()
finish()
