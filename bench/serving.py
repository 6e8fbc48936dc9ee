#!/usr/bin/env python3
"""Loads `mien serve` and writes docs/server-performance.md: `make server-performance`. Run it on an idle machine.

MIEN_SECONDS: how long each load lasts [10]; MIEN_SOAK: requests of the soak [54000, what a camera at 15 frames/s sends in an
hour]; MIEN_PHOTO: a photograph with a face.
"""
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
SECONDS = os.environ.get("MIEN_SECONDS", "10")
SOAK = os.environ.get("MIEN_SOAK", "54000")
PHOTO = os.environ.get("MIEN_PHOTO", "/usr/lib/python3/dist-packages/skimage/data/astronaut.png")
HEAD = """| connections | requests | a second | p50 ms | p95 ms | p99 ms | server's CPU ms a request | wrong answers | refused (429) | memory, MB | open files |
|---|---|---|---|---|---|---|---|---|---|---|
"""


class Server:
    """`command` with a free port; its first line of output says which."""

    def __init__(self, *command):
        self.process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, text=True)
        self.line = self.process.stdout.readline().strip()
        self.port = re.search(r":(\d+)/", self.line)[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        if self.process.wait() != 0:
            sys.exit(f"the server ended with {self.process.returncode}")


def load(server, *options):
    result = subprocess.run([BUILD / "bench/load", server.port, "--photo", PHOTO, *options], stdout=subprocess.PIPE, text=True)
    print(result.stdout, end="", flush=True)
    if result.returncode == 2:
        sys.exit(1)
    return result.stdout


def main():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[1]
    with Server(BUILD / "bin/mien", "serve", "--port", "0") as server:
        kind = server.line.split("  ")[1]
        rows = "".join(load(server, "--connections", n, "--seconds", SECONDS) for n in ("1", "8", "64"))
        soak = load(server, "--connections", "8", "--requests", SOAK)
    batching = subprocess.run([BUILD / "bench/batching"], stdout=subprocess.PIPE, text=True, check=True).stdout
    (ROOT / "docs/server-performance.md").write_text(f"""# Performance of the server

`make server-performance` measures on the machine it runs on and writes this file.

Machine: {cpu}, {os.cpu_count()} cores, Linux {platform.release()}; the client runs on the same cores. Server: {kind}.
Pictures: parts of {Path(PHOTO).name} as JPEG, one face each. Every answer is compared with what the library says of the same picture.

## Load

{SECONDS} seconds each.

{HEAD}{rows}
## Soak

{SOAK} requests: what a camera at 15 frames a second sends in an hour is 54000. One request in 50 is refused on purpose, one in 200 comes on a
new connection.

{HEAD}{soak}
## Batches

Whether faces of several requests should share a call of the network: the time of one thread alone, other work on the machine left out.

{batching}""")


if __name__ == "__main__":
    main()
