"""A page without a server of ours runs its cells on a JupyterHub, which starts the reader's server first."""

import json
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness import all_gone, check, descendants, wait
from page_elsewhere import DAYS, choose, environment, passes

SECRET = "token-of-the-hub-tests"


def free_ports(count):
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [str(each.getsockname()[1]) for each in sockets]


@contextmanager
def jupyter_hub(site):
    """Gives the address of a hub, and the token of ada, whose server does not run yet."""
    with tempfile.TemporaryDirectory() as folder:
        ports = free_ports(3)
        address = f"http://127.0.0.1:{ports[0]}"
        log = Path(folder, "log")
        hub = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", Path(__file__).with_name("hub") / "config.py"],
            env={**environment(folder), "PAGE_ORIGIN": f"http://{site.host}", "HUB_FOLDER": folder,
                 "HUB_PORTS": " ".join(ports), "HUB_TOKEN": SECRET},
            cwd=folder, stdout=log.open("w"), stderr=subprocess.STDOUT,
        )

        def token():
            assert hub.poll() is None, log.read_text()[-500:]
            request = urllib.request.Request(
                f"{address}/hub/api/users/ada/tokens", b"{}", {"Authorization": f"token {SECRET}"})
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return json.load(answer)["token"]
            except OSError:
                return None  # it is still starting

        try:
            yield address, wait(token, "a token of the hub", 30)
        finally:
            started = descendants(hub.pid)
            hub.send_signal(signal.SIGINT)
            hub.wait(30)
            wait(lambda: all_gone(started), "the end of the hub's processes", 10)


def run(browser, site):
    def says(words, seconds=10):
        wait(lambda: words in browser.find(".where").text, words, seconds)

    @check("on a JupyterHub: wrong tokens and names are told, the reader's servers are started, cells run there")
    def _():
        with jupyter_hub(site) as (hub, token):
            browser.open(f"{site.url}{DAYS[6]}.html")
            for address in (f"{hub}/user/ada/", f"{hub}/hub/home"):
                choose(browser, address, "wrong")
                says("does not take this token")
            choose(browser, f"{hub}/user/nobody/", token)
            says("no such user")
            # The hub knows whose token this is.
            choose(browser, f"{hub}/hub/home", token)
            says("Starting your server")
            says("Runs on", 30)
            chosen = json.loads(browser.js("return localStorage.getItem('sd35-place')"))
            assert chosen["url"] == f"{hub}/user/ada/", chosen
            passes(browser, "127.0.0.1")
            choose(browser, f"{hub}/user/ada/second/", token)
            says("Starting your server")
            says("Runs on", 30)

    browser.js("localStorage.removeItem('sd35-place')")
    browser.errors(), browser.foreign_requests(site.host)
