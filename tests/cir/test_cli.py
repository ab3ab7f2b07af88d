"""`onesoup cir send`, as an operator calls it."""

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from cir.cli import send
from cir.sms import encoding, wsp_push
from tests.cir.vectors import VECTORS
from tests.support.gateways import HttpGateway, answer

ONESOUP = str(Path(sys.prefix, "bin", "onesoup"))


def run(*words, **settings):
    env = {name: None for name in os.environ if name.startswith("ONESOUP_")}
    env |= {f"ONESOUP_{name.upper()}": value for name, value in settings.items()}
    done = CliRunner().invoke(send, words, env=env)
    return done.exit_code, done.stdout, done.stderr


def test_the_command_is_there():
    """In a process of its own, as it is typed."""
    argv = [ONESOUP, "cir", "send", "--to", "+15550100123", "--dry-run"]
    assert "length   36 of 140" in subprocess.run(argv, capture_output=True, text=True, timeout=60).stdout


GATEWAY = {"sms_gateway": "kannel-sendsms", "sms_user": "onesoup", "sms_password": "soup", "sms_prefixes": "+1555"}


def test_a_dry_run_shows_the_exact_octets_and_sends_nothing():
    with HttpGateway() as hook:
        code, shown, _ = run("--to", "+1 555 010-0123", "--dry-run", **GATEWAY, sms_url=hook.url("/cgi-bin/sendsms"))
        assert hook.asked == []
    assert code == 0
    payload = bytes.fromhex(next(line for line in shown.splitlines() if line.startswith("payload")).partition(" ")[2])
    assert payload[1:] == VECTORS["wapudp.short"].octets[1:]
    assert "header   06 05 04 0B 84 23 F0" in shown
    assert "length   36 of 140 octets" in shown
    assert "GET /cgi-bin/sendsms?username=onesoup&password=***&" in shown
    assert "soup&from" not in shown


def test_without_a_dry_run_it_is_sent():
    with HttpGateway() as hook:
        code, shown, _ = run("--to", "+15550100123", "--method", "SSMS", **GATEWAY, sms_url=hook.url())
        assert len(hook.asked) == 1
        hook.otherwise = answer(403, "Not routable. Do not try again.")
        refused, told, _ = run("--to", "+15550100123", **GATEWAY, sms_url=hook.url())
    assert (code, refused) == (0, 1)
    assert "result   accepted" in shown
    assert "result   permanent Not routable" in told


def test_mistakes_are_told_in_a_line():
    for words, settings in (
        (("--to", "12"), {}),
        (("--to", "+15550100123", "--cookie", "c" * 119), {}),
        (("--to", "+15550100123"), {"sms_gateway": "json"}),
    ):
        code, _, error = run(*words, "--dry-run", **settings)
        assert code == 1
        assert error.startswith("Error: ")
        assert "Traceback" not in error
    assert encoding.longest_cookie() == 118
    assert wsp_push.WAP_PUSH_PORT == 2948
