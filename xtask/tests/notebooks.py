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
from harness import ROOT, SD35, all_gone, check, descendants, finish, report, wait
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

OUTPUTS = ("stream", "display_data", "execute_result", "error")


def sd35(*arguments, **variables):
    """Runs the command in this environment, changed by `variables` (None removes one)."""
    environment = {name: value for name, value in {**os.environ, **variables}.items() if value is not None}
    return subprocess.run([SD35, *arguments], env=environment, capture_output=True, text=True, timeout=300)


def registered(folder):
    spec = json.loads((folder / "kernels/sd35/kernel.json").read_text())
    assert spec["display_name"] == "Rust (System Design in 35 Days)", spec
    assert Path(spec["argv"][0]).exists() and "{connection_file}" in spec["argv"], spec


def registration(home):
    """Where `sd35 kernel install` puts the kernel."""
    data, user, prefix = home / "data", home / "user", home / "prefix"
    # Rust's own folders stay where they are.
    rust = {
        "CARGO_HOME": os.environ.get("CARGO_HOME", str(Path.home() / ".cargo")),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup")),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
    }
    user_only = {**rust, "HOME": str(user), "JUPYTER_DATA_DIR": None, "XDG_DATA_HOME": None}
    for name, arguments, variables, folder in (
        ("respects JUPYTER_DATA_DIR", [], {"JUPYTER_DATA_DIR": str(data)}, data),
        ("--user", ["--user"], user_only, user / ".local/share/jupyter"),
        ("--prefix", ["--prefix", str(prefix)], {}, prefix / "share/jupyter"),
        ("--sys-prefix", ["--sys-prefix"], {"VIRTUAL_ENV": sys.prefix}, Path(sys.prefix) / "share/jupyter"),
    ):

        @check(f"kernel install {name}")
        def _():
            result = sd35("kernel", "install", *arguments, **variables)
            assert result.returncode == 0, result.stderr
            registered(folder)

    @check("kernel uninstall")
    def _():
        sd35("kernel", "uninstall", JUPYTER_DATA_DIR=str(data))
        assert not (data / "kernels/sd35").exists()


def notebook(path, home):
    """One notebook, from top to bottom."""

    @check(f"{path.stem} is valid nbformat 4.5")
    def _():
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        nbformat.validate(notebook)

    @check(f"{path.stem} runs top to bottom and gives the recorded results")
    def _():
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
        # Text that comes in pieces is one output, as in any Jupyter front end.
        NotebookClient(notebook, kernel_name="sd35", timeout=60, coalesce_streams=True).execute()
        executed = home / path.name
        nbformat.write(notebook, executed)
        # The same comparison, with the same masks, as for the cells that `sd35 check` runs itself.
        result = sd35("check", "--notebook", str(executed))
        drift = [line for line in (result.stdout + result.stderr).splitlines() if "  ok  " not in line]
        assert result.returncode == 0, "; ".join(drift)


class Kernel:
    """A kernel that a Jupyter client started."""

    def __init__(self):
        self.manager, self.client = start_new_kernel(kernel_name="sd35")

    @property
    def pid(self):
        return self.manager.provisioner.process.pid

    def run(self, code, seconds=60):
        """The reply's content, and the outputs, of one cell."""
        outputs = []

        def hear(message):
            if message["msg_type"] in OUTPUTS:
                outputs.append(message["content"])

        reply = self.client.execute_interactive(code, output_hook=hear, timeout=seconds, store_history=True)
        return reply["content"], outputs

    def shows(self, code, expected):
        reply, outputs = self.run(code)
        assert reply["status"] == "ok" and outputs[-1]["data"]["text/plain"] == expected, (code, reply, outputs)

    def fails(self, code, name, words=""):
        reply, _ = self.run(code)
        assert reply["status"] == "error" and reply["ename"] == name, (code, reply)
        assert words in "\n".join([reply["evalue"], *reply["traceback"]]), (words, reply)

    def reply(self, request):
        """The reply to one request; others may still be on their way."""
        while True:
            message = self.client.get_shell_msg(timeout=30)
            if message["parent_header"].get("msg_id") == request:
                return message["content"]

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel()


def protocol(kernel):
    """What a Jupyter client sees of cells that behave, and of cells that do not."""

    @check("Jupyter: values, plots and state")
    def _():
        assert kernel.run("let x = 40;")[0]["status"] == "ok"
        kernel.shows("x + 2", "42")
        _, outputs = kernel.run('plot::line("t").series("a", [(0.0, 1.0), (1.0, 2.0)])')
        assert outputs[0]["data"]["image/svg+xml"].startswith("<svg"), outputs

    @check("Jupyter: a compile error and a panic lose nothing")
    def _():
        kernel.fails("x.nothing()", "CompileError", "nothing")
        kernel.fails('panic!("on purpose")', "Panic", "on purpose")
        kernel.shows("x", "40")

    @check("Jupyter: an interrupt stops an endless loop and keeps the variables")
    def _():
        request = kernel.client.execute("loop {}")
        time.sleep(1)
        kernel.manager.interrupt_kernel()
        assert kernel.reply(request)["ename"] == "Interrupted"
        kernel.shows("x", "40")

    @check("Jupyter: 100 MB of text and a huge plot are cut, and said to be")
    def _():
        reply, outputs = kernel.run('for i in 0..1_500_000 { println!("{i} {}", "x".repeat(60)); }', 120)
        text = "".join(output.get("text", "") for output in outputs)
        assert reply["status"] == "ok" and text.startswith("0 xxx") and len(text) < 4_000_000, (reply, len(text))
        huge = 'plot::line("huge").series("a", (0..2_000_000).map(|i| (i as f64, (i % 97) as f64)))'
        reply, outputs = kernel.run(huge, 120)
        assert reply["status"] == "ok" and len(json.dumps(outputs)) < 10_000_000, (reply, len(json.dumps(outputs)))
        kernel.shows("x", "40")

    @check("Jupyter: completion, history and is_complete answer")
    def _():
        assert kernel.reply(kernel.client.is_complete("fn f() {"))["status"] == "incomplete"
        history = kernel.client.history(raw=True, hist_access_type="tail", n=100, reply=True, timeout=10)["content"]
        assert any(entry[2] == "let x = 40;" for entry in history["history"]), history
        assert kernel.client.complete("x.", 2, reply=True, timeout=60)["content"]["status"] == "ok"

    @check("Jupyter: a cell that ends its process is explained, and the next one runs")
    def _():
        reply, outputs = kernel.run("std::process::exit(3)")
        assert reply["status"] == "error" and "ended its process" in json.dumps([reply, outputs]), (reply, outputs)
        kernel.shows("6 * 7", "42")

    @check("Jupyter: an exercise answers a wrong solution and the right one")
    def _():
        folder = ROOT / "book/exercises/d06-filter-size"
        for file, word in (("wrong/log_base_10.rs", 'data-diagnosis="log-base-10"'), ("solution.rs", 'passed="true"')):
            assert kernel.run((folder / file).read_text())[0]["status"] == "ok"
            _, outputs = kernel.run("check::filter_size(filter_size)")
            assert word in outputs[-1]["data"]["text/html"], outputs

    @check("Jupyter: a restart gives a fresh kernel")
    def _():
        kernel.manager.restart_kernel(now=False)
        kernel.client.wait_for_ready(timeout=30)
        kernel.fails("x", "CompileError", "x")


def library(home):
    """The prebuilt library is made again when it is damaged."""

    @check("a damaged prebuilt library is noticed, said and built again")
    def _():
        cache = home / "cache"
        own = {"XDG_CACHE_HOME": str(cache)}
        first = sd35("check", "6", **own)
        built = next((cache / "sd35").glob("lib-*/lib/liblessons.so"))
        with built.open("r+b") as file:
            file.seek(4096)
            file.write(b"damage" * 100)
        again = sd35("check", "6", **own)
        assert "damaged" in again.stderr, again.stderr
        assert again.returncode == first.returncode and again.stdout.count("  ok  ") == first.stdout.count("  ok  ")


home = Path(tempfile.mkdtemp(prefix="sd35-notebooks-"))
try:
    registration(home)
    files = sorted((ROOT / "notebooks").glob("*.ipynb"))
    report("there are notebooks", None if files else "`sd35 build` wrote none")
    for file in files:
        notebook(file, home)
    kernel = Kernel()
    started = {kernel.pid}
    try:
        protocol(kernel)
    finally:
        started |= descendants(kernel.pid) | {kernel.pid}
        kernel.close()

    @check("no kernel is left running")
    def _():
        wait(lambda: all_gone(started), f"the end of {started}", 5)

    library(home)
except Exception as problem:  # between the checks; what follows could not be checked
    report("the notebook test itself", f"{type(problem).__name__}: {problem}")
finally:
    shutil.rmtree(home, ignore_errors=True)
finish()
