"""The kernel behind a real Jupyter client: the protocol, bad cells, bad endings, many kernels at once.

Usage: kernel.py PATH_TO_SD35 [STEP...]
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jupyter_kernel_test
from harness import ROOT, SD35, TOKEN, Server, all_gone, check, descendants, finish, planted, report, solution, wait
from jupyter_client import BlockingKernelClient
from jupyter_client.manager import KernelManager

OUTPUTS = ("stream", "display_data", "execute_result", "error")


class Kernel:
    """A kernel that a Jupyter client started."""

    def __init__(self, name="sd35", **options):
        self.manager = KernelManager(kernel_name=name, **options)
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

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


class Suite(jupyter_kernel_test.KernelTests):
    """The public test suite for kernels, with nothing left out."""

    kernel_name = "sd35"
    language_name = "rust"
    file_extension = ".rs"
    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("to standard error");'
    code_generate_error = 'panic!("on purpose")'
    code_execute_result = [
        {"code": "1 + 2", "result": "3"},
        {"code": '"a".repeat(2)', "result": '"aa"'},
        {"code": "(1..4).collect::<Vec<u8>>()", "result": "[1, 2, 3]"},
    ]
    code_display_data = [
        {"code": 'Table::new(["a"]).row([1]).show();', "mime": "text/html"},
        {"code": 'plot::line("t").series("a", [(0.0, 1.0), (1.0, 2.0)]).show();', "mime": "image/svg+xml"},
    ]
    code_clear_output = "clear_output(false);"
    code_page_something = "?BloomFilter"
    code_inspect_sample = "BloomFilter"
    complete_code_samples = ["let x = 1;", "1 + 1", "fn f() {}", ":vars", "?BloomFilter"]
    incomplete_code_samples = ["fn f() {", 'let s = "abc', "/* a comment", "[1, 2"]
    invalid_code_samples = ["let x = );", "fn f() }"]
    completion_samples = [
        {"text": "BloomFilter::with_c", "matches": {"with_capacity"}},
        {"text": "Vec::with_ca", "matches": {"with_capacity"}},
        {"text": "HashR", "matches": {"HashRing"}},
    ]
    code_history_pattern = "1 ? 2*"
    supported_history_operations = ("tail", "range", "search")


def suite():
    """Each test of the public suite is a check of ours; one that is skipped counts as failed."""
    result = unittest.TestResult()
    tests = unittest.defaultTestLoader.loadTestsFromTestCase(Suite)
    names = [test.id().rpartition(".")[2] for test in tests]
    tests.run(result)
    problems = {}
    for test, problem in [*result.errors, *result.failures, *result.skipped]:
        problems.setdefault(getattr(test, "test_case", test).id().rpartition(".")[2], problem.strip().splitlines()[-1])
    for name in names:
        report(f"public suite: {name}", problems.pop(name, None))
    for name, problem in problems.items():
        report(f"public suite: {name}", problem)


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
        id = "sketch/filter_size"
        wrong, key = planted(id)
        for code, passed, diagnosis in ((wrong, False, key), (solution(id), True, None)):
            assert kernel.run(code)[0]["status"] == "ok"
            _, outputs = kernel.run("check::sketch::filter_size(filter_size)")
            report = outputs[-1]["data"]["application/vnd.sd35.report+json"]
            assert (report["exercise"], report["passed"], report["diagnosis"]) == (id, passed, diagnosis), report

    @check("Jupyter: a restart gives a fresh kernel")
    def _():
        kernel.manager.restart_kernel(now=False)
        kernel.client.wait_for_ready(timeout=30)
        kernel.fails("x", "CompileError", "x")


def conversation(kernel):
    """What goes both ways while a cell runs."""

    @check("Jupyter: a cell asks for a line, a password, and reads standard input")
    def _():
        asked = []

        def answer(message):
            asked.append((message["content"]["prompt"], message["content"]["password"]))
            kernel.client.input(f"answer {len(asked)}")

        code = 'let a = input("Name? "); let b = password("Word? "); let mut c = String::new();'
        code += " std::io::stdin().read_line(&mut c)?; (a, b, c)"
        outputs = []
        reply = kernel.client.execute_interactive(
            code, allow_stdin=True, stdin_hook=answer, output_hook=lambda m: outputs.append(m["content"]), timeout=30
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        assert asked == [("Name? ", False), ("Word? ", True), ("", False)], asked
        shown = [output["data"]["text/plain"] for output in outputs if "data" in output]
        assert shown == ['("answer 1", "answer 2", "answer 3\\n")'], shown
        # Nobody to ask: an error at once, not a cell that waits for ever.
        reply = kernel.client.execute_interactive('input("?")', allow_stdin=False, timeout=30)
        assert reply["content"]["ename"] == "Panic" and "nobody can answer" in reply["content"]["evalue"], reply["content"]

    @check("Jupyter: user expressions have values or errors of their own")
    def _():
        kernel.run("let five = 5;")
        wanted = {"good": "five * 2", "bad": "no_such_name"}
        reply = kernel.reply(kernel.client.execute("1", user_expressions=wanted))
        found = reply["user_expressions"]
        assert found["good"]["data"]["text/plain"] == "10" and found["bad"]["status"] == "error", found

    @check("Jupyter: a silent cell counts for nothing and shows no value")
    def _():
        before = kernel.run("1")[0]["execution_count"]
        reply = kernel.reply(kernel.client.execute("2", silent=True))
        assert reply["execution_count"] == before, reply
        assert kernel.run("3")[0]["execution_count"] == before + 1

    @check("Jupyter: cells behind one that failed are aborted, unless they ask not to be")
    def _():
        ids = [kernel.client.execute(code) for code in ("std::thread::sleep(std::time::Duration::from_millis(300)); panic!()", "1", "2")]
        assert [kernel.reply(id)["status"] for id in ids] == ["error", "aborted", "aborted"]
        first = kernel.client.execute("std::thread::sleep(std::time::Duration::from_millis(300)); panic!()", stop_on_error=False)
        second = kernel.client.execute("4")
        assert [kernel.reply(first)["status"], kernel.reply(second)["status"]] == ["error", "ok"]

    @check("Jupyter: busy, outputs, idle, in this order; streams and displays in theirs")
    def _():
        # Whatever earlier checks left unread.
        while kernel.client.iopub_channel.msg_ready():
            kernel.client.get_iopub_msg(timeout=1)
        code = 'println!("a"); eprintln!("b"); Table::new(["t"]).show(); println!("c"); 7'
        id = kernel.client.execute(code)
        kinds = []
        while kinds[-1:] != ["idle"]:
            message = kernel.client.get_iopub_msg(timeout=30)
            if message["parent_header"].get("msg_id") == id:
                content = message["content"]
                kinds.append(content.get("execution_state") or content.get("name") or message["msg_type"])
        expected = ["busy", "execute_input", "stdout", "stderr", "display_data", "stdout", "execute_result", "idle"]
        assert kinds == expected, kinds

    @check("Jupyter: a chart changes in its place while its cell runs")
    def _():
        while kernel.client.iopub_channel.msg_ready():
            kernel.client.get_iopub_msg(timeout=1)
        code = "let mut live = Live::new(); let mut points = Vec::new(); for x in 0..4 { points.push((x as f64, 1.0));"
        code += ' live.show(&plot::line("Growing").series("a", points.clone()));'
        code += " std::thread::sleep(std::time::Duration::from_millis(250)); }"
        id = kernel.client.execute(code)
        seen = []
        while not seen or seen[-1][0] != "idle":
            message = kernel.client.get_iopub_msg(timeout=30)
            if message["parent_header"].get("msg_id") == id:
                content = message["content"]
                kind = content.get("execution_state") or message["msg_type"]
                seen.append((kind, time.monotonic(), content.get("transient", {}).get("display_id"), content.get("data", {})))
        shown = [entry for entry in seen if "display_data" in entry[0]]
        assert [entry[0] for entry in shown] == ["display_data"] + 3 * ["update_display_data"], shown
        assert len({entry[2] for entry in shown}) == 1 and shown[0][2], shown
        assert all("image/svg+xml" in entry[3] and entry[3]["text/plain"] for entry in shown), shown
        assert shown[3][1] - shown[0][1] > 0.5, [entry[1] for entry in shown]

    @check("Jupyter: history outlives a restart, and comm_info answers")
    def _():
        kernel.run("let to_be_remembered = 1;")
        kernel.manager.restart_kernel(now=False)
        kernel.client.wait_for_ready(timeout=30)
        found = kernel.client.history(
            hist_access_type="search", pattern="let to_be_rem*", n=5, reply=True, timeout=10
        )["content"]["history"]
        assert found and found[-1][2] == "let to_be_remembered = 1;", found
        assert kernel.client.comm_info(reply=True, timeout=10)["content"]["comms"] == {}

    @check("Jupyter: two clients share one kernel, each with its own replies")
    def _():
        # Not `manager.client()`: that shares the first client's identity.
        other = BlockingKernelClient(connection_file=kernel.manager.connection_file)
        other.load_connection_file()
        other.start_channels()
        other.wait_for_ready(timeout=30)
        try:
            assert other.execute_interactive("let shared = 11;", timeout=30)["content"]["status"] == "ok"
            kernel.shows("shared", "11")
            mine, theirs = kernel.client.execute("shared + 1"), other.execute("shared + 2")
            assert kernel.reply(mine)["status"] == "ok"
            reply = other.get_shell_msg(timeout=30)
            assert reply["parent_header"]["msg_id"] == theirs, reply["parent_header"]
        finally:
            other.stop_channels()

    @check("Jupyter: a crate of the reader's own is built with progress, then cells are fast again")
    def _():
        dependency, expression = own_crate()
        reply, outputs = kernel.run(f"{dependency}\n{expression}", 120)
        text = "".join(output.get("text", "") for output in outputs)
        assert reply["status"] == "ok" and "Compiling own_crate" in text, (reply, outputs)
        assert outputs[-1]["data"]["text/plain"] == "42", outputs
        kernel.shows("let b = BloomFilter::with_capacity(100, 0.01)?; b.is_empty()", "true")


def own_crate():
    """A crate of a reader's own: the line that uses it, and an expression whose value is 42."""
    folder = Path(tempfile.mkdtemp(prefix="sd35-own-"))
    (folder / "src").mkdir()
    (folder / "Cargo.toml").write_text('[package]\nname = "own_crate"\nversion = "0.1.0"\nedition = "2021"\n')
    (folder / "src/lib.rs").write_text("pub fn triple(x: u32) -> u32 { 3 * x }\n")
    return f':dep own_crate = {{ path = "{folder}" }}', "own_crate::triple(14)"


# A variable of each kind, and what a later cell sees of it.
VARIABLES = [
    ("let list = vec![1, 2, 3];", "list", "[1, 2, 3]"),
    ("let mut text = String::from(\"a\"); text.push('b');", "text", '"ab"'),
    ('let word = "static";', "word.len()", "6"),
    ("let (left, mut right) = (1.5, 'c'); right = 'd';", "(left, right)", "(1.5, 'd')"),
    ("let map = std::collections::HashMap::from([(1, \"one\")]);", "map[&1]", '"one"'),
    ("let tree: std::collections::BTreeMap<_, _> = [('a', 1u8)].into();", "tree", "{'a': 1}"),
    ("let maybe = Some([0u8; 2]);", "maybe", "Some([0, 0])"),
    ("let parsed = \"7\".parse::<u16>();", "parsed", "Ok(7)"),
    ("let wide = u128::MAX / 3;", "wide % 10", "5"),
    ("let pause = std::time::Duration::from_millis(1500);", "pause", "1.5s"),
    ("let shared = std::rc::Rc::new(std::cell::RefCell::new(vec![1]));", "shared.borrow().len()", "1"),
    ("let guarded = std::sync::Arc::new(std::sync::Mutex::new(0_u8));", "*guarded.lock().unwrap() + 1", "1"),
    ("let boxed: Box<dyn Fn(u8) -> u8> = Box::new(|x| x + 1);", "boxed(1)", "2"),
    ("let pointer = i32::abs;", "pointer(-3)", "3"),
    ("let squares = (1..4).map(|n| n * n).collect::<Vec<_>>();", "squares", "[1, 4, 9]"),
    ("#[derive(Debug)] struct Own { x: i32 }\nlet own = vec![Own { x: 1 }];", "own", "[Own { x: 1 }]"),
    ("let filter = BloomFilter::with_capacity(100, 0.01)?;", "filter.is_empty()", "true"),
    ("let waited = (async { 4 }).await;", "waited", "4"),
]


def apart():
    """A machine without network and without the sources of the standard library."""
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
    source = Path(sysroot) / "lib/rustlib/src"
    hide = f'[ ! -d "{source}" ] || mount -t tmpfs none "{source}"'
    inside = ["unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-ec"]
    spec = Path(os.environ["JUPYTER_DATA_DIR"]) / "kernels/apart"
    spec.mkdir(parents=True)
    script = f'{hide}; [ ! -e "{source}/rust" ]; exec "$0" "$@"'
    argv = [*inside, script, SD35, "kernel", "run", "--connection-file", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "apart", "language": "rust"}))

    @check("without network and without rust-src: every kind of variable, and a crate of the reader's own")
    def _():
        begun = time.monotonic()
        kernel = Kernel("apart", transport="ipc")
        try:
            assert time.monotonic() - begun < 20, time.monotonic() - begun
            kernel.shows('std::net::TcpStream::connect("192.0.2.1:80").is_err()', "true")
            for define, expression, value in VARIABLES:
                reply, outputs = kernel.run(define)
                assert reply["status"] == "ok", (define, reply, outputs)
                kernel.shows(expression, value)
            dependency, expression = own_crate()
            reply, outputs = kernel.run(dependency, 120)
            assert reply["status"] == "ok", (reply, outputs)
            kernel.shows(expression, "42")
        finally:
            kernel.close()


def folder_of(kernel):
    """A kernel's folder: its name begins with the process id."""
    (folder,) = Path(tempfile.gettempdir()).glob(f"sd35-kernel-{kernel}-*")
    return folder


def endings():
    """However a kernel ends, nothing of it is left within five seconds."""

    def left(processes, folder):
        return all_gone(processes) and not folder.exists()

    for what in ("the kernel", "the process that runs the cells"):

        @check(f"kill -9 of {what}: nothing is left")
        def _():
            kernel = Kernel()
            try:
                kernel.run('std::process::Command::new("sleep").arg("1000").spawn()?;')
                folder = folder_of(kernel.pid)
                below = descendants(kernel.pid)
                started = below | {kernel.pid}
                if what == "the kernel":
                    os.kill(kernel.pid, signal.SIGKILL)
                    wait(lambda: left(started, folder), f"the end of {started} and of {folder}", 5)
                else:
                    cells = kernel.run("std::process::id()")[1][-1]["data"]["text/plain"]
                    os.kill(int(cells), signal.SIGKILL)
                    reply, _ = kernel.run("1 + 1")
                    assert "killed from outside" in json.dumps(reply) or reply["status"] == "ok", reply
                    kernel.shows("2 + 2", "4")
            finally:
                kernel.client.stop_channels()
                kernel.manager.shutdown_kernel(now=True)
            wait(lambda: left(started, folder), f"the end of {started} and of {folder}", 5)

    @check("kill -9 of the front end: its kernel and everything below ends")
    def _():
        script = (
            "import sys, time\n"
            "from jupyter_client.manager import start_new_kernel\n"
            "manager, client = start_new_kernel(kernel_name='sd35')\n"
            "client.execute_interactive('std::process::Command::new(\"sleep\").arg(\"1000\").spawn()?;', timeout=30)\n"
            "print(manager.provisioner.process.pid, flush=True)\n"
            "time.sleep(1000)\n"
        )
        front = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        pid = int(front.stdout.readline())
        started, folder = descendants(pid) | {pid}, folder_of(pid)
        front.kill()
        front.wait()
        wait(lambda: left(started, folder), f"the end of {started} and of {folder}", 8)


def many():
    """Kernels that start at the same moment share the prebuilt library."""

    for count in (2, 10, 20):

        @check(f"{count} kernels start at once, and each runs its cells")
        def _():
            def one(number):
                kernel = Kernel()
                try:
                    kernel.run(f"let n = {number}; let b = BloomFilter::with_capacity(100, 0.01)?;")
                    kernel.shows("n * 2", str(number * 2))
                    return descendants(kernel.pid) | {kernel.pid}
                finally:
                    kernel.close()

            with ThreadPoolExecutor(count) as pool:
                started = set().union(*pool.map(one, range(count)))
            wait(lambda: all_gone(started), f"the end of {started}", 5)


def cycles():
    """A server on which kernels come and go."""

    @check("200 kernels are started and stopped: no file, process or memory is left")
    def _():
        server = Server()
        try:
            def ask(method, path):
                connection = http.client.HTTPConnection(server.host, timeout=60)
                connection.request(method, path, headers={"Authorization": f"token {TOKEN}"})
                response = connection.getresponse()
                body = response.read()
                assert response.status < 300, (method, path, response.status, body)
                return json.loads(body) if body else None

            def one(number):
                id = ask("POST", "/api/kernels")["id"]
                # Some are stopped while they start, some when they are there.
                time.sleep(number % 5 * 0.3)
                ask("DELETE", f"/api/kernels/{id}")

            def held():
                process = Path("/proc") / str(server.process.pid)
                status = (process / "status").read_text()
                kilobytes = int(status.split("VmRSS:")[1].split()[0])
                return len(list((process / "fd").iterdir())), kilobytes / 1024

            def folders():
                return sorted(Path(tempfile.gettempdir()).glob("sd35-kernel-*"))

            before_folders = folders()
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(one, range(20)))
                wait(lambda: not descendants(server.process.pid), "the end of the first kernels", 10)
                before = held()
                list(pool.map(one, range(180)))
            wait(lambda: not descendants(server.process.pid), "the end of the kernels", 10)
            wait(lambda: folders() == before_folders, f"the end of {folders()}", 10)
            after = held()
            assert after[0] <= before[0] + 5, f"open files: {before[0]} after 20, {after[0]} after 200"
            assert after[1] <= before[1] + 16, f"memory in MB: {before[1]:.0f} after 20, {after[1]:.0f} after 200"
        finally:
            server.stop()


os.environ["SD35_HISTORY"] = str(Path(tempfile.mkdtemp(prefix="sd35-history-")) / "history.jsonl")
os.environ["JUPYTER_DATA_DIR"] = tempfile.mkdtemp(prefix="sd35-kernels-")
STEPS = sys.argv[2:]


def shared():
    """The checks that share one kernel."""
    kernel = Kernel()
    started = {kernel.pid}
    try:
        protocol(kernel)
        conversation(kernel)
    finally:
        started |= descendants(kernel.pid) | {kernel.pid}
        kernel.close()

    @check("no kernel is left running")
    def _():
        wait(lambda: all_gone(started), f"the end of {started}", 5)


try:
    subprocess.run([SD35, "kernel", "install"], check=True, capture_output=True)
    for step in (suite, shared, apart, endings, many, cycles):
        if not STEPS or step.__name__ in STEPS:
            step()
except Exception as problem:  # between the checks; what follows could not be checked
    report("the kernel test itself", f"{type(problem).__name__}: {problem}")
finish()
