"""A container engine for the test: the machine's own, else Docker from Debian's packages in a root directory of its own.

The second one needs root and namespaces. All of it is below one directory: Debian's packages unpacked, images, sockets. It runs
in mount, network and process namespaces of its own, so it changes nothing of the machine, takes no port of it, and ends with this
process.
"""

import contextlib
import ctypes
import fcntl
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

RELEASE = "trixie"
BASE = ("ca-certificates",)
ENGINE = (*BASE, "docker.io", "docker-cli", "docker-compose", "iptables", "iproute2", "procps")
PULLED = "debian:trixie-slim"
NAMESERVER = "10.0.2.3"  # slirp4netns answers there
SOURCE = "/src"
START = 60.0
PR_SET_PDEATHSIG, CLONE_NEWNET = 1, 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)

# Becomes the init of the namespaces. $1: the root directory; $2: the checkout, seen read-only at /src; $3: the cgroups' parent.
_INSIDE = """
set -eu
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t sysfs sysfs "$1/sys"
mount --rbind /sys/fs/cgroup "$1/sys/fs/cgroup"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/tmp"
mkdir -p "$1/src" "$1/old"
mount --bind "$2" "$1/src"
mount -o remount,bind,ro "$1/src"
cd "$1"
pivot_root . old
exec chroot . sh -c 'umount -l /old && ip link set lo up && exec tini -s -g -- dockerd --data-root /var/lib/docker --mtu 1400 \
    --cgroup-parent "$0" --log-level warn' "$3"
"""


class EngineError(Exception):
    """What the engine was asked for did not work."""


class NoEngine(EngineError):
    """There can be no engine here, and why, in a line."""


class Engine:
    """A docker command, and where its containers can be reached from."""

    def docker(self, *argv: str) -> list[str]:
        raise NotImplementedError

    def in_init(self, *argv: str) -> list[str]:
        """The command that runs `argv` where the process ids of containers are those that docker tells."""
        raise NotImplementedError

    # Where the checkout is, for docker.
    source: Path

    @contextmanager
    def network(self) -> Iterator[None]:
        """Inside, connections of this process go to where containers are."""
        raise NotImplementedError

    def place(self) -> tuple[Path, Path]:
        """An empty directory that docker may see too: where it is for us, and for docker."""
        raise NotImplementedError

    own_images = False

    def run(
        self, *argv: str, timeout: float = 600.0, check: bool = True, env: Mapping[str, str] | None = None, text: str = ""
    ) -> str:
        """What docker says on standard output. EngineError with all that it says when it fails."""
        done = subprocess.run(
            self.docker(*argv),
            input=text,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env=os.environ | dict(env or {}),
        )
        if check and done.returncode:
            raise EngineError(f"docker {' '.join(argv)}: status {done.returncode}\n{done.stdout[-6000:]}{done.stderr[-6000:]}")
        return done.stdout

    def kill(self, pid: int) -> None:
        """SIGKILL to a process by the id that docker tells."""
        subprocess.run(self.in_init("kill", "-9", str(pid)), check=True, capture_output=True)


class Machines(Engine):
    """The engine that the machine has. It pulls the images that the compose file names."""

    def __init__(self, checkout: Path) -> None:
        self.source = checkout

    def docker(self, *argv: str) -> list[str]:
        return ["docker", *argv]

    def in_init(self, *argv: str) -> list[str]:
        return list(argv) if os.geteuid() == 0 else ["sudo", "-n", *argv]

    def place(self) -> tuple[Path, Path]:
        made = Path(tempfile.mkdtemp(prefix="onesoup-operator-"))
        return made, made

    @contextmanager
    def network(self) -> Iterator[None]:
        yield


class Unpacked(Engine):
    """Docker from Debian's packages, unpacked below `directory`."""

    own_images = True
    source = Path(SOURCE)

    def __init__(self, directory: Path, checkout: Path) -> None:
        self.directory, self.checkout = directory.resolve(), checkout.resolve()
        self.root = self.directory / "root"
        self.base = self.directory / "base.tar"
        self._cgroup = f"onesoup-test-{os.getpid()}"
        self._unshare: subprocess.Popen[bytes] | None = None
        self._slirp: subprocess.Popen[bytes] | None = None
        self._init = 0

    # --- what is made once ---

    def prepare(self) -> None:
        """The base of all images, and the engine's own root directory."""
        if not self.base.exists():
            make_debian(self.base, BASE)
        if not (self.root / "usr/sbin/dockerd").exists():
            shutil.rmtree(self.root, ignore_errors=True)
            make_debian(self.root, ENGINE)
        resolv = self.root / "etc/resolv.conf"
        resolv.unlink(missing_ok=True)
        resolv.write_text(f"nameserver {NAMESERVER}\n")

    # --- life ---

    def start(self) -> None:
        run = self.root / "run"
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir(mode=0o755)
        log = (self.directory / "dockerd.log").open("wb")
        argv = [
            "unshare",
            "--mount",
            "--net",
            "--pid",
            "--fork",
            "--kill-child",
            "--propagation",
            "private",
            "sh",
            "-c",
            _INSIDE,
            "sh",
        ]
        argv += [str(self.root), str(self.checkout), f"/{self._cgroup}"]
        self._unshare = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        log.close()
        self._init = self._wait_for_child(self._unshare)
        self._slirp = subprocess.Popen(
            ["slirp4netns", "--configure", "--mtu=1400", "--disable-host-loopback", str(self._init), "tap0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )
        end = time.monotonic() + START
        while subprocess.run(self.docker("info"), capture_output=True, check=False).returncode:
            if self._unshare.poll() is not None or time.monotonic() > end:
                raise EngineError(f"dockerd does not start: {(self.directory / 'dockerd.log').read_text()[-3000:]}")
            time.sleep(0.2)
        left = self.run("ps", "--all", "--quiet").split()  # of a run that was killed
        if left:
            self.run("rm", "--force", "--volumes", *left)
        self.run("network", "prune", "--force")
        self.run("volume", "prune", "--all", "--force")

    def _wait_for_child(self, unshare: "subprocess.Popen[bytes]") -> int:
        """The init of the namespaces, once it is inside its own root."""
        children = Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children")
        end = time.monotonic() + 10
        while time.monotonic() < end and unshare.poll() is None:
            found = children.read_text().split()
            if found and Path(f"/proc/{found[0]}/root").readlink() == Path("/") and self._inside(found[0]):
                return int(found[0])
            time.sleep(0.05)
        raise EngineError(f"no namespaces: {(self.directory / 'dockerd.log').read_text()[-2000:]}")

    def _inside(self, pid: str) -> bool:
        return "tini" in Path(f"/proc/{pid}/comm").read_text()

    def stop(self) -> None:
        """Everything ends with the init of its process namespace; mounts and the network go with the last process."""
        if self._unshare is not None:
            if self._init and self._unshare.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._init, signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._unshare.wait(30)
            self._unshare.kill()
            self._unshare.wait()
        if self._slirp is not None:
            self._slirp.terminate()
            self._slirp.wait()
        self._forget_cgroups()

    def _forget_cgroups(self) -> None:
        for top in Path("/sys/fs/cgroup").glob(f"**/{self._cgroup}"):
            for place in sorted((path for path in top.rglob("*") if path.is_dir()), key=lambda path: -len(path.parts)):
                with contextlib.suppress(OSError):
                    place.rmdir()
            with contextlib.suppress(OSError):
                top.rmdir()

    # --- use ---

    def docker(self, *argv: str) -> list[str]:
        return self.in_init("docker", *argv)

    def in_init(self, *argv: str) -> list[str]:
        return ["nsenter", f"--target={self._init}", "--mount", "--net", "--pid", "--", *argv]

    def place(self) -> tuple[Path, Path]:
        shutil.rmtree(self.root / "operator", ignore_errors=True)
        (self.root / "operator").mkdir()
        return self.root / "operator", Path("/operator")

    @contextmanager
    def network(self) -> Iterator[None]:
        """For the whole thread, and threads and processes that it starts."""
        with open("/proc/thread-self/ns/net") as before, open(f"/proc/{self._init}/ns/net") as inside:
            enter_network(inside.fileno())
            try:
                yield
            finally:
                enter_network(before.fileno())


def make_debian(target: Path, packages: Sequence[str]) -> None:
    """The smallest Debian with these packages, as a directory or a tar file."""
    fresh = target.with_name("new-" + target.name)
    argv = [
        "mmdebstrap",
        "--quiet",
        "--mode=root",
        "--variant=minbase",
        f"--include={','.join(packages)}",
        RELEASE,
        str(fresh),
    ]
    for attempt in (1, 2):
        if fresh.is_dir():
            shutil.rmtree(fresh)
        done = subprocess.run([*argv, *sources()], capture_output=True, text=True, timeout=600, check=False)
        if done.returncode == 0:
            fresh.rename(target)
            return
        if attempt == 2:
            raise EngineError(f"mmdebstrap: {done.stderr[-2000:]}")


def sources() -> list[str]:
    """Where this machine has its Debian packages from, as lines for another release."""
    form = "$(REPO_URI) $(LABEL) $(COMPONENT)"
    said = subprocess.run(
        ["apt-get", "indextargets", "--format", form, "Created-By: Packages"], capture_output=True, text=True, check=True
    )
    found = [line.split()[0] for line in said.stdout.splitlines() if line.split()[1:] == ["Debian", "main"]]
    if not found:
        raise EngineError("the machine's apt knows no Debian mirror")
    return [f"deb {found[0]} {RELEASE} main"]


def die_with_parent() -> None:
    """For a child, before it becomes another program."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def enter_network(descriptor: int) -> None:
    """The network namespace of an open file, for this thread and what it starts."""
    if _libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _machine_has_one() -> bool:
    """An engine that runs, with compose, and a registry that it reaches."""
    for argv in (["docker", "info"], ["docker", "compose", "version"], ["docker", "pull", "--quiet", PULLED]):
        try:
            if subprocess.run(argv, capture_output=True, timeout=120, check=False).returncode:
                return False
        except (OSError, subprocess.TimeoutExpired):
            return False
    return True


def _why_not() -> str:
    """Why no engine can be unpacked here, "" when it can."""
    if os.geteuid() != 0:
        return "no container engine here, and only root can unpack one"
    missing = [name for name in ("apt-get", "mmdebstrap", "slirp4netns", "unshare", "nsenter") if shutil.which(name) is None]
    if missing:
        return f"no container engine here, and {shlex.join(missing)} missing (tools/setup containers)"
    tried = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "true"], capture_output=True, text=True, check=False
    )
    return f"namespaces are forbidden here: {tried.stderr.strip()}" if tried.returncode else ""


@contextmanager
def engine(directory: Path, checkout: Path) -> Iterator[Engine]:
    """An engine that runs, gone afterwards. NoEngine says in one line why there can be none."""
    if _machine_has_one():
        yield Machines(checkout)
        return
    if reason := _why_not():
        raise NoEngine(reason)
    found = Unpacked(directory, checkout)
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found.prepare()
        try:
            found.start()
            yield found
        finally:
            found.stop()
