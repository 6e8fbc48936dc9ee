"""Measures what hostile clients cost a server, for SECURITY.md. measure_hostile.py MIEN"""

import contextlib
import http.client
import re
import resource
import socket
import struct
import subprocess
import sys
import time
import zlib

MEGABYTE = 1 << 20


def png(width: int, height: int, claimed: int = 0) -> bytes:
    """A gray image; `claimed` pixels per side in its header, if not 0."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = (claimed or width, claimed or height)
    rows = b"".join(b"\0" + bytes((x + y) % 256 for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Server:
    def __init__(self, program: str, *options: str):
        command = [program, "serve", "--port", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(re.search(r":(\d+)/", self.process.stdout.readline())[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def get(self, path: str):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        begin = time.monotonic()
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, body, 1000 * (time.monotonic() - begin)

    def metric(self, name: str) -> float:
        found = re.search(rf"^{re.escape(name)} (\S+)", self.get("/metrics")[1], re.MULTILINE)
        return float(found[1]) if found else 0

    def memory(self) -> float:
        return self.metric("process_resident_memory_bytes") / MEGABYTE

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port))


def slowest_probe(server: Server, count: int = 50) -> float:
    results = [server.get("/healthz") for _ in range(count)]
    assert all(status == 200 for status, _, _ in results)
    return max(milliseconds for _, _, milliseconds in results)


def connections(program: str, name: str, first_bytes: bytes):
    with Server(program) as server, contextlib.ExitStack() as stack:
        before = server.memory()
        for _ in range(1000):
            stack.enter_context(server.connect()).sendall(first_bytes)
        slowest, after = slowest_probe(server), server.memory()
        print(f"{name:<38}/healthz at most {slowest:.1f} ms, {after - before:+.1f} MiB")


def leaving_clients(program: str):
    image = png(1500, 1500)
    part = b'--b\r\nContent-Disposition: form-data; name="i"; filename="i.png"\r\n\r\n' + image + b"\r\n"
    body = 32 * part + b"--b--"
    head = f"POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
    with Server(program, "--threads", "1") as server:
        clients = [server.connect() for _ in range(20)]
        for client in clients:
            client.sendall(head.encode() + body)
        while server.metric("mien_queue_length") < 19:
            time.sleep(0.01)
        for client in clients:
            client.close()
        while server.metric("mien_queue_length") > 0 or server.metric("mien_connections") > 1:
            time.sleep(0.01)
        time.sleep(0.5)
        analyzed = server.metric('mien_images_total{result="ok"}')
        print(f"{'20 clients that leave 640 images':<38}{analyzed:.0f} images analyzed")


def claimed_pixels(program: str):
    with Server(program) as server:
        before, bomb = server.memory(), png(16, 16, claimed=20000)
        begin = time.monotonic()
        for _ in range(100):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            connection.request("POST", "/v1/analyze", bomb, {"Content-Type": "image/png"})
            assert connection.getresponse().status == 422
            connection.close()
        each = 1000 * (time.monotonic() - begin) / 100
        print(f"{'PNG that claims 400 megapixels':<38}{each:.1f} ms each, {server.memory() - before:+.1f} MiB")


def main(program: str):
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    connections(program, "1,000 idle connections", b"")
    connections(program, "1,000 unfinished headers", b"POST /v1/analyze HTTP/1.1\r\nHost")
    body = b"POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 200000\r\n\r\n" + bytes(100000)
    connections(program, "1,000 unfinished bodies of 100 kB", body)
    leaving_clients(program)
    claimed_pixels(program)


if __name__ == "__main__":
    main(sys.argv[1])
