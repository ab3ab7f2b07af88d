"""F16, F17, F19, F20: the clock jumps, the disk is full, two versions run side by side, keys are rotated."""

import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gevent
import redis

from onesoup.demo import accounts
from onesoup.demo.servers import RedisServer
from onesoup.demo.stack import Stack
from onesoup.phone.engine import Phone
from onesoup.phone.errors import PhoneError
from onesoup.store.account.keyring import KeyRing
from tests.chaos.case import Field, Skipped, case
from tests.chaos.figures import Figure, just, least, most

REPOSITORY = Path(__file__).resolve().parents[2]
ROLES = ("web", "holder", "cir")
HOUR = 3600.0
# How far back the older version of F19 is.
BACK = 30

# The clock of a process and its children, moved by the number in a file; the monotonic clock stays. Not libfaketime: Redis does
# not start under it.
_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
static double *moved;
static double by(void) {
  if (!moved) {
    int f = open(getenv("CLOCK_FILE"), O_RDONLY);
    moved = mmap(0, sizeof(double), PROT_READ, MAP_SHARED, f, 0);
  }
  return moved == MAP_FAILED ? 0 : *moved;
}
int clock_gettime(clockid_t id, struct timespec *t) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(id, t);
  if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) t->tv_sec += (long)by();
  return result;
}
int gettimeofday(struct timeval *t, void *zone) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  t->tv_sec = now.tv_sec;
  t->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *where) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (where) *where = now.tv_sec;
  return now.tv_sec;
}
"""


class Clock:
    """Moves the clocks of a stack's roles."""

    def __init__(self) -> None:
        if shutil.which("cc") is None:
            raise Skipped("no C compiler for the clock that can be moved")
        self.dir = Path(tempfile.mkdtemp(prefix="onesoup-clock-"))
        (self.dir / "clock.c").write_text(_CLOCK)
        self.library = self.dir / "clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", str(self.library), str(self.dir / "clock.c"), "-ldl"], check=True)
        self.file = self.dir / "moved"
        self.move(HOUR)
        code = "import time; print(time.time())"
        shown = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | self.env(), capture_output=True, text=True, check=True
        )
        if abs(float(shown.stdout) - time.time() - HOUR) > HOUR / 2:
            raise Skipped("the clock cannot be moved here")
        self.move(0.0)

    def move(self, seconds: float) -> None:
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("d", seconds))

    def env(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.library), "CLOCK_FILE": str(self.file)}

    def close(self) -> None:
        shutil.rmtree(self.dir)


class TimedRedis(RedisServer):
    """A Redis whose clock can be moved, and a clock for the roles."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.own, self.roles = Clock(), Clock()
        self.process.env |= self.own.env()

    def give_clock(self, stack: Stack) -> None:
        stack.env |= self.roles.env()

    def close(self) -> None:
        self.own.close()
        self.roles.close()


@case(
    16,
    "the clocks of all processes, also of Redis, jump an hour forward, then two hours back; then only the clock of Redis does",
    "no mass log-out, nothing is lost: all time limits that matter use monotonic clocks",
    redis_server=lambda directory: TimedRedis(directory / "redis").start(),
    prepare=lambda stack: stack.redis.give_clock(stack),
)
def clock_jumps(field: Field) -> list[Figure]:
    server = field.stack.redis
    client, found, began = redis.Redis.from_url(server.url), [], field.mark("clocks begin to jump")
    moved, newcomers = 0.0, 0
    try:
        for who, clocks in (("all clocks", (server.own, server.roles)), ("only Redis", (server.own,))):
            before = _ended(field), field.failures(began), field.logged_in()
            for told, seconds in (("an hour forth", HOUR), ("two hours back", -HOUR), ("as it was", 0.0)):
                field.mark(f"{who}: {told}")
                for clock in clocks:
                    clock.move(seconds)
                gevent.sleep(0.3)
                moved += abs(client.time()[0] - time.time() - seconds) < 60.0
                field.work(5.0)
                newcomers += _logs_in(field.stack)
                field.work(10.0)
            found += [
                most(f"sessions ended, {who}", _ended(field) - before[0], 0),
                most(f"requests refused, {who}", field.failures(began) - before[1], 0),
            ]
        streams = field.until(lambda: field.open_streams() >= len(field.run.users), 30.0)
    finally:
        server.close()
    return [
        least("jumps that Redis's clock has made", moved, 6),
        least("new log-ins in that time", newcomers, 6),
        *found,
        most("time until all streams are there", streams, 30.0, "s"),
        just("contacts that saw a phone go offline", field.went()),
    ]


def _logs_in(stack: Stack) -> bool:
    """A phone that was not there yet."""
    user = accounts.DEMO_USERS[0]
    phone = Phone(stack.url, f"wv:{user}@{stack.domain}", accounts.password(user), client_id="newcomer")
    try:
        phone.start()
        phone.logout()
    except PhoneError:
        return False
    finally:
        phone.close()
    return True


def _on_a_full_disk(stack: Stack) -> None:
    """Whatever a role writes to its log fails as on a full disk."""
    for role in ROLES:
        stack.launch(role)
        process = stack.processes[role]
        process.kill()
        process.argv[:0] = ["sh", "-c", 'exec "$0" "$@" >/dev/full 2>&1']


@case(17, "the log volume is full", "service goes on", prepare=_on_a_full_disk, env={"ONESOUP_LOG_LEVEL": "debug"})
def disk_full(field: Field) -> list[Figure]:
    began = field.mark("every line of the log fails")
    field.work(15.0)
    field.stack.stop("holder")
    field.stack.start("holder")
    field.work(10.0)
    return [most("requests refused", field.failures(began), 0), most("sessions ended", _ended(field), 0)]


def _older() -> Path:
    """A checkout of an older commit."""
    git = ["git", "-C", str(REPOSITORY)]
    directory = Path(tempfile.mkdtemp(prefix="onesoup-older-"))
    found = subprocess.run([*git, "archive", f"HEAD~{BACK}"], capture_output=True)
    if found.returncode:
        raise Skipped("no older commit here")
    subprocess.run(["tar", "-x", "-C", str(directory)], input=found.stdout, check=True)
    return directory


@case(
    19,
    f"mixed versions: the gateway of {BACK} commits ago with today's holder, then the reverse",
    "both versions can read all records; nothing is lost or sent twice",
)
def versions_mixed(field: Field) -> list[Figure]:
    older = _older()
    stack = field.stack
    # Where the command was before it moved.
    module = "onesoup.commands.main" if (older / "onesoup" / "commands" / "main.py").exists() else "onesoup.cli"
    code = f"from {module} import main; main()"
    prefix = ["sh", "-c", f'cd {older} && PYTHONPATH={older} exec "$0" "$@"', sys.executable, "-P", "-c", code]
    try:
        new = {role: list(stack.processes[role].argv) for role in ("web", "holder")}
        for role in ("web", "holder"):
            other = "holder" if role == "web" else "web"
            field.mark(f"older {role}, newer {other}")
            for name, argv in ((role, [*prefix, role]), (other, new[other])):
                if stack.processes[name].argv != argv:
                    stack.stop(name)
                    stack.processes[name].argv = argv
                    stack.start(name)
            field.work(15.0)
    finally:
        shutil.rmtree(older)
    return [most("sessions ended", _ended(field), 0)]


@case(
    20,
    "the key ring is rotated under load; then the old key is removed and the holder restarts",
    "the rotation logs nobody out; when the key is gone sessions have to log in again, and nothing crashes",
)
def keys_rotated(field: Field) -> list[Figure]:
    stack = field.stack
    field.mark("a new key, everything sealed anew")
    rotated = subprocess.run(
        [str(Path(sys.prefix, "bin", "onesoup")), "accounts", "rotate", "--new-key"],
        env=stack.env,
        capture_output=True,
        text=True,
    )
    field.work(8.0)
    stack.stop("holder")
    stack.start("holder")
    field.work(8.0)
    after_rotation = _ended(field)
    field.mark("the ring is another one")
    stack.keys_file.unlink()
    KeyRing.create(stack.keys_file)
    lines = stack.keys_file.read_text().replace("k1:", "k9:")
    stack.keys_file.write_text(lines)
    stack.stop("holder")
    stack.start("holder")
    back = field.until(lambda: _ended(field) >= len(field.run.users) and field.logged_in() == len(field.run.users), 90.0)
    return [
        most("exit status of the rotation", rotated.returncode, 0),
        most("sessions ended by the rotation and a new holder", after_rotation, 0),
        just("sessions ended when the key was gone", _ended(field) - after_rotation),
        most("all phones logged in again", back, 60.0, "s"),
    ]


def _ended(field: Field) -> int:
    return sum(user.sessions_ended for user in field.run.users)
