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
    """Gives the address of ada's server, which does not run yet, and her token."""
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
            yield f"{address}/user/ada/", wait(token, "a token of the hub", 30)
        finally:
            started = descendants(hub.pid)
            hub.send_signal(signal.SIGINT)
            hub.wait(30)
            wait(lambda: all_gone(started), "the end of the hub's processes", 10)


def run(browser, site):
    @check("on a JupyterHub: a wrong token is named, the reader's server is started, cells run there")
    def _():
        with jupyter_hub(site) as (address, token):
            browser.open(f"{site.url}{DAYS[6]}.html")
            choose(browser, address, "wrong")
            wait(lambda: "does not take this token" in browser.find(".where").text, "a sentence on the token")
            choose(browser, address, token)
            wait(lambda: "Starting your server" in browser.find(".where").text, "the start of the server")
            wait(lambda: "Runs on" in browser.find(".where").text, "a server", 30)
            passes(browser, "127.0.0.1")

    browser.js("localStorage.removeItem('sd35-place')")
    browser.errors(), browser.foreign_requests(site.host)
