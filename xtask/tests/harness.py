"""What the scripts of this folder share: checks, the server, and the processes that it starts.

Each script prints one line per check, `ok name` or `FAILED name: why`; `cargo xtask test` counts them.
"""

import faulthandler
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SD35 = str(Path(sys.argv[1]).resolve())
TOKEN = "token-of-the-tests"
SCRIPT_SECONDS = 1200
EXERCISES = ROOT / "lessons-crate/exercises"

# A browser or a kernel that never answers ends the script instead of stopping the whole test run.
faulthandler.dump_traceback_later(SCRIPT_SECONDS, exit=True)
failures = 0

# The record of what a reader has done is not that of whoever runs the tests.
RECORD = Path(tempfile.mkdtemp(prefix="sd35-record-")) / "progress.jsonl"
os.environ["SD35_PROGRESS"] = str(RECORD)


def plain(id):
    """The id of an exercise as one word, as its cell has it."""
    return id.replace("/", "-").replace("_", "-")


def planted(id):
    """The first planted mistake of an exercise: its code, and the key of its diagnosis."""
    folder = EXERCISES / id
    mistake = tomllib.loads((folder / "exercise.toml").read_text())["mistake"][0]
    if "file" in mistake:
        return (folder / mistake["file"]).read_text(), mistake["key"]
    code = solution(id)
    for edit in mistake["edit"]:
        code = code.replace(edit["from"], edit["to"])
    return code, mistake["key"]


def solution(id):
    return (EXERCISES / id / "solution.rs").read_text()


def report(name, problem=None):
    """Prints the result of one check."""
    global failures
    if problem is None:
        print(f"ok      {name}")
    else:
        failures += 1
        print(f"FAILED  {name}: {problem}")


def check(name):
    """Runs the decorated function now, as one check."""

    def run(function):
        begun = time.monotonic()
        try:
            function()
            report(f"{name} ({time.monotonic() - begun:.1f} s)")
        except Exception as problem:  # any failure is a result here
            report(name, f"{type(problem).__name__}: {' '.join(str(problem).split())[:900]}")
        return function

    return run


def finish():
    """Ends the script; its exit code says whether all checks passed."""
    shutil.rmtree(RECORD.parent, ignore_errors=True)
    sys.exit(1 if failures else 0)


def wait(condition, what, seconds=20):
    """The first true value of `condition()`."""
    deadline = time.monotonic() + seconds

    def now():
        try:
            return condition()
        except Exception as error:
            # Found on the page that was just being left: not true yet of the one that comes.
            if type(error).__name__ == "StaleElementReferenceException":
                return None
            raise

    while not (value := now()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.05)
    return value


def recorded(day):
    """The recorded outputs of a day, by cell id."""
    text = (ROOT / f"book/recorded/day-{day:02}.json").read_text()
    return {id: cell["outputs"] for id, cell in json.loads(text)["cells"].items()}


def parents():
    """The parent of every process that is running now (a zombie runs no longer)."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it ended while we looked
        if state != "Z":
            found[int(stat.parent.name)] = int(parent)
    return found


def descendants(ancestor):
    """The processes that `ancestor` started, and those that they started."""
    running, found = parents(), {ancestor}
    while more := {pid for pid, parent in running.items() if parent in found} - found:
        found |= more
    return found - {ancestor}


def all_gone(pids):
    return not pids & parents().keys()


class Server:
    """`sd35 serve` on a port of its own; `command` may be another program that becomes it."""

    def __init__(self, command=(SD35, "serve"), port="0", arguments=()):
        begun = time.monotonic()
        command = [*command, "--port", port, "--token", TOKEN, *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.url = next((line.strip().split("?")[0] for line in self.process.stdout if "http://" in line), None)
        assert self.url, "the server printed no address"
        self.start_seconds = time.monotonic() - begun
        self.host = self.url.removeprefix("http://").rstrip("/")
        self.port = self.host.split(":")[1]
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(10)

    def ask(self, path, headers):
        """The status and the sentence that answer a plain request."""
        connection = http.client.HTTPConnection(self.host)
        connection.putrequest("GET", path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        body = response.read().decode()
        return response.status, json.loads(body).get("message", "") if body.startswith("{") else body

    def kernels(self):
        return json.loads(self.ask("/api/kernels", {"Authorization": f"token {TOKEN}"})[1])
