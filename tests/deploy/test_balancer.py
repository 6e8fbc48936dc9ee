"""Runs nginx with deploy/nginx.conf in front of two servers. test_balancer.py MIEN"""

import http.client
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

CONFIGURATION = pathlib.Path(__file__).parents[2] / "deploy" / "nginx.conf"
MIEN = ""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def pgm(width: int, height: int) -> bytes:
    return b"P5 %d %d 255\n" % (width, height) + bytes(width * height)


def ask(port: int, method: str, path: str, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def analyze(port: int, image: bytes, query: str = ""):
    return ask(port, "POST", "/v1/analyze" + query, image, {"Content-Type": "image/x-portable-graymap"})


def analyzed_by(port: int) -> int:
    found = re.search(r'^mien_images_total\{result="ok"\} (\d+)', ask(port, "GET", "/metrics")[1].decode(), re.MULTILINE)
    return int(found[1]) if found else 0


class Breaking:
    """A server that ends while it handles a request: it reads the headers, and closes the connection."""

    def __init__(self):
        self.requests = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            received = b""
            while b"\r\n\r\n" not in received and (block := connection.recv(65536)):
                received += block
            if b"POST" in received:
                self.requests += 1
            connection.close()


@unittest.skipIf(shutil.which("nginx", path="/usr/sbin:/usr/bin") is None, "nginx not found")
class NginxTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="mien-nginx-")
        self.addCleanup(self.folder.cleanup)

    def start_nginx(self, ports):
        text = CONFIGURATION.read_text().replace("/tmp/", self.folder.name + "/")
        server = re.search(r"server mien:8080(.*?);.*\n", text)
        text = text.replace(server[0], "".join(f"server 127.0.0.1:{port}{server[1]};\n" for port in ports))
        self.port = free_port()
        text = text.replace("listen 8080;", f"listen 127.0.0.1:{self.port};")
        path = pathlib.Path(self.folder.name) / "nginx.conf"
        path.write_text(text)
        self.nginx = self.start(["/usr/sbin/nginx", "-c", str(path), "-e", "stderr", "-g", "daemon off;"])
        self.wait(self.port, "/metrics", 404)

    def start(self, command):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        process.terminate()
        process.wait(60)

    @staticmethod
    def wait(port: int, path: str, status: int):
        deadline = time.monotonic() + 60
        while True:
            try:
                if ask(port, "GET", path)[0] == status:
                    return
            except OSError:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"no server is ready on port {port}")
            time.sleep(0.05)


class BreakingServers(NginxTest):
    def test_a_post_is_not_repeated(self):
        servers = [Breaking(), Breaking()]
        self.start_nginx([server.port for server in servers])
        self.assertEqual(analyze(self.port, pgm(64, 48))[0], 502)
        self.assertEqual(sum(server.requests for server in servers), 1)

    def test_a_server_that_does_not_listen_is_skipped(self):
        server = Breaking()
        self.start_nginx([free_port(), server.port])
        for _ in range(4):
            analyze(self.port, pgm(64, 48))
        self.assertEqual(server.requests, 4)


class Balancer(NginxTest):
    def setUp(self):
        super().setUp()
        self.ports = [free_port(), free_port()]
        self.servers = [self.start([MIEN, "serve", "--port", str(port), "--threads", "1"]) for port in self.ports]
        for port in self.ports:
            self.wait(port, "/readyz", 200)
        self.start_nginx(self.ports)

    def test_frames_of_a_session_reach_one_server(self):
        for session in ("a" * 16, "b" * 20, "c" * 24):
            before = [analyzed_by(port) for port in self.ports]
            for frame in range(1, 5):
                status, body = analyze(self.port, pgm(64, 48), f"?session={session}&time={frame}")
                self.assertEqual((status, json.loads(body)["results"][0]["frame"]), (200, frame))
            grown = sorted(analyzed_by(port) - count for port, count in zip(self.ports, before))
            self.assertEqual(grown, [0, 4])

    def test_slow_bodies_do_not_lock_others_out(self):
        head = b"POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 1000000\r\n\r\nslow"
        slow = []
        for _ in range(60):
            client = socket.create_connection(("127.0.0.1", self.port), timeout=10, source_address=("127.0.0.2", 0))
            self.addCleanup(client.close)
            client.sendall(head)
            slow.append(client)
        self.assertEqual(analyze(self.port, pgm(64, 48))[0], 200)
        # nginx refuses all beyond 32 of an address; the others wait for the server's time limit.
        refused = 0
        for client in slow:
            client.settimeout(0.1)
            try:
                refused += client.recv(12) == b"HTTP/1.1 503"
            except TimeoutError:
                pass
        self.assertEqual(refused, 28)

    def test_requests_are_spread_and_responses_are_those_of_the_servers(self):
        responses = []

        def client(number):
            for i in range(10):
                width = 64 + 16 * number + i
                status, body = analyze(self.port, pgm(width, 48))
                responses.append((status, json.loads(body)["results"][0]["width"] == width))

        clients = [threading.Thread(target=client, args=(number,)) for number in range(4)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()
        self.assertEqual(responses, [(200, True)] * 40)
        analyzed = [analyzed_by(port) for port in self.ports]
        self.assertEqual(sum(analyzed), 40)
        self.assertGreater(min(analyzed), 0)

    def test_the_page_passes_through(self):
        status, page = ask(self.port, "GET", "/")
        self.assertEqual((status, page), ask(self.ports[0], "GET", "/"))
        self.assertEqual(status, 200)

    def test_metrics_are_not_forwarded(self):
        self.assertEqual(ask(self.port, "GET", "/metrics")[0], 404)

    def test_large_images_pass_and_too_large_ones_do_not(self):
        self.assertEqual(analyze(self.port, pgm(4000, 3000))[0], 200)
        self.assertEqual(analyze(self.port, bytes(33 << 20))[0], 413)
        # None of them was written to a file.
        written = [path for path in pathlib.Path(self.folder.name).rglob("*") if path.is_file()]
        self.assertEqual(sorted(path.name for path in written), ["nginx.conf", "nginx.pid"])

    def test_a_server_that_stops_does_not_disturb_clients(self):
        statuses, stop = [], threading.Event()

        def client():
            while not stop.is_set():
                statuses.append(analyze(self.port, pgm(64, 48))[0])

        thread = threading.Thread(target=client)
        thread.start()
        while len(statuses) < 5:
            time.sleep(0.01)
        self.servers[0].send_signal(signal.SIGTERM)
        self.assertEqual(self.servers[0].wait(60), 0)
        count = len(statuses)
        while len(statuses) < count + 10:
            time.sleep(0.01)
        stop.set()
        thread.join()
        self.assertEqual(set(statuses), {200})


if __name__ == "__main__":
    MIEN = sys.argv.pop(1)
    unittest.main()
