"""What happens on the XMPP side -> the code that a phone is told (xmpp-mapping.md 3 and 6.4). Tables."""

# What a log-in failed of, by the stream's kind of failure.
LOGIN_KIND = {
    "dns": 503,
    "refused": 503,
    "timeout": 504,
    "tls": 503,
    "auth": 409,
    "no-mechanism": 503,
    "bind": 503,
    "stream": 503,
    "closed": 503,
    "protocol": 503,
    "no-answer": 504,
}
# A condition says more than the kind.
LOGIN_CONDITION = {
    "not-authorized": 409,
    "credentials-expired": 409,
    "account-disabled": 403,
    "temporary-auth-failure": 503,
    "malformed-request": 500,
    "incorrect-encoding": 500,
    "invalid-authzid": 500,
    "aborted": 500,
    "encryption-required": 503,
    "mechanism-too-weak": 503,
    "invalid-mechanism": 503,
    "host-unknown": 516,
    "host-gone": 516,
    "no-such-domain": 516,
    "no-service": 516,
    "not-permitted": 516,
    "server-not-proved": 503,  # the password may be right: it is the server that could not show that it knows it
    "resource-constraint": 503,
    "not-allowed": 403,
}
ROSTER = {
    "bad-request": 402,
    "conflict": 200,
    "feature-not-implemented": 405,
    "forbidden": 403,
    "gone": 531,
    "item-not-found": 531,
    "jid-malformed": 901,
    "not-acceptable": 402,
    "not-allowed": 403,
    "not-authorized": 403,
    "policy-violation": 403,
    "redirect": 531,
    "registration-required": 403,
    "remote-server-not-found": 516,
    "remote-server-timeout": 504,
    "resource-constraint": 754,
    "service-unavailable": 405,
    "subscription-required": 403,
}
# What a command about rooms, vCards or services came to (xmpp-mapping.md 6.4, last column).
COMMAND = {
    "bad-request": 402,
    "conflict": 801,
    "feature-not-implemented": 405,
    "forbidden": 816,
    "gone": 800,
    "item-not-found": 800,
    "jid-malformed": 402,
    "not-acceptable": 402,
    "not-allowed": 816,
    "not-authorized": 816,
    "policy-violation": 403,
    "recipient-unavailable": 503,
    "redirect": 800,
    "registration-required": 810,
    "remote-server-not-found": 516,
    "remote-server-timeout": 504,
    "resource-constraint": 503,
    "service-unavailable": 405,
    "subscription-required": 810,
}
# Whose profile cannot be told. Whatever else a server answers means that there is nothing to tell (xmpp-mapping.md 9).
PROFILE = {"remote-server-not-found": 516, "not-allowed": 516, "remote-server-timeout": 504, "jid-malformed": 531}
# Why a server makes no new account (xmpp-mapping.md 2).
REGISTER = {
    "conflict": 403,
    "not-acceptable": 402,
    "bad-request": 402,
    "jid-malformed": 402,
    "forbidden": 403,
    "resource-constraint": 503,
    "policy-violation": 503,
}
REGISTER_TOLD = {"conflict": "name taken", "not-acceptable": "the server wants to know more, or another name or password"}
# What became of a message, for a delivery report. 410 is unable to deliver; 531 would make some phones delete the contact.
BOUNCE = {
    "blocked": 403,  # by the user's own block list
    "bad-request": 400,
    "conflict": 500,
    "feature-not-implemented": 405,
    "forbidden": 532,
    "internal-server-error": 500,
    "item-not-found": 531,
    "jid-malformed": 901,
    "not-acceptable": 538,
    "not-allowed": 403,
    "not-authorized": 403,
    "no-other-servers": 516,  # the user's own talks to none
    "policy-violation": 538,
    "registration-required": 403,
    "remote-server-not-found": 516,
    "remote-server-timeout": 504,
    "resource-constraint": 507,
    "subscription-required": 403,
}
# Errors that tell a fact about whoever was asked: it does not exist, or has nothing of the kind. Every other error says only that
# it could not be asked, or would not tell this account, now: nothing that may be remembered, least of all for others.
FACTS = frozenset({"item-not-found", "service-unavailable", "feature-not-implemented", "gone"})
# Stream errors after which nobody reconnects: the session is over for the phone.
FINAL = frozenset(
    {
        "conflict",
        "not-authorized",
        "host-gone",
        "host-unknown",
        "unsupported-encoding",
        "unsupported-feature",
        "unsupported-stanza-type",
        "unsupported-version",
    }
)


def login_code(kind: str, condition: str) -> int:
    """Never 401: Android would try again without end."""
    return LOGIN_CONDITION.get(condition) or LOGIN_KIND.get(kind, 503)


def is_fact(condition: str) -> bool:
    """Whether an answer may be remembered as "there is none". "" is an answer without an error."""
    return not condition or condition in FACTS


def bounce_code(condition: str) -> int:
    return BOUNCE.get(condition, 410)


def roster_code(condition: str) -> int:
    return ROSTER.get(condition, 500)


def command_code(condition: str) -> int:
    return COMMAND.get(condition, 500)


def register_code(kind: str, condition: str) -> int:
    """405 where the server makes no accounts for strangers."""
    return REGISTER.get(condition, 405) if kind == "registration" else login_code(kind, condition)
