"""What the pages of docs/protocol state of onesoup itself is what its code and the defaults of its settings say.

A phrase here is made of the figures. Who changes one finds the page that has to change with it."""

import csv
import re

import pytest

from cir.http.gateway_profiles import GATEWAY_PROFILES
from cir.sms.encoding import longest_cookie
from cir.stcp import server as stcp
from cir.stcp.protocol import MAX_LINE_BYTES
from onesoup.csp import capabilities, invitations, lists, search
from onesoup.csp.status import StatusCode
from onesoup.handlers import messages, wakeups
from onesoup.handlers.search import DIRECTORY_SECONDS
from onesoup.settings import Settings
from onesoup.settings.sections.gateway import POLL_HOLD_LIMIT_SECONDS
from onesoup.store.wakeup.sms_budget import MAX_UNANSWERED_SMS, SMS_JOB_MS
from onesoup.xmpp.stream.document_reader import MAX_STANZA_DEPTH
from onesoup.xmpp.stream.parser import MAX_SKIPPED_BYTES, MAX_STANZA_BYTES
from onesoup.xmpp.stream.socket import READ_BURST_BYTES, READ_BYTES_A_SECOND
from tests.support.pages import ROOT
from workers.holder.session.connection import OVERLOAD_WAIT_SECONDS
from workers.holder.session.own_presence import LATEST_PRESENCE_SECONDS
from workers.holder.session.presence import GO_ONLINE_DELAY_SECONDS
from workers.holder.session.rooms.commands import JOIN_TIMEOUT_SECONDS
from workers.holder.session.roster_commands import ROSTER_REQUEST_SECONDS

DEFAULTS = Settings()
KIB, MIB, DAY = 1024, 1024 * 1024, 86_400

FIGURES = [
    ("xmpp-mapping.md", f"stanza > {MAX_STANZA_BYTES / MIB:g} MiB, deeper than {MAX_STANZA_DEPTH}"),
    ("xmpp-mapping.md", f"It ends at {MAX_SKIPPED_BYTES / MIB:g} MiB of one stanza"),
    ("xmpp-mapping.md", f"no text above {messages.MAX_MESSAGE_BYTES:,} bytes"),
    ("xmpp-holder.md", f"stanza {MAX_STANZA_BYTES / MIB:g} MiB"),
    ("xmpp-holder.md", f"input of a stream {READ_BYTES_A_SECOND / KIB:g} KiB/s, {READ_BURST_BYTES / MIB:g} MiB at once"),
    ("xmpp-holder.md", f"NX PX {DEFAULTS.lease_ttl * 1000:g}`, renewed every {DEFAULTS.lease_renew:g} s"),
    ("xmpp-holder.md", f"{DEFAULTS.answer_deadline:g} s, setting `answer_deadline`"),
    ("flows.md", f"`poll_hold`, by default {DEFAULTS.poll_hold:g} s, hard limit {POLL_HOLD_LIMIT_SECONDS:g} s"),
    ("flows.md", f"For {DEFAULTS.redeliver_after:g} s (`redeliver_after`)"),
    ("flows.md", f"at most {DEFAULTS.redeliver_limit} times (`redeliver_limit`)"),
    ("flows.md", f"Value ≥ {DEFAULTS.ttl_min}, ≤ {DEFAULTS.ttl_max} (`ttl_min`, `ttl_max`)"),
    ("flows.md", f"(`sessions_of_user`, {DEFAULTS.sessions_of_user})"),
    ("messages.md", f"Ignore a value below {capabilities.LEAST_PARSER_BYTES}"),
    ("cir.md", f"TTL ({stcp.REGISTRATION_TTL_MS / 1000:g} s, refreshed every {stcp.STCP_UPKEEP_SECONDS:g} s)"),
    ("cir.md", f"no complete line in {stcp.HELO_DEADLINE_SECONDS:g} s"),
    ("cir.md", f"line > {MAX_LINE_BYTES} bytes"),
    ("cir.md", f"{stcp.LINE_IDLE_SECONDS / 60:g} min without a line"),
    ("cir.md", f"no connection is bound for > {wakeups.LINE_DOWN_SECONDS} s"),
    ("cir.md", f"{DEFAULTS.stcp_per_address} connections per address (`stcp_per_address`"),
    ("cir.md", f"fixed `udp_port`, default {DEFAULTS.udp_port}"),
    ("cir.md", f"configurable, default {DEFAULTS.stcp_port}"),
    ("cir.md", f"cookie <= {longest_cookie()} bytes"),
    ("cir.md", f"the cookie <= {capabilities.MAX_SSMS_COOKIE} characters"),
    ("cir.md", f"one per {DEFAULTS.sms_gap} s, {DEFAULTS.sms_per_hour} per hour, {DEFAULTS.sms_per_day} per day"),
    ("cir.md", f"after {MAX_UNANSWERED_SMS} SMS without a CSP request"),
    ("cir.md", f"{DEFAULTS.sms_user_per_day} per day, to all numbers together (`sms_user_per_day`)"),
    ("cir.md", f"`sms_rate` (default {DEFAULTS.sms_rate:g}/s)"),
    ("cir.md", f"daily ceiling `sms_total_per_day` (default {DEFAULTS.sms_total_per_day:,})"),
    ("cir.md", f"seconds, {DEFAULTS.sms_validity} (`sms_validity`)"),
    ("cir.md", f"`cir:job:<id>`, which is kept for {SMS_JOB_MS / 3_600_000:g} h"),
    ("xmpp-mapping.md", f"More than {lists.MAX_LISTS} lists: {StatusCode.TOO_MANY_CONTACT_LISTS:d}"),
    ("xmpp-mapping.md", f"More than {search.MAX_SEARCH_HITS} hits"),
    ("xmpp-mapping.md", f"does not answer in {DIRECTORY_SECONDS:g} s: the local hits"),
    (
        "xmpp-mapping.md",
        f"default {invitations.INVITATION_SECONDS} s, at least {invitations.ROOM_INVITATION_SECONDS / DAY:g} day for rooms, "
        f"at most {invitations.MAX_INVITATION_SECONDS / DAY:g} days",
    ),
    ("xmpp-mapping.md", f"no answer in {ROSTER_REQUEST_SECONDS:g} s: {StatusCode.TIMEOUT:d}"),
    ("xmpp-mapping.md", f"no answer in {ROSTER_REQUEST_SECONDS:g} s (join: {JOIN_TIMEOUT_SECONDS:g} s)"),
    ("xmpp-mapping.md", f"{GO_ONLINE_DELAY_SECONDS:g} s after Service-Response or {LATEST_PRESENCE_SECONDS:g} s after the login"),
    ("xmpp-mapping.md", f"reconnect after {OVERLOAD_WAIT_SECONDS / 2:g} to {OVERLOAD_WAIT_SECONDS:g} s"),
    ("xmpp-mapping.md", f"at most once in {DEFAULTS.presence_gap:g} s (`presence_gap`)"),
    ("xmpp-mapping.md", f"(`group_history`, {DEFAULTS.group_history})"),
]


@pytest.mark.parametrize(("page", "phrase"), FIGURES)
def test_a_page_has_the_figure_of_the_code(page: str, phrase: str) -> None:
    assert phrase in (ROOT / "docs" / "protocol" / page).read_text(encoding="utf-8")


def test_each_profile_of_a_gateway_has_its_section() -> None:
    text = (ROOT / "docs" / "protocol" / "cir.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### 12\.\d Profile `([a-z-]+)`", text, re.MULTILINE)) == {*GATEWAY_PROFILES, "smpp"}


# --- status codes ---

# Not what a phone is answered with: phones of our own, tests of other servers, readers of captures, load.
OTHERS = {"phone", "spec", "captures", "load", "guide", "demo"}


def sent_codes() -> set[int]:
    """The codes that the gateway, the holder and the store name."""
    found = set()
    for path in [*(ROOT / "onesoup").rglob("*.py"), *(ROOT / "workers").rglob("*.py")]:
        if not OTHERS & set(path.relative_to(ROOT).parts):
            found |= set(re.findall(r"\bStatusCode\.([A-Z_0-9]+)\b", path.read_text(encoding="utf-8")))
    return {StatusCode[name].value for name in found}


def test_the_table_of_status_codes_says_which_onesoup_sends() -> None:
    with (ROOT / "tables" / "status-codes.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert {int(row["code"]) for row in rows if not row["onesoup_emits"].startswith("no")} == sent_codes()
