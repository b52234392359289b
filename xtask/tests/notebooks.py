"""The notebooks in a real Jupyter client: registered kernel, valid files, recorded results.

Usage: notebooks.py PATH_TO_SD35
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
SD35 = sys.argv[1]
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
            report(name, f"{type(problem).__name__}: {problem}")
        return function

    return run


def install(*arguments, **variables):
    environment = {**os.environ, **variables}
    subprocess.run([SD35, "kernel", *arguments], check=True, env=environment, stdout=subprocess.DEVNULL)


def registered(folder):
    spec = json.loads((Path(folder) / "kernels/sd35/kernel.json").read_text())
    assert spec["display_name"] == "Rust (System Design in 35 Days)", spec
    assert Path(spec["argv"][0]).exists() and "{connection_file}" in spec["argv"], spec


def run_cell(client, code):
    """The reply's content, and the outputs, of one cell."""
    outputs = []

    def hear(message):
        if message["msg_type"] in ("stream", "display_data", "execute_result", "error"):
            outputs.append(message["content"])

    reply = client.execute_interactive(code, output_hook=hear, timeout=60, store_history=True)
    return reply["content"], outputs


def reply_to(client, request):
    """The reply to one request; others may still be on their way."""
    while True:
        message = client.get_shell_msg(timeout=10)
        if message["parent_header"].get("msg_id") == request:
            return message["content"]


home = Path(tempfile.mkdtemp(prefix="sd35-notebooks-"))
try:

    @check("kernel install respects JUPYTER_DATA_DIR")
    def _():
        install("install", JUPYTER_DATA_DIR=str(home / "data"))
        registered(home / "data")
        install("uninstall", JUPYTER_DATA_DIR=str(home / "data"))
        assert not (home / "data/kernels/sd35").exists()

    @check("kernel install --user")
    def _():
        user = {**{k: v for k, v in os.environ.items() if k != "JUPYTER_DATA_DIR"}, "HOME": str(home / "user")}
        user.pop("XDG_DATA_HOME", None)
        user["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
        # Rust's own folders stay where they are.
        user.setdefault("CARGO_HOME", str(Path.home() / ".cargo"))
        user.setdefault("RUSTUP_HOME", str(Path.home() / ".rustup"))
        command = [SD35, "kernel", "install", "--user"]
        subprocess.run(command, check=True, env=user, stdout=subprocess.DEVNULL)
        registered(home / "user/.local/share/jupyter")

    @check("kernel install --prefix")
    def _():
        install("install", "--prefix", str(home / "prefix"))
        registered(home / "prefix/share/jupyter")

    @check("kernel install --sys-prefix")
    def _():
        install("install", "--sys-prefix", VIRTUAL_ENV=sys.prefix)
        registered(Path(sys.prefix) / "share/jupyter")

    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    report("there are notebooks", None if notebooks else "`sd35 build` wrote none")
    for path in notebooks:

        @check(f"{path.stem} is valid nbformat 4.5")
        def _(path=path):
            notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
            assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
            nbformat.validate(notebook)

        @check(f"{path.stem} runs top to bottom and gives the recorded results")
        def _(path=path):
            notebook = nbformat.read(path, as_version=4)
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs = []
            NotebookClient(notebook, kernel_name="sd35", timeout=60).execute()
            executed = home / path.name
            nbformat.write(notebook, executed)
            command = [SD35, "check", "--notebook", str(executed)]
            result = subprocess.run(command, capture_output=True, text=True)
            drift = [line for line in (result.stdout + result.stderr).splitlines() if "DRIFT" in line or "error" in line]
            assert result.returncode == 0, "; ".join(drift)

    manager, client = start_new_kernel(kernel_name="sd35")
    try:

        @check("a Jupyter client sees errors, plots and state as the protocol says")
        def _():
            assert run_cell(client, "let x = 40;")[0]["status"] == "ok"
            reply, outputs = run_cell(client, "x + 2")
            assert outputs[0]["data"]["text/plain"] == "42", outputs
            reply, outputs = run_cell(client, "x.nothing()")
            assert reply["status"] == "error" and reply["ename"] == "CompileError", reply
            reply, outputs = run_cell(client, 'plot::line("t").series("a", [(0.0, 1.0), (1.0, 2.0)])')
            assert outputs[0]["data"]["image/svg+xml"].startswith("<svg"), outputs

        @check("an interrupt from Jupyter stops the cell and keeps the variables")
        def _():
            request = client.execute("loop {}")
            time.sleep(1)
            manager.interrupt_kernel()
            reply = reply_to(client, request)
            assert reply["ename"] == "Interrupted", reply
            assert run_cell(client, "x")[0]["status"] == "ok"

        @check("completion, history and is_complete answer")
        def _():
            assert reply_to(client, client.is_complete("fn f() {"))["status"] == "incomplete"
            history = client.history(raw=True, hist_access_type="tail", n=100, reply=True, timeout=10)["content"]
            assert any(entry[2] == "let x = 40;" for entry in history["history"]), history
            assert client.complete("x.", 2, reply=True, timeout=60)["content"]["status"] == "ok"

        @check("a restart gives a fresh kernel")
        def _():
            manager.restart_kernel(now=False)
            client.wait_for_ready(timeout=30)
            assert run_cell(client, "x")[0]["ename"] == "CompileError"

    finally:
        client.stop_channels()
        manager.shutdown_kernel()

    @check("no kernel is left running")
    def _():
        time.sleep(1)
        left = subprocess.run(["pgrep", "-f", "kernel run --connection-file"], capture_output=True, text=True).stdout
        assert not left.strip(), left

finally:
    shutil.rmtree(home, ignore_errors=True)

sys.exit(1 if failures else 0)
