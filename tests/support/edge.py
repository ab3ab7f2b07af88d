"""A real nginx with the files of deploy/, on free ports of this host, in front of what a test starts."""

import re
import shutil
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.runtime.ports import free_port

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
STREAM_MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
NO_EDGE = shutil.which("nginx") is None or not STREAM_MODULE.exists()
WHY_NO_EDGE = "needs nginx with its stream module"

# What the files call the processes behind it.
EDGE_SERVERS = {
    "nginx.conf": {"gateway": r"127\.0\.0\.1:8080", "STCP": r"127\.0\.0\.1:3171"},
    "compose/nginx.conf": {"gateway": r"web-[12]:8080", "SHTTP": r"cir-[12]:8090", "STCP": r"cir-[12]:3171"},
}
# How long Debian's unit waits for the connections of an nginx that it restarts.
RESTART_PATIENCE_SECONDS = 5.0


def with_servers(text: str, name: str, ports: tuple[int, ...]) -> str:
    """The lines `server ...` of these, one for each port in place of what stands there."""
    line = re.compile(rf"^( +)#?server {name}( [^;]*)?;$", re.MULTILINE)
    kinds = dict.fromkeys(found[2] or "" for found in line.finditer(text))
    assert kinds, name
    ours = [f"server 127.0.0.1:{port}{kind};" for kind in kinds for port in ports]
    first = line.search(text)
    assert first
    return line.sub("", text[: first.start()] + "\n".join(ours) + "\n" + text[first.end() :])


class Edge:
    """nginx with one of the files. `web` and `stcp` are its ports for phones; `ports` those of the processes behind it, by what
    EDGE_SERVERS calls them."""

    def __init__(self, directory: Path, ports: Mapping[str, tuple[int, ...]], file: str = "nginx.conf") -> None:
        self.web, self.stcp = free_port(), free_port()
        self.access_log = directory / "onesoup.log"
        directory.mkdir(parents=True, exist_ok=True)
        text = (DEPLOY / file).read_text()
        for way, name in EDGE_SERVERS[file].items():
            text = with_servers(text, name, ports[way])
        text = re.sub(r"(web|cir)-[12]:", "127.0.0.1:", text)
        text = re.sub(r"listen 80(80)? default_server", f"listen 127.0.0.1:{self.web}", text)
        text = re.sub(r"listen 3170", f"listen 127.0.0.1:{self.stcp}", text)
        text = re.sub(r"listen 127.0.0.1:8081", f"listen 127.0.0.1:{free_port()}", text)
        text = re.sub(r"/var/log/nginx|/tmp(?=/)", str(directory), text)
        text = re.sub(r"^(pid|daemon) .*", "", text, flags=re.MULTILINE)
        events = "" if "events {" in text else "events { }\n"
        config = directory / "nginx.conf"
        config.write_text(f"load_module {STREAM_MODULE};\ndaemon off;\npid {directory}/pid;\n{events}{text}")
        argv = [shutil.which("nginx") or "", "-p", str(directory), "-c", str(config), "-e", "stderr"]
        self.process = Process("nginx", argv, {}, directory / "nginx.log")

    def start(self) -> "Edge":
        self.process.start()
        self.process.wait_until(self.answers)
        return self

    def answers(self) -> bool:
        return connects("127.0.0.1", self.web) and connects("127.0.0.1", self.stcp)

    def workers(self) -> set[int]:
        """The process ids of those that take connections."""
        found = set()
        with suppress(OSError):
            for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
                if b"shutting down" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.add(int(pid))
        return found

    def reload(self) -> None:
        """As `systemctl reload nginx`; returns when new workers have taken over."""
        before = self.workers()
        self.process.signal(signal.SIGHUP)
        end = time.monotonic() + 60
        while not self.workers() or self.workers() & before:
            assert time.monotonic() < end, self.process.last_lines()
            time.sleep(0.05)

    def restart(self) -> None:
        """As `systemctl restart nginx` with Debian's unit."""
        self.process.signal(signal.SIGQUIT)
        self.process.finish(RESTART_PATIENCE_SECONDS)
        self.start()

    def kill(self) -> None:
        self.process.kill()
