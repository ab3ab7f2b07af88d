"""What happens on the XMPP side -> the code that a phone is told (xmpp-mapping.md 3 and 6.4). Tables."""

from onesoup.csp.status import StatusCode

# What a log-in failed of, by the stream's kind of failure.
STATUS_OF_LOGIN_FAILURE = {
    "dns": StatusCode.SERVICE_UNAVAILABLE,
    "refused": StatusCode.SERVICE_UNAVAILABLE,
    "timeout": StatusCode.TIMEOUT,
    "tls": StatusCode.SERVICE_UNAVAILABLE,
    "auth": StatusCode.INVALID_PASSWORD,
    "no-mechanism": StatusCode.SERVICE_UNAVAILABLE,
    "bind": StatusCode.SERVICE_UNAVAILABLE,
    "stream": StatusCode.SERVICE_UNAVAILABLE,
    "closed": StatusCode.SERVICE_UNAVAILABLE,
    "protocol": StatusCode.SERVICE_UNAVAILABLE,
    "no-answer": StatusCode.TIMEOUT,
}
# A condition says more than the kind.
STATUS_OF_LOGIN_CONDITION = {
    "not-authorized": StatusCode.INVALID_PASSWORD,
    "credentials-expired": StatusCode.INVALID_PASSWORD,
    "account-disabled": StatusCode.FORBIDDEN,
    "temporary-auth-failure": StatusCode.SERVICE_UNAVAILABLE,
    "malformed-request": StatusCode.INTERNAL_ERROR,
    "incorrect-encoding": StatusCode.INTERNAL_ERROR,
    "invalid-authzid": StatusCode.INTERNAL_ERROR,
    "aborted": StatusCode.INTERNAL_ERROR,
    "encryption-required": StatusCode.SERVICE_UNAVAILABLE,
    "mechanism-too-weak": StatusCode.SERVICE_UNAVAILABLE,
    "invalid-mechanism": StatusCode.SERVICE_UNAVAILABLE,
    "host-unknown": StatusCode.DOMAIN_NOT_SUPPORTED,
    "host-gone": StatusCode.DOMAIN_NOT_SUPPORTED,
    "no-such-domain": StatusCode.DOMAIN_NOT_SUPPORTED,
    "no-service": StatusCode.DOMAIN_NOT_SUPPORTED,
    "not-permitted": StatusCode.DOMAIN_NOT_SUPPORTED,
    # The password may be right: the server could not show that it knows it.
    "server-not-proved": StatusCode.SERVICE_UNAVAILABLE,
    "resource-constraint": StatusCode.SERVICE_UNAVAILABLE,
    "not-allowed": StatusCode.FORBIDDEN,
}
ROSTER_STATUS = {
    "bad-request": StatusCode.BAD_PARAMETER,
    "conflict": StatusCode.SUCCESSFUL,
    "feature-not-implemented": StatusCode.SERVICE_NOT_SUPPORTED,
    "forbidden": StatusCode.FORBIDDEN,
    "gone": StatusCode.UNKNOWN_USER,
    "item-not-found": StatusCode.UNKNOWN_USER,
    "jid-malformed": StatusCode.GENERAL_ADDRESS_ERROR,
    "not-acceptable": StatusCode.BAD_PARAMETER,
    "not-allowed": StatusCode.FORBIDDEN,
    "not-authorized": StatusCode.FORBIDDEN,
    "policy-violation": StatusCode.FORBIDDEN,
    "redirect": StatusCode.UNKNOWN_USER,
    "registration-required": StatusCode.FORBIDDEN,
    "remote-server-not-found": StatusCode.DOMAIN_NOT_SUPPORTED,
    "remote-server-timeout": StatusCode.TIMEOUT,
    "resource-constraint": StatusCode.TOO_MANY_CONTACTS,
    "service-unavailable": StatusCode.SERVICE_NOT_SUPPORTED,
    "subscription-required": StatusCode.FORBIDDEN,
}
# What a command about rooms, vCards or services came to (xmpp-mapping.md 6.4, last column).
COMMAND_STATUS = {
    "bad-request": StatusCode.BAD_PARAMETER,
    "conflict": StatusCode.GROUP_ALREADY_EXISTS,
    "feature-not-implemented": StatusCode.SERVICE_NOT_SUPPORTED,
    "forbidden": StatusCode.INSUFFICIENT_GROUP_PRIVILEGES,
    "gone": StatusCode.GROUP_DOES_NOT_EXIST,
    "item-not-found": StatusCode.GROUP_DOES_NOT_EXIST,
    "jid-malformed": StatusCode.BAD_PARAMETER,
    "not-acceptable": StatusCode.BAD_PARAMETER,
    "not-allowed": StatusCode.INSUFFICIENT_GROUP_PRIVILEGES,
    "not-authorized": StatusCode.INSUFFICIENT_GROUP_PRIVILEGES,
    "policy-violation": StatusCode.FORBIDDEN,
    "recipient-unavailable": StatusCode.SERVICE_UNAVAILABLE,
    "redirect": StatusCode.GROUP_DOES_NOT_EXIST,
    "registration-required": StatusCode.NOT_A_GROUP_MEMBER,
    "remote-server-not-found": StatusCode.DOMAIN_NOT_SUPPORTED,
    "remote-server-timeout": StatusCode.TIMEOUT,
    "resource-constraint": StatusCode.SERVICE_UNAVAILABLE,
    "service-unavailable": StatusCode.SERVICE_NOT_SUPPORTED,
    "subscription-required": StatusCode.NOT_A_GROUP_MEMBER,
}
# Conditions under which a profile cannot be read. Any other error means that there is none (xmpp-mapping.md 9).
PROFILE_STATUS = {
    "remote-server-not-found": StatusCode.DOMAIN_NOT_SUPPORTED,
    "not-allowed": StatusCode.DOMAIN_NOT_SUPPORTED,
    "remote-server-timeout": StatusCode.TIMEOUT,
    "jid-malformed": StatusCode.UNKNOWN_USER,
}
# Why a server makes no new account (xmpp-mapping.md 2).
REGISTER_STATUS = {
    "conflict": StatusCode.FORBIDDEN,
    "not-acceptable": StatusCode.BAD_PARAMETER,
    "bad-request": StatusCode.BAD_PARAMETER,
    "jid-malformed": StatusCode.BAD_PARAMETER,
    "forbidden": StatusCode.FORBIDDEN,
    "resource-constraint": StatusCode.SERVICE_UNAVAILABLE,
    "policy-violation": StatusCode.SERVICE_UNAVAILABLE,
}
REGISTER_TOLD = {"conflict": "name taken", "not-acceptable": "the server wants to know more, or another name or password"}
# What became of a message, for a delivery report. 410 is unable to deliver; 531 would make some phones delete the contact.
BOUNCE_STATUS = {
    "blocked": StatusCode.FORBIDDEN,  # by the user's own block list
    "bad-request": StatusCode.BAD_REQUEST,
    "conflict": StatusCode.INTERNAL_ERROR,
    "feature-not-implemented": StatusCode.SERVICE_NOT_SUPPORTED,
    "forbidden": StatusCode.RECIPIENT_BLOCKED_THE_SENDER,
    "internal-server-error": StatusCode.INTERNAL_ERROR,
    "item-not-found": StatusCode.UNKNOWN_USER,
    "jid-malformed": StatusCode.GENERAL_ADDRESS_ERROR,
    "not-acceptable": StatusCode.MESSAGE_REJECTED,
    "not-allowed": StatusCode.FORBIDDEN,
    "not-authorized": StatusCode.FORBIDDEN,
    "no-other-servers": StatusCode.DOMAIN_NOT_SUPPORTED,  # the user's own talks to none
    "policy-violation": StatusCode.MESSAGE_REJECTED,
    "registration-required": StatusCode.FORBIDDEN,
    "remote-server-not-found": StatusCode.DOMAIN_NOT_SUPPORTED,
    "remote-server-timeout": StatusCode.TIMEOUT,
    "resource-constraint": StatusCode.MESSAGE_QUEUE_IS_FULL,
    "subscription-required": StatusCode.FORBIDDEN,
}
# Conditions that tell a fact about the entity asked: it does not exist, or has nothing of the kind. Any other error only says
# that it did not answer this account now, and must not be remembered.
FACTUAL_CONDITIONS = frozenset({"item-not-found", "service-unavailable", "feature-not-implemented", "gone"})
# Stream errors after which there is no reconnection: the session is over for the phone.
FINAL_CONDITIONS = frozenset(
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
    return STATUS_OF_LOGIN_CONDITION.get(condition) or STATUS_OF_LOGIN_FAILURE.get(kind, StatusCode.SERVICE_UNAVAILABLE)


def is_fact(condition: str) -> bool:
    """Whether an answer may be remembered as "there is none". "" is an answer without an error."""
    return not condition or condition in FACTUAL_CONDITIONS


def bounce_code(condition: str) -> int:
    return BOUNCE_STATUS.get(condition, StatusCode.UNABLE_TO_DELIVER)


def roster_code(condition: str) -> int:
    return ROSTER_STATUS.get(condition, StatusCode.INTERNAL_ERROR)


def command_code(condition: str) -> int:
    return COMMAND_STATUS.get(condition, StatusCode.INTERNAL_ERROR)


def register_code(kind: str, condition: str) -> int:
    """405 where the server makes no accounts for strangers."""
    return (
        REGISTER_STATUS.get(condition, StatusCode.SERVICE_NOT_SUPPORTED)
        if kind == "registration"
        else login_code(kind, condition)
    )
