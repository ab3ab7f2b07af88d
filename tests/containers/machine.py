"""An empty Debian that systemd starts, as on a machine of its own: in namespaces, from Debian's packages. Needs root."""

import contextlib
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.containers.engine import BASE, NAMESERVER, EngineError, NoEngine, die_with_parent, enter_network, make_debian

# What Debian's own installer puts on a machine and the smallest Debian lacks.
PACKAGES = ("systemd", "systemd-sysv", "libnss-systemd", "dbus")
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
BOOT = 60.0
PROGRAMS = ("mmdebstrap", "slirp4netns", "unshare", "nsenter", "chroot")

# The first half: a control group of its own, the root of all for the machine. $1: the root directory; $2: its name.
_OUTSIDE = """
set -eu
mkdir -p "$1/groups"
mount -t cgroup2 cgroup2 "$1/groups"
mkdir "$1/groups/$2"
echo 0 >"$1/groups/$2/cgroup.procs"
umount "$1/groups"
rmdir "$1/groups"
exec unshare --cgroup sh -c "$3" sh "$1"
"""
# The second half ends as systemd. What it may not change of the kernel, which is everybody's, is read-only.
_INSIDE = """
set -eu
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
for each in "$1/proc/sys" "$1/proc/sysrq-trigger"; do
    [ -e "$each" ] || continue
    mount --bind "$each" "$each"
    mount -o remount,bind,ro "$each"
done
mount -t sysfs -o ro sysfs "$1/sys"
mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
for each in null zero full random urandom tty; do
    touch "$1/dev/$each"
    mount --bind "/dev/$each" "$1/dev/$each"
done
mkdir "$1/dev/pts" "$1/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$1/dev/pts"
mount -t tmpfs tmpfs "$1/dev/shm"
ln -s pts/ptmx "$1/dev/ptmx"
ln -s /proc/self/fd "$1/dev/fd"
mount -t tmpfs -o mode=755 tmpfs "$1/run"
mkdir "$1/old"
cd "$1"
pivot_root . old
exec env -i container=onesoup-test PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . \
    sh -c 'umount -l /old && rmdir /old && mount --make-rshared / && exec /lib/systemd/systemd'
"""
_FORGET = 'mount -t cgroup2 cgroup2 /mnt && if [ -e "/mnt/$1" ]; then find "/mnt/$1" -depth -type d -exec rmdir {} +; fi'


class Machine:
    """Its root directory is below `directory`; `base` is a tar of the smallest Debian, made when it is missing."""

    def __init__(self, directory: Path, base: Path) -> None:
        self.directory, self.base = directory.resolve(), base.resolve()
        self.root = self.directory / "root"
        self._group = f"onesoup-machine-{os.getpid()}"
        self._running: list[subprocess.Popen[bytes]] = []
        self._init = 0

    def prepare(self) -> None:
        """A fresh disk."""
        if not self.base.exists():
            make_debian(self.base, BASE)
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        subprocess.run(["tar", "-C", str(self.root), "-xf", str(self.base)], check=True)
        (self.root / "etc/hostname").write_text("onesoup-host\n")
        shutil.copyfile("/etc/resolv.conf", self.root / "etc/resolv.conf")
        if Path(CERTIFICATES).exists():  # where an authority of its own is trusted, pip has to as well
            shutil.copyfile(CERTIFICATES, self.root / CERTIFICATES[1:])
            (self.root / "etc/pip.conf").write_text(f"[global]\ncert = {CERTIFICATES}\n")
        install = f"apt-get update && apt-get install -y --no-install-recommends {shlex.join(PACKAGES)} && apt-get clean"
        _ran(["chroot", str(self.root), "env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", install], 300)
        resolv = self.root / "etc/resolv.conf"
        resolv.unlink()
        resolv.write_text(f"nameserver {NAMESERVER}\n")

    def start(self) -> None:
        with (self.directory / "boot.log").open("wb") as log:
            spaces = ("--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--propagation", "private")
            argv = ["unshare", *spaces, "sh", "-c", _OUTSIDE, "sh", str(self.root), self._group, _INSIDE]
            self._run(argv, log)
            self._init = self._wait_for_systemd(self._running[0])
            argv = ["slirp4netns", "--configure", "--mtu=1400", "--disable-host-loopback", str(self._init), "tap0"]
            self._run(argv, log)
        deadline = time.monotonic() + BOOT
        while self.runs("systemctl is-system-running", check=False).strip() not in ("running", "degraded"):
            if time.monotonic() > deadline:
                raise EngineError(f"systemd does not start: {self.journal()[-3000:]}")
            time.sleep(0.2)

    def _run(self, argv: list[str], log: object) -> None:
        self._running.append(
            subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)  # type: ignore[call-overload]
        )

    def _wait_for_systemd(self, unshare: "subprocess.Popen[bytes]") -> int:
        children = Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children")
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and unshare.poll() is None:
            found = children.read_text().split()
            if found and Path(f"/proc/{found[0]}/comm").read_text().strip() == "systemd":
                return int(found[0])
            time.sleep(0.05)
        raise NoEngine(f"systemd cannot be the init of namespaces here: {(self.directory / 'boot.log').read_text()[-500:]}")

    def stop(self) -> None:
        """All of it ends with its init."""
        for process in reversed(self._running):
            process.kill()
            process.wait()
        for _ in range(20):  # the last processes of the machine take a moment to go
            if not subprocess.run(["unshare", "--mount", "sh", "-c", _FORGET, "sh", self._group], capture_output=True).returncode:
                break
            time.sleep(0.1)

    # --- use ---

    def runs(self, script: str, *, check: bool = True, timeout: float = 300) -> str:
        """What a shell of root's says, in root's home. EngineError with all that it says when it fails."""
        spaces = [f"--target={self._init}", "--mount", "--net", "--pid", "--uts", "--ipc", "--cgroup"]
        environ = ["env", "-i", "HOME=/root", "LANG=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        return _ran(
            ["nsenter", *spaces, "--", *environ, "bash", "-euo", "pipefail", "-c", f"cd /root\n{script}"], timeout, check=check
        )

    def journal(self) -> str:
        return self.runs("journalctl --no-pager --lines 400", check=False)

    @contextmanager
    def network(self) -> Iterator[None]:
        """Inside, connections of this thread go to the machine."""
        with open("/proc/thread-self/ns/net") as before, open(f"/proc/{self._init}/ns/net") as inside:
            enter_network(inside.fileno())
            try:
                yield
            finally:
                enter_network(before.fileno())


def _ran(argv: list[str], timeout: float, *, check: bool = True) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL)
    if check and done.returncode:
        raise EngineError(f"{argv[-1]}\nstatus {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def why_not() -> str:
    """Why there can be no such machine here, "" when there can."""
    if os.geteuid() != 0:
        return "only root can start a Debian of its own"
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"{shlex.join(missing)} missing (tools/setup containers)"
    tried = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "true"], capture_output=True, text=True, check=False
    )
    return f"namespaces are forbidden here: {tried.stderr.strip()}" if tried.returncode else ""


@contextmanager
def machine(directory: Path, base: Path) -> Iterator[Machine]:
    """A Debian that runs, gone afterwards. NoEngine says in one line why there can be none."""
    if reason := why_not():
        raise NoEngine(reason)
    made = Machine(directory, base)
    made.prepare()
    try:
        made.start()
        yield made
    finally:
        with contextlib.suppress(EngineError):
            (directory / "journal.log").write_text(made.journal())
        made.stop()
        shutil.rmtree(made.root, ignore_errors=True)
