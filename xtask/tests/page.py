"""The pages in headless Chromium, driven as a reader would, against a real server.

Usage: page.py PATH_TO_SD35
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from pathlib import Path

import page_elsewhere
import page_hub
import page_reading
from browser import Browser, StaticSite
from harness import (
    RECORD, ROOT, SD35, TOKEN, Server, all_gone, check, descendants, finish, plain, planted, recorded, report,
    solution, wait,
)
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

DAYS = {day["number"]: day["slug"] for day in tomllib.loads((ROOT / "book/lessons.toml").read_text())["day"]}
LAUNCHER = str(Path(SD35).with_name("xtask"))


# Days whose every cell runs here, from the page: with servers, with SQL, and with the exercises of a whole day passed.
# `sd35 check` runs every cell of every day, and `cargo test -p exercises` gives every planted mistake to its check; what
# differs from page to page (outputs, plots, markup) is looked at on each, without a kernel. What comes after the days
# goes on with the page of the last.
WHOLE_DAYS = (3, 9, 6)


server = Server()
browser = Browser()


def visit(slug, query=""):
    browser.open(f"{server.url}{slug}.html{query}")
    browser.ready()


def assert_plots():
    """Each plot on the page is a picture that has been loaded, and is described in words."""
    plots = browser.js(
        "return [...document.querySelectorAll('.outputs .plot img')].map(i => [i.naturalWidth, i.alt])"
    )
    assert plots and all(width > 300 and alt for width, alt in plots), plots


def lesson(day, slug):
    """A day: its cells, its exercises."""
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

    @check(f"day {day}: plots are pictures with words")
    def _():
        assert_plots()

    for id in browser.js("return [...document.querySelectorAll('.exercise')].map(e => e.dataset.exercise)"):
        cell, answer = plain(id), f"{plain(id)}-check"

        def result():
            browser.run(answer)
            return browser.js(
                "const r = document.getElementById(arguments[0]).querySelector('[data-passed]');"
                "return r && {...r.dataset, text: r.innerText}",
                answer,
            )

        def diagnosed():
            code, key = planted(id)
            browser.write(cell, code)
            said = result()
            assert said and said["passed"] == "false" and said["diagnosis"] == key, said
            assert "Likely cause" in said["text"], said

        @check(f"exercise {id}: the starter fails, a wrong answer gets its diagnosis, the solution passes")
        def _():
            shown = browser.find(f"[data-exercise='{id}'] details.solution")
            assert result()["passed"] == "false", "the starter passes"
            diagnosed()
            assert not shown.get_attribute("open"), "the solution opens before the exercise is passed"
            browser.write(cell, solution(id))
            assert result()["passed"] == "true", browser.text(answer)
            assert shown.get_attribute("open"), "the solution does not open after passing"
            browser.click(browser.button(browser.cell(cell), "Reset"))

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

    @check("an edit of code that the book has changed since: both are kept until the reader chooses")
    def _():
        cell = lambda: browser.cell(first)
        original = cell().get_attribute("data-source")
        key = f"sd35:{DAYS[6]}.html:{first}"
        for choice, runs in (("Take the new one", False), ("Keep mine", True)):
            old = json.dumps({"code": 'println!("an old edit");', "of": "another"})
            browser.js("localStorage.setItem(arguments[0], arguments[1])", key, old)
            browser.driver.refresh()
            browser.ready()
            assert "edited" not in cell().get_attribute("class").split(), "the edit hides the new code"
            asked = cell().find_element(By.CSS_SELECTOR, ".changed")
            assert "an old edit" in asked.find_element(By.TAG_NAME, "code").get_attribute("textContent")
            browser.click(browser.button(asked, choice))
            assert not cell().find_elements(By.CSS_SELECTOR, ".changed")
            if runs:
                assert browser.run(first) == "done" and "an old edit" in browser.text(first)
                browser.driver.refresh()
                browser.ready()
                assert "edited" in cell().get_attribute("class").split(), "the choice is forgotten"
                browser.click(browser.button(cell(), "Reset"))
            else:
                assert browser.js("return localStorage.getItem(arguments[0])", key) is None
        assert cell().find_element(By.CSS_SELECTOR, "pre code").get_attribute("textContent").strip() == original.strip()

    @check("run above runs the cells above, in order, and no others")
    def _():
        ids = browser.cells()
        browser.toolbar("Restart")
        browser.write(ids[0], "let above = 20;")
        browser.write(ids[1], "let above_too = above + 1;")
        browser.write(ids[2], "above_too * 2")
        browser.click(browser.button(browser.cell(ids[2]), "Run above"))
        assert browser.end(ids[1]) == "done", browser.text(ids[1])
        assert browser.state(ids[2]) is None, "the cell itself ran"
        assert browser.run(ids[2]) == "done" and browser.text(ids[2]).endswith("42"), browser.text(ids[2])
        for id in ids[:3]:
            browser.click(browser.button(browser.cell(id), "Reset"))

    @check("Shift+Tab leaves the editor, and outputs are announced")
    def _():
        cell = browser.cell(first)
        browser.click(browser.button(cell, "Edit"))
        cell.find_element(By.CSS_SELECTOR, "textarea.editor").send_keys("x")
        browser.driver.switch_to.active_element.send_keys(Keys.SHIFT, Keys.TAB)
        assert browser.driver.switch_to.active_element.tag_name != "textarea", "the editor keeps the focus"
        browser.click(browser.button(cell, "Done"))
        browser.try_code(first, "6 * 7")
        live = browser.find(".sd35-live")
        assert live.get_attribute("aria-live") == "polite" and "done" in live.get_attribute("textContent")
        browser.click(browser.button(cell, "Reset"))

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

    @check("the modules of a lesson lead to the library's documentation")
    def _():
        wait((ROOT / "book/site/library/lessons/index.html").exists, "the documentation", 60)
        browser.click(browser.find(".day-header .facts a"))
        wait(lambda: browser.js("return document.body.matches('.rustdoc.mod')"), "the page of the module")
        browser.driver.back()

    @check("all of this left no error in the console and asked nobody else")
    def _():
        foreign, errors = browser.foreign_requests(server.host), browser.errors()
        assert not foreign and not errors, (foreign, errors)


def record():
    """One record of what was done: page, command line, and later Jupyter."""

    def export():
        ended = subprocess.run([SD35, "progress", "--export"], capture_output=True, text=True, timeout=30)
        return json.loads(ended.stdout)["records"]

    @check("what was passed on the page is known to the command line")
    def _():
        passed = {name for name, entry in export().items() if entry.get("state") == "passed"}
        day_6 = (ROOT / f"book/chapters/{DAYS[6]}.md").read_text()
        wanted = {f"exercise:{id}" for id in re.findall(r"#exercise (\S+)}}", day_6)}
        assert wanted <= passed, (wanted, passed)
        told = subprocess.run([SD35, "progress"], capture_output=True, text=True, timeout=30).stdout
        assert f"{len(wanted)} of {len(wanted)}" in told, told

    @check("a second browser finds the record; deleted on the page, it is deleted everywhere")
    def _():
        other = Browser()
        try:
            other.open(f"{server.url}review.html?token={TOKEN}")
            wait(lambda: "4 of 4" in other.find(".record").text, "the record of the other browser")
            other.click(other.button(other.find(".record"), "Delete"))
            other.driver.switch_to.alert.accept()
            wait(lambda: not export(), "an empty record")
            assert "exercise" not in RECORD.read_text()
        finally:
            other.close()
        browser.driver.refresh()
        browser.ready()
        wait(lambda: not browser.record(), "an empty record here")

    @check("the record needs the token")
    def _():
        assert server.ask("/api/progress", {})[0] == 403
        assert server.ask("/api/progress", {"Authorization": f"token {TOKEN}"})[0] == 200


def away(first):
    """The server stops, and comes back: the page finds it."""
    global server

    @check("a server that was started again is found, and the reader is told that variables are gone")
    def _():
        global server
        visit(DAYS[6])
        assert browser.try_code(first, "let before = 1;")[0] == "done"
        server.stop()
        browser.start(first)
        assert browser.end(first) == "failed"
        assert browser.js("return document.documentElement.dataset.sd35") == "gone"
        server = Server(port=server.port)
        wait(lambda: "is back" in browser.find(".where").text, "the page to find the server", 30)
        ended, text = browser.try_code(first, "before")
        assert ended == "failed" and "cannot find value" in text, text
        assert browser.try_code(first, "2 + 2")[1].endswith("4")
        browser.click(browser.button(browser.cell(first), "Reset"))
        browser.errors()

    @check("after a sleep the connection is replaced, and the variables are still there")
    def _():
        assert browser.try_code(first, "let slept = 5;")[0] == "done"
        browser.js("dispatchEvent(new Event('online'))")
        time.sleep(0.5)
        assert browser.try_code(first, "slept")[1].endswith("5")
        browser.click(browser.button(browser.cell(first), "Reset"))


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
            {**good, "Host": "localhost:1"},
        ):
            status, message = server.ask("/api/kernels", headers)
            assert status == 403 and message, (headers, status, message)

    @check("another site's page reaches neither the API nor a kernel, even with the token")
    def _():
        browser.open(f"http://127.0.0.1:{elsewhere.server.server_port}/")
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

    @check("a link with a wrong token changes nothing where the right one is known, in this tab and in a new one")
    def _():
        visit(DAYS[6], f"?token={TOKEN}")
        for where in (server.url, server.url.replace("127.0.0.1", "localhost")):
            browser.open(f"{where}{DAYS[6]}.html?token={TOKEN}")
            browser.open(f"{where}{DAYS[6]}.html?token=wrong")
            wait(lambda: "token" not in browser.driver.current_url, "the token out of sight")
            wait(lambda: browser.driver.execute_script("return document.documentElement.dataset.sd35") == "idle",
                 "the kernel's state")
        first = browser.driver.current_window_handle
        browser.driver.switch_to.new_window("tab")
        browser.open(f"{where}{DAYS[6]}.html?token=wrong")
        wait(lambda: browser.driver.execute_script("return document.documentElement.dataset.sd35") == "idle",
             "the token of the other tab")
        kept = browser.js("return JSON.stringify({ ...localStorage })")
        assert TOKEN not in kept, "the token is kept longer than the tabs"
        browser.driver.close()
        browser.driver.switch_to.window(first)

    @check("a wrong token is explained on the page")
    def _():
        other = Browser()
        try:
            other.open(f"{server.url}{DAYS[6]}.html?token=wrong")
            wait(lambda: "old token" in other.find(".where").text, "the explanation")
        finally:
            other.close()
        visit(DAYS[6], f"?token={TOKEN}")

    @check("the address is the same at the next start, and the browser is handed a file that nobody else can read")
    def _():
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            browser_of_the_system = folder / "xdg-open"
            browser_of_the_system.write_text(
                f"#!/bin/sh\ncat \"$1\" > {folder}/page\nstat -c %a \"$(dirname \"$1\")\" > {folder}/mode\n"
                f"echo \"$1\" > {folder}/told\n")
            browser_of_the_system.chmod(0o755)
            environment = {**os.environ, "XDG_STATE_HOME": str(folder), "PATH": f"{folder}:{os.environ['PATH']}"}
            tokens = []
            for _ in range(2):
                command = [SD35, "serve", "--port", "0", "--open"]
                process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
                try:
                    url = next(line for line in process.stdout if "http://" in line)
                    tokens.append(url.strip().split("?token=")[1])
                    told = wait(lambda: (folder / "told").exists() and (folder / "told").read_text(), "the browser")
                    assert tokens[-1] not in told and f"?token={tokens[-1]}\"" in (folder / "page").read_text(), told
                    assert (folder / "mode").read_text() == "700\n", (folder / "mode").read_text()
                    (folder / "told").unlink()
                finally:
                    process.terminate()
                    process.wait()
            assert tokens[0] == tokens[1] and len(tokens[0]) == 32, tokens
            kept = list((folder / "sd35").glob("token-*"))
            assert [file.stat().st_mode & 0o777 for file in kept] == [0o600], kept

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
            browser.open(f"http://127.0.0.1:{elsewhere.server.server_port}/{slug}.html")
            empty = browser.js(
                "return [...document.querySelectorAll('.outputs:not(.recorded)')].map(o => o.dataset.outputs)"
            )
            outputs = recorded(day)
            missing = [id for id in empty if outputs.get(id)]
            assert not missing, missing
            assert len(browser.cells()) >= 8 and browser.find_all(".exercise .meta ~ p"), "no cells, or no statement"
            assert_plots()
            assert "cargo run --release" in browser.find(".where").text
            errors, foreign = browser.errors(), browser.foreign_requests(elsewhere.host)
            assert not errors and not foreign, (errors, foreign)


elsewhere = StaticSite()
try:
    for number in WHOLE_DAYS:
        lesson(number, DAYS[number])
    first_cell = browser.cells()[0]
    record()
    cells(first_cell)
    reading()
    started_again()
    doors(elsewhere)
    away(first_cell)
    without(first_cell, elsewhere)
    page_elsewhere.run(browser, elsewhere)
    page_hub.run(browser, elsewhere)
    browser.theme("light")
    page_reading.run(browser)
except Exception as problem:  # between the checks; what follows could not be checked
    report("the page test itself", f"{type(problem).__name__}: {problem}")
finally:
    browser.close()
    elsewhere.stop()
    if server.process.poll() is None:
        server.stop()
finish()
