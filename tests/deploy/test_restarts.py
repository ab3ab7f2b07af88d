"""Behind a real nginx with the files of deploy/: processes are restarted one right after the other, and nobody is refused."""

import http.client
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.runtime.ports import free_port

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
STREAM = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
pytestmark = pytest.mark.skipif(shutil.which("nginx") is None or not STREAM.exists(), reason="needs nginx with its stream module")

ROUNDS = 3
ASKED = 4  # in a row while one of the two is away


class Backend:
    """A gateway or a CIR process, as far as nginx sees it: it listens or it does not. Connections are answered and closed."""

    def __init__(self, answer: bytes) -> None:
        self.port, self._answer = free_port(), answer
        self._listener: socket.socket | None = None
        self.start()

    def start(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        assert self._listener is not None
        self._listener.shutdown(socket.SHUT_RDWR)  # ends the wait in accept(), and with it the port
        self._listener.close()

    def _serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                link = listener.accept()[0]
                with link:
                    link.recv(4096)
                    link.sendall(self._answer)


def http_status(port: int) -> object:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request("POST", "/", b"x")
    status = link.getresponse().status
    link.close()
    return status


def cir_status(port: int) -> object:
    """Of a request for SHTTP."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request("GET", "/cir/x")
    status = link.getresponse().status
    link.close()
    return status


def stcp_answer(port: int) -> object:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
        return link.recv(100)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
# What is asked, and how a backend answers.
WAYS: dict[str, tuple[Callable[[int], object], bytes, object]] = {
    "gateway": (http_status, OK, 200),
    "SHTTP": (cir_status, OK, 200),
    "STCP": (stcp_answer, b"OK\r\n", b"OK\r\n"),
}
# What the files call them, and the ports for phones.
SERVERS = {
    "nginx.conf": {"gateway": r"127\.0\.0\.1:8080", "STCP": r"127\.0\.0\.1:3171"},
    "compose/nginx.conf": {"gateway": r"web-[12]:8080", "SHTTP": r"cir-[12]:8090", "STCP": r"cir-[12]:3171"},
}


def both(text: str, name: str, ports: tuple[int, int]) -> str:
    """The lines `server ...` of these, one for each port in place of what stands there."""
    line = re.compile(rf"^( +)#?server {name}( [^;]*)?;$", re.MULTILINE)
    kinds = dict.fromkeys(found[2] or "" for found in line.finditer(text))
    assert kinds, name
    ours = [f"server 127.0.0.1:{port}{kind};" for kind in kinds for port in ports]
    first = line.search(text)
    assert first
    return line.sub("", text[: first.start()] + "\n".join(ours) + "\n" + text[first.end() :])


@contextmanager
def nginx(file: str, backends: dict[str, tuple[Backend, Backend]], directory: Path) -> Iterator[dict[str, int]]:
    """The port for each way."""
    web, stcp = free_port(), free_port()
    text = (DEPLOY / file).read_text()
    for way, name in SERVERS[file].items():
        text = both(text, name, (backends[way][0].port, backends[way][1].port))
    text = re.sub(r"(web|cir)-[12]:", "127.0.0.1:", text)
    text = re.sub(r"listen 80(80)? default_server", f"listen 127.0.0.1:{web}", text)
    text = re.sub(r"listen 3170", f"listen 127.0.0.1:{stcp}", text)
    text = re.sub(r"listen 127.0.0.1:8081", f"listen 127.0.0.1:{free_port()}", text)
    text = re.sub(r"/var/log/nginx|/tmp(?=/)", str(directory), text)
    text = re.sub(r"^(pid|daemon) .*|access_log .*", "", text, flags=re.MULTILINE)
    events = "" if "events {" in text else "events { }\n"
    (directory / "nginx.conf").write_text(f"load_module {STREAM};\ndaemon off;\npid {directory}/pid;\n{events}{text}")
    argv = [shutil.which("nginx") or "", "-p", str(directory), "-c", str(directory / "nginx.conf"), "-e", "stderr"]
    process = Process("nginx", argv, {}, directory / "nginx.log")
    process.start()
    try:
        process.wait_until(lambda: connects("127.0.0.1", web) and connects("127.0.0.1", stcp))
        yield {"gateway": web, "SHTTP": web, "STCP": stcp}
    finally:
        process.kill()


@pytest.mark.parametrize(("file", "way"), [(file, way) for file, ways in SERVERS.items() for way in ways])
def test_a_rolling_restart_refuses_nobody(file: str, way: str, tmp_path: Path) -> None:
    """nginx leaves out a server that has just failed. When it is back and the other one goes, none would be left."""
    ask, _, good = WAYS[way]
    with ExitStack() as ending:
        made = {each: (Backend(WAYS[each][1]), Backend(WAYS[each][1])) for each in SERVERS[file]}
        for pair in made.values():
            for backend in pair:
                ending.callback(backend.stop)
        port = ending.enter_context(nginx(file, made, tmp_path))[way]
        answers = []
        for number in range(2 * ROUNDS):
            away = made[way][number % 2]
            away.stop()
            answers += [ask(port) for _ in range(ASKED)]
            away.start()
        assert answers == [good] * len(answers)


FOR_PHONE = b"for the phone"
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(FOR_PHONE), FOR_PHONE)


@pytest.mark.parametrize(("other", "status", "body"), [(OK, 200, b""), (REFUSAL, 503, FOR_PHONE)])
@pytest.mark.parametrize("file", SERVERS)
def test_a_log_in_that_a_draining_gateway_refuses_goes_to_the_next(
    file: str, other: bytes, status: int, body: bytes, tmp_path: Path
) -> None:
    """It answers 503. Where all drain, the phone gets what the last one said."""
    with ExitStack() as ending:
        made = {way: (Backend(WAYS[way][1]), Backend(WAYS[way][1])) for way in SERVERS[file] if way != "gateway"}
        made["gateway"] = (Backend(REFUSAL), Backend(other))
        for pair in made.values():
            for backend in pair:
                ending.callback(backend.stop)
        port = ending.enter_context(nginx(file, made, tmp_path))["gateway"]
        for _ in range(2 * ASKED):
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            link.request("POST", "/", b"x")
            answer = link.getresponse()
            assert (answer.status, answer.read()) == (status, body)
            link.close()
