"""What tcpdump itself records, of HTTP on the loopback interface."""

import http.client
import http.server
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from onesoup.captures.errors import CaptureError
from onesoup.captures.reading import read_capture
from tests.wire.vectors import GOOD

KIND = "application/vnd.wv.csp.wbxml"
ASKED = [vector.octets for vector in GOOD[:3]]
ANSWER = GOOD[3].octets
# More than any of it takes on a slow machine.
LONG = 30.0


class Answering(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", KIND)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def server() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as opened:
        thread = threading.Thread(target=opened.serve_forever)
        thread.start()
        yield opened.server_address[1]
        opened.shutdown()
        thread.join()


@contextmanager
def tcpdump(port: int, file: Path) -> Iterator[subprocess.Popen[bytes]]:
    options = ["-Z", "root", "-i", "lo", "-U", "--immediate-mode", "-B", "4096", "-s", "0", "-w", str(file)]
    with subprocess.Popen(["tcpdump", *options, "tcp", "port", str(port)], stderr=subprocess.PIPE) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            while line and b"listening" not in line:
                line = process.stderr.readline()
            if not line:
                pytest.skip("tcpdump may not record here")
            yield process
        finally:
            process.terminate()


def recorded(file: Path) -> list[tuple[bytes, str]]:
    try:
        return [(body.data, body.direction.value) for body in read_capture(file.read_bytes(), "x")]
    except CaptureError:
        return []


def test_a_conversation_as_tcpdump_records_it(tmp_path):
    if not shutil.which("tcpdump") or os.geteuid():
        pytest.skip("needs tcpdump and root")
    file = tmp_path / "x.pcap"
    with server() as port, tcpdump(port, file) as process:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=LONG)) as client:
            for body in ASKED:
                client.request("POST", "/", body, {"Content-Type": KIND})
                assert client.getresponse().read() == ANSWER
        wanted = [each for body in ASKED for each in ((body, "request"), (ANSWER, "response"))]
        end = time.monotonic() + LONG / 3
        while recorded(file) != wanted and time.monotonic() < end:
            time.sleep(0.05)
        process.terminate()
        assert process.stderr is not None
        dropped = re.search(rb"(\d+) packets dropped by kernel", process.stderr.read())
    if recorded(file) != wanted and dropped and int(dropped[1]):
        pytest.skip("the kernel dropped packets before tcpdump had them")
    assert recorded(file) == wanted
