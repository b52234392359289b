"""What a cell, an error and a completion cost after many other cells, beside what they cost after few.

Usage: growth.py PATH_TO_SD35 [PATH_TO_EVCXR_JUPYTER] [--quick]

Each cell defines a function and a variable and uses two earlier ones. Medians of the last ten cells, and of five
errors and completions, through a real Jupyter client. Memory is that of the kernel and of the process of its
cells. Fails when our cost after the last cell is more than 1.3 times that after ten.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.manager import KernelManager

PROGRAMS = [str(Path(path).resolve()) for path in sys.argv[1:] if not path.startswith("--")]
STEPS = [10, 30, 60] if "--quick" in sys.argv else [10, 30, 100, 200, 300]
MOST = 1.3

FIELDS = "\n".join(f"    f{i}: u64," for i in range(20))
METHODS = "\n".join(f"    pub fn m{i}(&self, n: u64) -> u64 {{\n        let a = self.f{i} + n;\n        a * {i}\n    }}" for i in range(20))
TYPE = f"#[derive(Debug, Clone, Default)]\nstruct Big {{\n{FIELDS}\n}}\nimpl Big {{\n{METHODS}\n}}"


class Kernel:
    def __init__(self, name):
        self.manager = KernelManager(kernel_name=name)
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=600)
        self.run("1 + 1")

    def run(self, code, status="ok"):
        begun = time.monotonic()
        reply = self.client.execute_interactive(code, output_hook=lambda _: None, timeout=600)["content"]
        spent = time.monotonic() - begun
        if reply["status"] != status:
            raise RuntimeError(f"{code}: {reply}")
        return spent

    def complete(self, code):
        begun = time.monotonic()
        self.client.complete(code, len(code), reply=True, timeout=600)
        return time.monotonic() - begun

    def megabytes(self):
        """Of the kernel and the process that runs its cells; the compiler that waits is always the same."""
        pid = self.manager.provisioner.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        every = [str(pid), *children]
        for thread in Path(f"/proc/{pid}/task").iterdir():
            every += (thread / "children").read_text().split()
        resident = 0
        for each in set(every):
            status = Path(f"/proc/{each}/status").read_text()
            if not re.search(r"Name:\s+rustc", status):
                resident += int(re.search(r"VmRSS:\s+(\d+)", status)[1])
        return resident / 1024

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def middle(times):
    return statistics.median(times)


def many(name):
    """Seconds and megabytes after each of the steps."""
    kernel = Kernel(name)
    rows, cells = {}, []
    try:
        for i in range(1, STEPS[-1] + 1):
            uses = f'\nprintln!("{{}}", f{i - 1}(v{i - 1}[0]) + f{i - 2}(v{i - 2}[1]));' if i > 2 else ""
            cells.append(kernel.run(f"fn f{i}(x: u64) -> u64 {{ x + {i} }}\nlet v{i}: Vec<u64> = vec![{i}, 2, 3];{uses}"))
            if i in STEPS:
                # As long as a reader needs at least, so that the next compiler is ready.
                pause = lambda: time.sleep(0.3)
                rows[i] = {
                    "cell": middle(cells[-10:]),
                    "error": middle([pause() or kernel.run(f'let x{n}: i32 = "a";', "error") for n in range(5)]),
                    "completion": middle([kernel.complete(f"v{i - 1}.le") for _ in range(5)]),
                    "memory": kernel.megabytes(),
                }
                print(name, i, {key: round(value, 3) for key, value in rows[i].items()}, flush=True)
    finally:
        kernel.close()
    return rows


def one_type(name):
    """Seconds of a small cell after a type of a hundred lines and few, or many, other small cells."""
    kernel = Kernel(name)
    try:
        kernel.run(TYPE)
        count = 30 if "--quick" in sys.argv else 100
        cells = [kernel.run(f"let b{i}: Big = Big::default();" if i % 2 else f"let n{i}: i32 = {i};") for i in range(count)]
    finally:
        kernel.close()
    return {"first": middle(cells[:10]), "last": middle(cells[-10:])}


def main():
    data = Path(os.environ["JUPYTER_DATA_DIR"])
    names = ["sd35", "stock"][: len(PROGRAMS)]
    subprocess.run([PROGRAMS[0], "kernel", "install"], check=True, capture_output=True)
    if len(PROGRAMS) > 1:
        spec = data / "kernels/stock"
        spec.mkdir(parents=True)
        argv = [PROGRAMS[1], "--control_file", "{connection_file}"]
        (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "stock", "language": "rust"}))
    rows, types = {name: many(name) for name in names}, {name: one_type(name) for name in names}
    print("\n| after | " + " | ".join(f"{name}: cell | error | completion | memory" for name in names) + " |")
    print("|---|" + "---:|" * (4 * len(names)))
    for step in STEPS:
        columns = [f"{r['cell']:.2f} s | {r['error']:.2f} s | {r['completion']:.3f} s | {r['memory']:.0f} MB" for r in (rows[name][step] for name in names)]
        print(f"| {step} | " + " | ".join(columns) + " |")
    for name in names:
        print(f"{name}, a type of {TYPE.count(chr(10)) + 1} lines: {types[name]['first']:.2f} s for the first small cells, {types[name]['last']:.2f} s for the last")
    first, last = rows["sd35"][STEPS[0]], rows["sd35"][STEPS[-1]]
    ratios = {key: last[key] / first[key] for key in first} | {"one type": types["sd35"]["last"] / types["sd35"]["first"]}
    missed = {key: ratio for key, ratio in ratios.items() if ratio > MOST}
    for key, ratio in ratios.items():
        print(f"{'missed' if key in missed else 'held  '}  {key}: {ratio:.2f} (at most {MOST})")
    sys.exit(1 if missed else 0)


with tempfile.TemporaryDirectory(prefix="sd35-bench-") as home:
    os.environ["JUPYTER_DATA_DIR"] = home
    os.environ["SD35_HISTORY"] = ""
    main()
