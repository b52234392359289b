"""How fast the kernel is, beside stock evcxr_jupyter and beside the compiler alone.

Usage: kernel.py PATH_TO_SD35 PATH_TO_EVCXR_JUPYTER [--quick]

All figures come from one run on one machine, through a real Jupyter client. Each cell differs from the one
before in a number, so that nothing is answered from a cache. The floor is bare `rustc` compiling, to a
cdylib against the prebuilt library, the file that our kernel had generated for the same cell.
"""

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parents[2]
SD35, STOCK = (str(Path(path).resolve()) for path in sys.argv[1:3])
QUICK = "--quick" in sys.argv
REPEATS = 2 if QUICK else 10
CLASSROOM = 4 if QUICK else 30
CHAPTER = ROOT / "book/chapters/how-fast-is-it.md"
CHART = ROOT / "book/chapters/diagrams/how-fast-is-it.svg"
FIGURES = ROOT / "xtask/bench/kernel.json"

PLOT = 'plot::line("t").series("a", (0..50).map(|x| (x as f64, (x * {i}) as f64)))'
KINDS = {
    # name: cell, and the same cell for a kernel that cannot find out the type
    "print": ('println!("{i}");', None),
    "expression": ("{i} + 1", None),
    "let, std type": ("let v{i} = vec![{i}, 2, 3];", "let v{i}: Vec<i32> = vec![{i}, 2, 3];"),
    "let, lessons type": ("let r{i} = Rng::new({i});", "let r{i}: lessons::rng::Rng = Rng::new({i});"),
    "function": ("fn double{i}(x: u64) -> u64 {{ 2 * x + {i} }}", None),
    "loop": ("for key in 0..1000u64 {{ filter.insert(key + {i}); }}", None),
    "plot": (PLOT, None),
    ".await": ("answer({i}).await", None),
}
TARGETS = {"expression": (5, 2), ".await": (5, 3)}
ERROR = 'let x{i}: i32 = "a";'
SETUP = [
    "let mut filter: lessons::sketch::BloomFilter = BloomFilter::with_capacity(10_000, 0.01).unwrap();",
    "async fn answer(n: u64) -> u64 {{ tokio::time::sleep(std::time::Duration::from_millis(1)).await; n }}",
]


class Kernel:
    """A kernel, and how long its cells take from the request to the idle that ends them."""

    def __init__(self, name):
        self.begun = time.monotonic()
        self.manager = KernelManager(kernel_name=name)
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=600)

    def run(self, code, seconds=1200):
        outputs = []
        begun = time.monotonic()
        reply = self.client.execute_interactive(code, output_hook=outputs.append, timeout=seconds)
        return time.monotonic() - begun, reply["content"], [message["content"] for message in outputs]

    def must(self, code):
        spent, reply, outputs = self.run(code)
        if reply["status"] != "ok":
            raise RuntimeError(f"{code}: {reply.get('evalue')} {outputs}")
        return spent, outputs

    def megabytes(self):
        """What the kernel's processes hold in memory, shared pages counted in each."""
        pids = [self.manager.provisioner.process.pid]
        stats = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                stats[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
        pids += [pid for pid, parent in stats.items() if parent in pids]
        resident = 0
        for pid in pids:
            status = Path(f"/proc/{pid}/status").read_text()
            resident += int(re.search(r"VmRSS:\s+(\d+)", status)[1])
        return resident / 1024

    def folder(self):
        (folder,) = Path(tempfile.gettempdir()).glob(f"sd35-kernel-{self.manager.provisioner.process.pid}-*")
        return folder

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def say(text):
    print(text, flush=True)


def register():
    """Both kernels, in a Jupyter folder of this run's own."""
    data = Path(os.environ["JUPYTER_DATA_DIR"])
    subprocess.run([SD35, "kernel", "install"], check=True, capture_output=True)
    spec = data / "kernels/stock"
    spec.mkdir(parents=True)
    argv = [STOCK, "--control_file", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "stock", "language": "rust"}))


def settings():
    """What the front that compiles our cells was told."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sd35"
    newest = max(cache.glob("lib-*"), key=lambda path: (path / "manifest.json").stat().st_mtime)
    return dict(line.split("=", 1) for line in (newest / "settings").read_text().splitlines())


def bare_rustc(source, front):
    """Seconds that the compiler alone needs for a generated cell."""
    with tempfile.TemporaryDirectory() as out:
        library = front["library"]
        command = [front["rustc"], "--crate-name", "ctx", "--edition", "2024", "--crate-type", "cdylib"]
        command += ["--cap-lints", "allow", "-Cprefer-dynamic", "-Cdebuginfo=0", "-Copt-level=0", "-Ccodegen-units=1"]
        command += ["--out-dir", out, f"--extern=lessons={library}/liblessons.so", f"-Ldependency={library}"]
        begun = time.monotonic()
        subprocess.run([*command, str(source)], check=True, capture_output=True)
        return time.monotonic() - begun


def ours():
    front = settings()
    kernel = Kernel("sd35")
    cells, floors, errors = {}, {}, []
    try:
        for code in SETUP:
            kernel.must(code.format())
        for kind, (code, _) in KINDS.items():
            cells[kind], floors[kind] = [], []
            for i in range(1, REPEATS + 2):
                spent, _ = kernel.must(code.format(i=i))
                floor = bare_rustc(kernel.folder() / "build/lib.rs", front)
                # The first of a kind warms up.
                if i > 1:
                    cells[kind].append(spent)
                    floors[kind].append(floor)
            say(f"ours   {kind:18} {statistics.median(cells[kind]):6.3f} s, floor {statistics.median(floors[kind]):6.3f} s")
        for i in range(REPEATS):
            # As long as between the cells above, so that the next compiler is as far.
            time.sleep(statistics.median(floors["print"]))
            spent, reply, _ = kernel.run(ERROR.format(i=i))
            assert reply["status"] == "error"
            errors.append(spent)
        memory = kernel.megabytes()
        for code in ("filter.", "Blo", "vec![1].iter().", "answer(1)."):
            kernel.client.complete(code, len(code), reply=True, timeout=60)
        with_completion = kernel.megabytes()
    finally:
        kernel.close()
    ready = []
    for _ in range(REPEATS):
        kernel = Kernel("sd35")
        try:
            kernel.must("BloomFilter::with_capacity(100, 0.01)?.size_bits()")
            ready.append(time.monotonic() - kernel.begun)
        finally:
            kernel.close()
    say(f"ours   ready {statistics.median(ready):.2f} s, {memory:.0f} MB, {with_completion:.0f} MB with completion")
    return {
        "cells": cells, "floors": floors, "error": errors, "ready": ready,
        "memory": memory, "memory_with_completion": with_completion,
    }


def stock():
    kernel = Kernel("stock")
    cells = {}
    try:
        path = ROOT / "lessons-crate"
        say("stock  builds the lessons crate; this takes minutes")
        kernel.must(f':dep lessons = {{ path = "{path}", features = ["full"] }}\n:dep tokio = {{ version = "1", features = ["full"] }}')
        kernel.must("use lessons::prelude::*;")
        kernel.must("BloomFilter::with_capacity(100, 0.01).unwrap().size_bits()")
        ready = time.monotonic() - kernel.begun
        say(f"stock  ready {ready:.0f} s")
        for code in SETUP:
            kernel.must(code.format())
        typed = []
        for kind, (code, with_type) in KINDS.items():
            cells[kind] = []
            for i in range(1, REPEATS + 2):
                spent, reply, _ = kernel.run(code.format(i=i))
                if reply["status"] != "ok" and with_type:
                    if kind not in typed:
                        typed.append(kind)
                        say(f"stock  {kind}: {reply['evalue']}; measured with a written type")
                    code = with_type
                    spent, _ = kernel.must(code.format(i=i))
                elif reply["status"] != "ok":
                    raise RuntimeError(f"{code}: {reply}")
                if i > 1:
                    cells[kind].append(spent)
            say(f"stock  {kind:18} {statistics.median(cells[kind]):6.3f} s")
        memory = kernel.megabytes()
        say(f"stock  {memory:.0f} MB")
    finally:
        kernel.close()
    return {"cells": cells, "ready": [ready], "memory": memory, "typed": typed}


def classroom():
    """Many learners at once, each running a whole lesson in a kernel of their own."""
    lesson = sorted((ROOT / "notebooks").glob("*.ipynb"))[-1]
    codes = [cell.source for cell in nbformat.read(lesson, as_version=4).cells if cell.cell_type == "code"]

    def learner(_):
        kernel = Kernel("sd35")
        times, bad = [], []
        try:
            for code in codes:
                spent, reply, outputs = kernel.run(code)
                times.append(spent)
                # Some cells of a lesson fail on purpose; none may lose its process.
                if reply["status"] != "ok" and reply["ename"] not in ("CompileError", "Panic", "Error"):
                    bad.append(reply)
            return times, bad, kernel.megabytes()
        finally:
            kernel.close()

    with ThreadPoolExecutor(CLASSROOM) as pool:
        results = list(pool.map(learner, range(CLASSROOM)))
    times = sorted(spent for each, _, _ in results for spent in each)
    failures = [bad for _, each, _ in results for bad in each]
    found = {
        "kernels": CLASSROOM, "lesson": lesson.stem, "cells": len(times), "failures": len(failures),
        "p50": times[len(times) // 2], "p95": times[int(len(times) * 0.95)],
        "megabytes": sum(memory for _, _, memory in results),
    }
    say(f"{CLASSROOM} kernels: p50 {found['p50']:.2f} s, p95 {found['p95']:.2f} s, {found['failures']} failures")
    assert not failures, failures[:3]
    return found


def chart(kernel, medians):
    """Drawn by a cell, like every plot of the book."""
    def bars(name):
        values = ", ".join(f'("{kind}", {medians[name][kind]:.4f})' for kind in KINDS)
        return f'.bars("{name}", [{values}])'

    code = f'plot::bar("Seconds a cell takes, by kind").x("kind of cell").y("seconds"){bars("stock")}{bars("ours")}{bars("floor")}'
    _, outputs = kernel.must(code)
    return next(o["data"]["image/svg+xml"] for o in outputs if "image/svg+xml" in o.get("data", {}))


def write(results):
    mine, theirs, room = results["ours"], results["stock"], results["classroom"]
    middle = statistics.median
    medians = {
        "ours": {kind: middle(mine["cells"][kind]) for kind in KINDS},
        "floor": {kind: middle(mine["floors"][kind]) for kind in KINDS},
        "stock": {kind: middle(theirs["cells"][kind]) for kind in KINDS},
    }
    lines = ["| cell | stock | ours | compiler alone | faster than stock | of the floor |", "|---|---:|---:|---:|---:|---:|"]
    missed = []
    for kind in KINDS:
        own, other, floor = (medians[name][kind] for name in ("ours", "stock", "floor"))
        faster, of_floor = other / own, own / floor
        least, most = TARGETS.get(kind, (3, 2))
        if faster < least or of_floor > most:
            missed.append(f"{kind}: {faster:.1f}x stock (wanted {least}), {of_floor:.2f} of the floor (wanted {most})")
        lines.append(f"| {kind} | {other:.2f} s | {own:.2f} s | {floor:.2f} s | {faster:.1f}x | {of_floor:.1f}x |")
    lines += [
        "", "| | stock | ours |", "|---|---:|---:|",
        f"| from start to a first result with a lessons type | {middle(theirs['ready']):.0f} s | {middle(mine['ready']):.2f} s |",
        f"| memory of the kernel, its child and its waiting compiler after these cells | {theirs['memory']:,.0f} MB | {mine['memory']:.0f} MB |",
        f"| the same after completions | | {mine['memory_with_completion']:.0f} MB |",
        f"| a compile error | | {middle(mine['error']):.2f} s |",
        "", f"{room['kernels']} kernels at once, each running the whole of {room['lesson']}: {room['cells']} cells, "
        f"{room['failures']} failures, half of them within {room['p50']:.1f} s, 95% within {room['p95']:.1f} s, "
        f"{room['megabytes'] / 1024:.1f} GB together.",
        "", f"Medians of {REPEATS}, on {results['machine']}.",
    ]
    if theirs["typed"]:
        lines.append(f"Stock could not keep these without a written type, and got one: {', '.join(theirs['typed'])}.")
    success = medians["ours"]["let, std type"]
    if middle(mine["error"]) > 1.1 * success:
        missed.append(f"a compile error: {middle(mine['error']):.2f} s, and {success:.2f} s when the same compiles")
    for name, most in (("memory", 300), ("memory_with_completion", 600)):
        if mine[name] > most:
            missed.append(f"{name}: {mine[name]:.0f} MB (wanted {most})")
    if middle(mine["ready"]) > 1.5:
        missed.append(f"ready: {middle(mine['ready']):.2f} s (wanted 1.5)")
    kernel = Kernel("sd35")
    try:
        svg = chart(kernel, medians)
    finally:
        kernel.close()
    say("\n".join(lines))
    for line in missed:
        say(f"missed  {line}")
    if QUICK:
        return
    FIGURES.write_text(json.dumps(results, indent=1) + "\n")
    CHART.write_text(svg + "\n")
    text = CHAPTER.read_text()
    begin, end = "<!-- figures -->", "<!-- end of figures -->"
    before, after = text.split(begin)[0], text.split(end)[1]
    CHAPTER.write_text(f"{before}{begin}\n\n" + "\n".join(lines) + f"\n\n{end}{after}")


def machine():
    version = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) / 1024**2
    source = "with" if (Path(subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True).stdout.strip()) / "lib/rustlib/src").exists() else "without"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, {version}, {source} rust-src"


with tempfile.TemporaryDirectory(prefix="sd35-bench-") as home:
    os.environ["JUPYTER_DATA_DIR"] = home
    os.environ["SD35_HISTORY"] = ""
    os.environ["EVCXR_TMPDIR"] = str(Path(home) / "stock")
    register()
    # The stock kernel's own folder must not become ours.
    results = {"machine": machine(), "stock": stock()}
    del os.environ["EVCXR_TMPDIR"]
    results |= {"ours": ours(), "classroom": classroom()}
    write(results)
