"""A page without a server of ours runs its cells on someone's Jupyter Server."""

import os
import subprocess
import sys
import tempfile
import threading
import tomllib
from contextlib import contextmanager

from harness import RECORD, ROOT, SD35, check, plain, solution, wait
from selenium.webdriver.common.by import By

DAYS = {day["number"]: day["slug"] for day in tomllib.loads((ROOT / "book/lessons.toml").read_text())["day"]}
EXERCISE = "sketch/filter_size"


def environment(folder):
    """That of a Jupyter which has our kernel, and nothing else of this machine's."""
    subprocess.run([SD35, "kernel", "install", "--prefix", folder], check=True, capture_output=True)
    return {
        **os.environ, "JUPYTER_DATA_DIR": folder, "JUPYTER_RUNTIME_DIR": folder, "JUPYTER_CONFIG_DIR": folder,
        "JUPYTER_PATH": f"{folder}/share/jupyter",
    }


@contextmanager
def jupyter_server(site):
    """One with a token, below a path; gives its address."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--port=0",
             "--IdentityProvider.token=theirs", "--ServerApp.base_url=/courses/",
             f"--ServerApp.allow_origin=http://{site.host}", f"--ServerApp.root_dir={folder}"],
            env=environment(folder), stderr=subprocess.PIPE, text=True, cwd=folder,
        )
        try:
            address = next(line for line in server.stderr if "http://127.0.0.1" in line or "http://localhost" in line)
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield address.split()[-1].partition("?")[0].replace("localhost", "127.0.0.1")
        finally:
            server.terminate()
            server.wait(20)


def choose(browser, address, token=""):
    """In the page's dialog."""
    browser.toolbar("Where?")
    dialog = browser.find("dialog.sd35-dialog")
    fields = dialog.find_elements(By.CSS_SELECTOR, ".field input")
    for field, text in zip(fields, (address, token)):
        field.clear()
        field.send_keys(text)
    browser.click(browser.button(dialog, "Use it"))
    return dialog


def passes(browser, host):
    """Cells run there, and what is passed is recorded there."""
    browser.ready()
    assert host in browser.find(".where").text
    cell = plain(EXERCISE)
    browser.write(cell, solution(EXERCISE))
    # The answer by itself: a check whose answer does not run has no end.
    assert browser.run(cell, 90) == "done", browser.text(cell)
    assert browser.run(f"{cell}-check", 90) == "done", browser.text(f"{cell}-check")
    assert f"exercise:{EXERCISE}" in RECORD.read_text(), "the kernel did not record it"


def run(browser, site):
    page = f"{site.url}{DAYS[6]}.html"

    @check("what is no address of a server is refused with a sentence")
    def _():
        browser.open(page)
        dialog = choose(browser, "hub.example.org")
        assert "https://" in dialog.find_element(By.CSS_SELECTOR, ".problem").text
        browser.click(browser.button(dialog, "Cancel"))

    @check("on a Jupyter Server: chosen by address and token, cells run, a passed exercise is recorded there")
    def _():
        with jupyter_server(site) as address:
            browser.open(page)
            browser.toolbar("Where?")
            browser.screenshot("where")
            assert not browser.barriers()
            browser.click(browser.button(browser.find("dialog.sd35-dialog"), "Cancel"))
            choose(browser, address, "theirs")
            passes(browser, "127.0.0.1")
            browser.toolbar("Where?")
            browser.click(browser.find("dialog input[value=recorded]"))
            browser.click(browser.button(browser.find("dialog.sd35-dialog"), "Use it"))
            wait(lambda: "as you chose" in browser.find(".where").text, "recorded outputs")

    browser.js("localStorage.removeItem('sd35-place')")
    browser.errors(), browser.foreign_requests(site.host)
