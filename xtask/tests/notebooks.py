"""The notebooks in a real Jupyter client: registered kernel, valid files, recorded results.

Usage: notebooks.py PATH_TO_SD35
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from harness import ROOT, SD35, check, finish, report
from nbclient import NotebookClient


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


def constructs(path):
    """What a notebook has that a Jupyter client could treat in its own way."""
    found = set()
    for cell in nbformat.read(path, as_version=4).cells:
        found.add(cell.cell_type)
        found |= {f"tag {tag}" for tag in cell.metadata.get("tags", [])}
        found |= {f"attachment {kind}" for file in cell.get("attachments", {}).values() for kind in file}
        found |= {word for word in (".await", "Progress", "Live", "input(", "eprintln!", "?;") if word in cell.source}
        for output in cell.get("outputs", []):
            found.add(f"{output.output_type} {output.get('name', '')}")
            found |= {f"{output.output_type} {kind}" for kind in output.get("data", {})}
    return found


def chosen(files):
    """As few notebooks as have every construct: all cells of all days are run by the step `cells` already."""
    having = {path: constructs(path) for path in files}
    missing, picked = set().union(*having.values()), []
    while missing:
        # The shortest of those that bring most.
        best = max(files, key=lambda path: (len(having[path] & missing), -path.stat().st_size))
        picked.append(best)
        missing -= having[best]
    return picked


def valid(path):
    @check(f"{path.stem} is valid nbformat 4.5")
    def _():
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        nbformat.validate(notebook)


def notebook(path, home):
    """One notebook, from top to bottom."""

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


def library(home):
    """The prebuilt library is made again when it is damaged."""

    @check("a damaged prebuilt library is noticed, said and built again")
    def _():
        def prepare(cache):
            result = sd35("kernel", "prepare", XDG_CACHE_HOME=str(cache))
            assert result.returncode == 0, result.stderr
            return result.stderr

        usual = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
        prepare(usual)
        # The one in use, by now, in a cache of its own.
        newest = max((usual / "sd35").glob("lib-*/manifest.json"), key=lambda file: file.stat().st_mtime).parent
        own = home / "cache"
        shutil.copytree(newest, own / "sd35" / newest.name)
        built = own / "sd35" / newest.name / "lib/liblessons.so"
        assert "damaged" not in prepare(own)
        with built.open("r+b") as file:
            file.seek(4096)
            file.write(b"damage" * 100)
        assert "damaged" in prepare(own)
        assert built.read_bytes() == (newest / "lib/liblessons.so").read_bytes()
        assert "damaged" not in prepare(own)


home = Path(tempfile.mkdtemp(prefix="sd35-notebooks-"))
try:
    registration(home)
    files = sorted((ROOT / "notebooks").glob("*.ipynb"))
    report("there are notebooks", None if files else "`sd35 build` wrote none")
    for file in files:
        valid(file)
    # Two at a time: a cell is compiled on one core. The library is begun first, because it takes longest.
    with ThreadPoolExecutor(max_workers=2) as pool:
        tasks = [pool.submit(library, home), *(pool.submit(notebook, file, home) for file in chosen(files))]
    for task in tasks:
        task.result()
except Exception as problem:  # between the checks; what follows could not be checked
    report("the notebook test itself", f"{type(problem).__name__}: {problem}")
finally:
    shutil.rmtree(home, ignore_errors=True)
finish()
