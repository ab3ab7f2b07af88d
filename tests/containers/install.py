"""docs/install.md, followed by a new operator: an empty Debian, the blocks of the page as they stand, two phones through nginx;
then HTTPS, backup, restore and upgrade. `python -m tests.containers.install` runs it alone."""

from gevent import monkey

monkey.patch_all()

import re  # noqa: E402
import shutil  # noqa: E402
import ssl  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import urllib.request  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402

from onesoup.phone.stcp import PhoneStcpLine  # noqa: E402
from tests.containers.engine import NoEngine  # noqa: E402
from tests.containers.install_page import PAGE, blocks  # noqa: E402
from tests.containers.machine import Machine, machine  # noqa: E402
from tests.containers.newcomer import talk  # noqa: E402
from tests.support.world import StoryPhone  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".run" / "containers"
NEEDED = (
    "deploy",
    "docs",
    "onesoup",
    "workers",
    "cir",
    "requirements.txt",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "gunicorn.conf.py",
    "CHANGELOG.md",
)
DOMAIN, HOST = "example.org", "imps.example.org"
NEXT_VERSION = "99.0.0"
MARKER = "marker-of-the-test"
SKIPPED = 77

# How long a user tries again, seconds: services restart in between.
PATIENCE = 60.0


def tell(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Operator:
    """A shell of root's on the machine, and the page."""

    def __init__(self, host: Machine) -> None:
        self.host, self._blocks = host, blocks(PAGE.read_text())

    def does(self, tag: str, number: int = 0) -> str:
        """One block. The names that the page has first are set for each."""
        began = time.monotonic()
        text = self._blocks[tag][number]
        names = self._blocks[""][0] if (tag, number) != ("", 0) else ""
        said = self.host.runs(names + text)
        tell(f"{time.monotonic() - began:5.1f} s  {text.strip().splitlines()[0][:90]}")
        return said

    def installs(self) -> None:
        for number in range(len(self._blocks[""])):
            self.does("", number)


def wheels() -> list[Path]:
    """Made by the page's block in a copy of the checkout: of this version, and the same under a later one."""
    place = WORK / "wheel"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place / name)
    (block,) = blocks(PAGE.read_text())["wheel"]
    numbered = place / "onesoup" / "__init__.py"
    made: list[Path] = []
    for version in (r"\g<1>", NEXT_VERSION):
        numbered.write_text(re.sub(r'(?m)^__version__ = "(.*)"', f'__version__ = "{version}"', numbered.read_text(), count=1))
        subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=place, check=True, capture_output=True, timeout=300)
        made += set((place / "dist").glob("onesoup-*.whl")) - set(made)
    return made


def bring(host: Machine, made: Path) -> None:
    """As scp does; the one of before goes."""
    for old in (host.root / "root").glob("onesoup-*.whl"):
        old.unlink()
    shutil.copy(made, host.root / "root" / made.name)


def phone(name: str, cir: tuple[str, ...] = ()) -> StoryPhone:
    return StoryPhone("http://127.0.0.1/", f"wv:{name}@{DOMAIN}", f"{name}-secret", client_id=f"i-{name}", cir=cir)


def line(alice: StoryPhone, bob: StoryPhone) -> None:
    """The phone is told our name and nginx's port, and woken there."""
    assert bob.stcp == (HOST, 3170), bob.stcp
    with PhoneStcpLine("127.0.0.1", 3170, bob.session_id or "", bob.cookie) as stcp:
        stcp.ping()
        alice.send(bob.user, "wake up")
        assert stcp.wait(60.0), "no wake on the line"
        bob.hears("wake up", within=60)


def fetched(url: str) -> tuple[int, str]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(url, timeout=30, context=context) as answer:
        return answer.status, answer.read().decode()


def reloads(host: Machine) -> None:
    """The check before it sees keys that root alone can read; it refuses settings that cannot be used, and nobody ends."""
    units = "onesoup-web onesoup-holder@1 onesoup-cir"
    host.runs(f"systemctl reload {units}")
    host.runs("echo ONESOUP_NONSENSE=1 >>/etc/onesoup/onesoup.env; ! systemctl reload onesoup-web")
    host.runs(f"sed -i '$d' /etc/onesoup/onesoup.env; systemctl reload {units}; systemctl is-active {units}")


def https(operator: Operator) -> None:
    """certbot could prove the name; its certificate is found where it puts it; phones stay on port 80."""
    live = f"/etc/letsencrypt/live/{HOST}"
    key = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test"
    operator.host.runs(f"mkdir -p {live}; {key} -keyout {live}/privkey.pem -out {live}/fullchain.pem 2>/dev/null")
    challenges = "/.well-known/acme-challenge"
    operator.host.runs(f"mkdir -p /var/www/html{challenges}; echo token >/var/www/html{challenges}/name")
    assert fetched(f"http://127.0.0.1{challenges}/name") == (200, "token\n")
    operator.does("https")
    status, page = fetched("https://127.0.0.1/account")
    assert status == 200, status
    assert "password" in page.lower(), page[:300]
    assert fetched("http://127.0.0.1/")[0] == 200


def other_sites(operator: Operator) -> None:
    """With Debian's own nginx.conf. What nginx runs with is left alone."""
    host = operator.host
    host.runs("cp -a /etc/nginx /etc/nginx.kept; cp /etc/nginx/nginx.conf.debian /etc/nginx/nginx.conf")
    operator.does("other-sites")
    host.runs("rm -rf /etc/nginx; mv /etc/nginx.kept /etc/nginx; nginx -t")


def the_trap(host: Machine) -> None:
    """A dump that is put back under its own name is not read. And, as on a new machine, the keys are others."""
    host.runs("rm /etc/onesoup/keys; onesoup init --yes")
    host.runs("systemctl stop redis-server; rm -rf /var/lib/redis/*")
    host.runs(
        "install -o redis -g redis -m 640 /var/backups/onesoup/redis.rdb /var/lib/redis/dump.rdb; systemctl start redis-server"
    )
    assert not has_marker(host)


def has_marker(host: Machine) -> bool:
    """Processes write into an empty Redis as well, so its size says nothing."""
    return host.runs(f"until redis-cli ping | grep -q PONG; do sleep 0.2; done; redis-cli exists {MARKER}").strip() == "1"


def follow(host: Machine, made: gevent.Greenlet) -> str:
    """The page, from its first block to its last."""
    (host.root / "etc/hosts").write_text(
        f"127.0.0.1 localhost onesoup-host\n127.0.0.1 {HOST} {DOMAIN} files.{DOMAIN}\n"
    )  # for DNS
    now, later = made.get()
    bring(host, now)
    began = time.monotonic()
    operator = Operator(host)
    operator.installs()
    with host.network(), phone("alice") as alice, phone("bob", ("STCP",)) as bob:
        alice.start()
        bob.start()
        talk(alice, bob, "hello", PATIENCE)
        first = time.monotonic() - began
        tell(f"{first:5.1f} s  from the first block to two phones that talk")
        line(alice, bob)
        reloads(host)
        https(operator)
        operator.does("sms")
        talk(alice, bob, "after reloads and restarts", PATIENCE)
        reloads(host)
        other_sites(operator)
        bob.send(alice.user, "waits in the backup")
        host.runs(f"redis-cli set {MARKER} 1")
        operator.does("backup")
        the_trap(host)
        operator.does("restore")
        assert has_marker(host)
        alice.hears("waits in the backup", within=120)
        talk(alice, bob, "after the restore", PATIENCE)
        bring(host, later)
        operator.does("upgrade")
        assert NEXT_VERSION in host.runs("onesoup --version")
        talk(alice, bob, "after the upgrade", PATIENCE)
    return f"two phones talked after {first:.0f} s; HTTPS; backup, trap and restore; upgraded with sessions"


def main() -> int:
    began = time.monotonic()
    try:
        made = gevent.spawn(wheels)  # while Debian comes up
        with machine(WORK / "machine", WORK / "base.tar") as host:
            tell(f"an empty Debian runs after {time.monotonic() - began:.0f} s")
            tell(f"{follow(host, made)} ({time.monotonic() - began:.0f} s in all)")
    except NoEngine as error:
        tell(f"skipped: {error}")
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
