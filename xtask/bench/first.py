"""How long a new reader waits: from `cargo run --release` in an empty target folder and an empty cache to the page,
and to the first result of a cell that was run at once. The packages are downloaded already.

Usage: first.py FOLDER
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

ROOT = Path(__file__).parent.parent.parent
TOKEN = "bench-first-page"


def request(url, method="GET"):
    asked = urllib.request.Request(url, method=method, headers={"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(asked, timeout=60) as response:
        return response.read().decode()


async def first_result(host):
    """Runs one cell, as a page does that was just opened."""
    kernel = json.loads(request(f"http://{host}/api/kernels", "POST"))["id"]
    address = f"ws://{host}/api/kernels/{kernel}/channels?token={TOKEN}&session_id=bench"
    socket = await websocket_connect(HTTPRequest(address, request_timeout=3600))
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "bench", "username": "", "version": "5.4"}
    content = {"code": "1 + 1", "silent": False, "store_history": False}
    await socket.write_message(json.dumps({
        "channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}))
    while True:
        message = json.loads(await socket.read_message())
        if message["header"]["msg_type"] in ("execute_result", "error"):
            assert message["header"]["msg_type"] == "execute_result", message["content"]
            return


def start(folder):
    """Seconds to the page and to the first result."""
    environment = {
        **os.environ, "CARGO_TARGET_DIR": str(folder / "target"), "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_STATE_HOME": str(folder / "state")}
    begun = time.monotonic()
    server = subprocess.Popen(
        ["cargo", "run", "--release", "--", "--port", "0", "--token", TOKEN], cwd=ROOT, env=environment,
        stdout=subprocess.PIPE, text=True)
    try:
        url = next(line.strip().split("?")[0] for line in server.stdout if "http://" in line)
        assert "System Design" in request(url)
        page = time.monotonic() - begun
        print(f"the page {page:.0f} s; the server says {json.loads(request(url + 'api/status'))}", flush=True)
        host = url.removeprefix("http://").rstrip("/")
        asyncio.run(first_result(host))
        return page, time.monotonic() - begun
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


folder = Path(sys.argv[1])
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
cores, load = os.cpu_count(), os.getloadavg()[0]
print(f"{cores} cores, load {load:.1f}; packages that cargo has to download would come on top", flush=True)
for name in ("first start", "second start"):
    page, result = start(folder)
    print(f"{name}: the page after {page:.1f} s, the first result after {result:.1f} s", flush=True)
shutil.rmtree(folder, ignore_errors=True)
