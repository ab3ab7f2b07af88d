"""What `onesoup doctor` finds of certificates: what to do about one that an XMPP server shows, and whether that of HTTPS
under the name for phones is still good."""

import datetime
import socket
import ssl
import time
from collections.abc import Iterator

from cryptography import x509

from onesoup.commands.findings import Finding, fail_finding, note_finding, ok_finding

PUBLIC_HTTPS_PORT = 443
HTTPS_SECONDS = 3.0
# certbot renews a month before the end: two weeks before it something is wrong.
RENEW_DAYS = 14

# What OpenSSL says of a certificate -> what to do, with {domain} and {now}.
CERTIFICATE_ADVICE = {
    "expired": "renew it on the XMPP server and let that load it (certbot renew; prosodyctl --root cert import), if the clock "
    "here is right: it says {now}",
    "not yet valid": "the clock of this host or of the XMPP server is off: here it is {now}",
    "mismatch": "the certificate must be for {domain}, not for the name of the host",
    "self-signed": "no authority has signed it: set xmpp_ca to the authority to trust",
    "self signed": "no authority has signed it: set xmpp_ca to the authority to trust",
    "issuer certificate": "its authority is not trusted here: set xmpp_ca to add your own; a server must send the whole chain",
}


def certificate_advice(said: str, domain: str) -> str:
    """What to do about a certificate that was refused in these words."""
    now = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    found = (do for words, do in CERTIFICATE_ADVICE.items() if words in said)
    return next(found, "the certificate must be for {domain}; xmpp_ca adds your own CA").format(domain=domain, now=now)


def https_findings(host: str, port: int = PUBLIC_HTTPS_PORT) -> Iterator[Finding]:
    """Of the name for phones: browsers type passwords there. Nothing where nobody answers: HTTPS is a choice."""
    name = host.rpartition(":")[0] or host if host.count(":") == 1 else host
    shown = _shown_certificate(name, port) if name else None
    if shown is None:
        return
    days = (shown.not_valid_after_utc - datetime.datetime.now(datetime.UTC)) / datetime.timedelta(days=1)
    what, until = f"HTTPS {name}", f"{shown.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    if days < 0:
        yield fail_finding(
            what,
            f"its certificate has expired, {until}: browsers refuse /account",
            "certbot renew, then systemctl reload nginx; certbot certificates lists them",
        )
    elif days < RENEW_DAYS:
        yield note_finding(
            what, f"its certificate expires {until}", "certbot renew --dry-run says why it is not renewed by itself"
        )
    else:
        yield ok_finding(what, f"its certificate is good until {until}")


def _shown_certificate(name: str, port: int) -> x509.Certificate | None:
    """What is shown to a browser, by whomever it is signed."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((name, port), timeout=HTTPS_SECONDS) as link,
            context.wrap_socket(link, server_hostname=name) as secure,
        ):
            return x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"")
    except (OSError, ValueError):
        return None
