#!/usr/bin/env python3
"""Loads `mien serve` and writes docs/server-performance.md: `make server-performance`. Run it on an idle machine.

MIEN_SECONDS: duration of each load in whole seconds [10]; MIEN_SOAK: requests of the soak test [54000, an hour of a camera at 15 frames/s];
MIEN_PHOTO: a photo with a face.
"""
import contextlib
import os
import platform
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
SECONDS = os.environ.get("MIEN_SECONDS", "10")
SOAK = os.environ.get("MIEN_SOAK", "54000")
PHOTO = os.environ.get("MIEN_PHOTO", "/usr/lib/python3/dist-packages/skimage/data/astronaut.png")
MODELS = sorted(ROOT.glob("models/*.onnx"))
HEAD = """| connections | requests | requests/s | p50 ms | p95 ms | p99 ms | server CPU ms per request | wrong responses | refused (429) | memory, MB | open files |
|---|---|---|---|---|---|---|---|---|---|---|
"""


class Server:
    """Runs `command` on a free port, which its first line of output contains."""

    def __init__(self, *command):
        self.process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, text=True)
        self.line = self.process.stdout.readline().strip()
        self.port = re.search(r":(\d+)/", self.line)[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        if self.process.wait() != 0:
            sys.exit(f"the server exited with code {self.process.returncode}")


def load(server, *options):
    result = subprocess.run([BUILD / "bench/load", server.port, "--photo", PHOTO, *options], stdout=subprocess.PIPE, text=True)
    print(result.stdout, end="", flush=True)
    if result.returncode == 2:
        sys.exit(1)
    return result.stdout


WRK = """wrk.method = "POST"
wrk.headers["Content-Type"] = "image/jpeg"
wrk.body = string.rep("x", 40000)
"""
PEERS = {"mien": "Boost.Beast, as mien serve uses it", "httplib": "cpp-httplib", "microhttpd": "libmicrohttpd, epoll and a pool"}


def wrk(server, connections):
    """Requests per second, p99 in ms, failures."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(WRK)
        script.flush()
        text = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", script.name, f"http://127.0.0.1:{server.port}/work"],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    failures = sum(int(n) for n in re.findall(r"(?:connect|read|write|timeout) (\d+)", text))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit], failures + (int(bad[1]) if bad else 0)


class Crowd:
    """Clients that a server must tolerate: `idle` connections that send nothing, `slow` ones that send one byte per second."""

    def __init__(self, server, idle, slow):
        self.idle = [socket.create_connection(("127.0.0.1", int(server.port))) for _ in range(idle)]
        self.slow = [socket.create_connection(("127.0.0.1", int(server.port))) for _ in range(slow)]
        self.still_open, self.stop = slow, threading.Event()
        for client in self.slow:
            client.sendall(b"POST /work HTTP/1.1\r\nHost: localhost\r\nX: ")
        self.thread = threading.Thread(target=self.drip)
        self.thread.start()

    def drip(self):
        while not self.stop.wait(1):
            for client in self.slow:
                with contextlib.suppress(OSError):
                    client.send(b"x")

    def count_open(self):
        def is_open(client):
            client.setblocking(False)
            try:
                while client.recv(65536):
                    pass
                return False
            except BlockingIOError:
                return True
            except OSError:
                return False
        return sum(is_open(client) for client in self.slow)

    def close(self):
        self.stop.set()
        self.thread.join()
        for client in self.idle + self.slow:
            client.close()


def compare_libraries():
    rows = ""
    for peer, name in PEERS.items():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with Server(BUILD / "bench/http_peers", peer, port) as server:
            time.sleep(0.5)
            cells = ["{:.0f} / {:.0f}".format(*wrk(server, n)[:2]) for n in (1, 8, 64)]
            crowd = Crowd(server, idle=500, slow=100)
            started = time.monotonic()
            rate, p99, failures = wrk(server, 8)
            status = Path(f"/proc/{server.process.pid}/status").read_text()
            threads, memory = re.search(r"Threads:\s+(\d+)", status)[1], int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1000
            time.sleep(max(0, 25 - (time.monotonic() - started)))
            row = [name, *cells, f"{rate:.0f} / {p99:.0f}" + (f", {failures} failed" if failures else ""), threads, f"{memory:.0f}", crowd.count_open()]
            crowd.close()
        rows += "| " + " | ".join(str(cell) for cell in row) + " |\n"
        print(rows.splitlines()[-1], flush=True)
    return rows


def main():
    busy = os.getloadavg()[0]
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[1]
    with Server(BUILD / "bin/mien", "serve", "--port", "0") as server:
        kind = server.line.split("  ")[1]
        rows = "".join(load(server, "--connections", n, "--seconds", SECONDS) for n in ("1", "8", "64"))
        soak = load(server, "--connections", "8", "--requests", SOAK)
    batching = subprocess.run([BUILD / "bench/batching", PHOTO, *MODELS], stdout=subprocess.PIPE, text=True, check=True).stdout
    libraries = compare_libraries() if (BUILD / "bench/http_peers").exists() else "Not measured: run scripts/setup.sh peers before the build.\n"
    (ROOT / "docs/server-performance.md").write_text(f"""# Server performance

`make server-performance` measures on your machine and writes this page.

Machine: {cpu}, {os.cpu_count()} cores, Linux {platform.release()}; the client runs on the same cores. Load average at the start: {busy:.1f}{" (other processes were running: the numbers are approximate)" if busy > 0.5 else ""}.
Server: {kind}.
Images: parts of {Path(PHOTO).name} as JPEG, one face each. Every response is compared with the library's result for the same image.

## Load

{SECONDS} seconds each.

{HEAD}{rows}
## Soak

{SOAK} requests; a camera at 15 frames per second sends 54000 in an hour. One request in 50 is invalid on purpose, and one in 200 uses a
new connection.

{HEAD}{soak}
## Batches

Should faces of several requests share a call of the network? CPU time of one thread, without other work on the machine. The last two
columns: a whole request with this photo, and how much of it batches of eight would save.

{batching}
## HTTP libraries

Requests per second / p99 latency in ms, measured by `wrk` with bodies of 40 kB and 1 ms of work each, on 1, 8 and 64 connections; then on 8 connections with
500 idle connections and 100 slow clients that send one byte per second of an endless header. Threads and memory of the server are measured with
these clients, and so is how many slow clients are still connected after 25 s.

| library | 1 | 8 | 64 | 8, with idle and slow clients | threads | memory, MB | slow clients left |
|---|---|---|---|---|---|---|---|
{libraries}""")


if __name__ == "__main__":
    main()
