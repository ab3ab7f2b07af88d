"""Status codes of CSP as sentences for the person who typed. The server's own words and the number stand behind in brackets."""

from collections.abc import Mapping

from onesoup.csp.status import StatusCode
from onesoup.phone.errors import Refused

S = StatusCode

SENTENCES: Mapping[int, str] = {
    S.CONTINUE: "the server is still at work",
    S.QUEUED: "the server has put the request into a queue",
    S.STARTED: "the server has begun",
    S.SUCCESSFUL: "done",
    S.PARTIALLY_SUCCESSFUL: "only a part of it could be done",
    S.ACCEPTED: "the server has taken it and will do it later",
    S.BAD_REQUEST: "the server does not understand the request",
    S.UNAUTHORIZED: "you may not do that",
    S.BAD_PARAMETER: "a value in the request is wrong",
    S.FORBIDDEN: "that is forbidden",
    S.NOT_FOUND: "there is no such thing",
    S.SERVICE_NOT_SUPPORTED: "this server does not offer that",
    S.REQUEST_TIMEOUT: "the server took too long",
    S.REQUEST_TIMEOUT_408: "the server took too long",
    S.INVALID_PASSWORD: "wrong user or password",
    S.UNABLE_TO_DELIVER: "it could not be delivered",
    S.UNSUPPORTED_MEDIA_TYPE: "the other side cannot show that kind of content",
    S.INVALID_TRANSACTION: "the server has lost track of the request; try again",
    S.USER_AND_CLIENT_DO_NOT_MATCH: "the session belongs to another phone",
    S.INVALID_INVITATION_ID: "the invitation is not valid any more",
    S.INVALID_SEARCH_ID: "the search is too old; search again",
    S.INVALID_SEARCH_INDEX: "the search has no more results",
    S.INVALID_MESSAGE_ID: "the message is not there any more",
    S.MISSING_USER_ID: "the address of the user is missing or wrong",
    S.MISSING_GROUP_ID: "the name of the group is missing",
    S.UNAUTHORIZED_GROUP_MEMBERSHIP: "the group does not let you in",
    S.RESPONSE_TOO_LARGE: "the answer is too long for this phone",
    S.MISSING_APPLICATION_ID: "the name of the application is missing",
    S.INTERNAL_ERROR: "something went wrong in the server or in the network; try again later",
    S.NOT_IMPLEMENTED: "this server cannot do that",
    S.COULD_NOT_RECOVER_SESSION: "the old session is gone; log in again",
    S.SERVICE_UNAVAILABLE: "the server is busy; try again later",
    S.TIMEOUT: "the other side did not answer in time; try again later",
    S.VERSION_NOT_SUPPORTED: "the server does not speak this version of CSP",
    S.SERVICE_NOT_AGREED: "phone and server have not agreed on that service",
    S.MESSAGE_QUEUE_IS_FULL: "too many messages wait there already",
    S.DOMAIN_NOT_SUPPORTED: "there is no such server, or it cannot be reached from here",
    S.UNRESPONDED_PRESENCE_REQUEST: "the friend request is not answered yet",
    S.UNRESPONDED_GROUP_REQUEST: "the group has not answered yet",
    S.UNKNOWN_USER: "there is no such user",
    S.RECIPIENT_BLOCKED_THE_SENDER: "they have blocked you, or take nothing from you",
    S.MESSAGE_RECIPIENT_NOT_LOGGED_IN: "they are not logged in",
    S.MESSAGE_RECIPIENT_UNAUTHORIZED: "they are not allowed to get that",
    S.SEARCH_TIMED_OUT: "the search took too long",
    S.TOO_MANY_HITS: "too many are found; search for more letters",
    S.TOO_BROAD_SEARCH_CRITERIA: "that would find too many; search for more letters",
    S.MESSAGE_REJECTED: "they did not want it",
    S.HEADER_ENCODING_NOT_SUPPORTED: "the server cannot read that encoding",
    S.MESSAGE_HAS_BEEN_FORWARDED: "it was sent on to somebody else",
    S.MESSAGE_HAS_EXPIRED: "it was not fetched in time",
    S.NO_DIGEST_SCHEME: "the server takes none of these ways to log in",
    S.INVALID_SEARCH: "that cannot be searched for",
    S.SESSION_EXPIRED: "the phone was silent for too long",
    S.FORCED_LOGOUT: "another phone has taken its place, or the operator has ended it",
    S.ALREADY_LOGGED_IN: "you are logged in elsewhere",
    S.INVALID_SESSION: "the session is not known any more",
    S.NEW_VALUE_NOT_ACCEPTED: "the server keeps another value",
    S.INSUFFICIENT_RIGHTS: "you may not do that",
    S.CONTACT_LIST_DOES_NOT_EXIST: "there is no such contact list",
    S.CONTACT_LIST_ALREADY_EXISTS: "a contact list of that name exists already",
    S.INVALID_USER_PROPERTIES: "the server does not take that entry",
    S.INVALID_PRESENCE_ATTRIBUTE: "the server does not know that kind of status",
    S.INVALID_PRESENCE_VALUE: "the server does not take that status",
    S.INVALID_LIST_PROPERTY: "the contact list cannot have that name or setting",
    S.TOO_MANY_CONTACT_LISTS: "you have the maximum number of contact lists",
    S.TOO_MANY_CONTACTS: "your list is full",
    S.TOO_MANY_ATTRIBUTE_LISTS: "you have the maximum number of lists of that kind",
    S.AUTO_SUBSCRIBE_NOT_SUPPORTED: "the server does not watch lists by itself",
    S.GROUP_DOES_NOT_EXIST: "there is no such group",
    S.GROUP_ALREADY_EXISTS: "a group of that name exists already; /join enters it",
    S.GROUP_IS_OPEN: "the group is open to all",
    S.GROUP_IS_RESTRICTED: "the group lets only some people in",
    S.GROUP_IS_PUBLIC: "the group is public",
    S.GROUP_IS_PRIVATE: "the group is private",
    S.INVALID_GROUP_PROPERTIES: "the group cannot have these settings",
    S.GROUP_IS_ALREADY_JOINED: "you are in that group already",
    S.GROUP_IS_NOT_JOINED: "you are not in that group",
    S.REJECTED: "you are not wanted in that group",
    S.NOT_A_GROUP_MEMBER: "the group is for members only",
    S.SCREEN_NAME_ALREADY_IN_USE: "somebody in the group has that name; join with another one",
    S.GROUP_WITHOUT_PRIVATE_MESSAGES: "the group does not allow private messages",
    S.USER_WITHOUT_PRIVATE_MESSAGES: "they do not take private messages",
    S.TOO_MANY_GROUPS_OF_USER: "you have the maximum number of groups",
    S.TOO_MANY_GROUPS: "the server has the maximum number of groups",
    S.INSUFFICIENT_GROUP_PRIVILEGES: "you may not do that in this group",
    S.TOO_MANY_JOINED_USERS: "the group is full",
    S.HISTORY_IS_NOT_SUPPORTED: "the group keeps no history",
    S.SEARCHABLE_GROUP_NEEDS_NAME: "the group needs a name",
    S.LEFT_BECAUSE_OF_LOGOUT: "they have logged out",
    S.MULTIPLE_ERRORS: "none of it could be done",
    S.GENERAL_ADDRESS_ERROR: "that is not an address",
    S.NOT_ENOUGH_CREDIT: "there is not enough credit",
    S.HIGHER_CLASS_OF_SERVICE: "your account does not include that",
    S.MSISDN_ERROR: "the phone number is missing or does not match",
}

# What the same codes mean at log-in.
LOGIN_SENTENCES: Mapping[int, str] = {
    S.UNAUTHORIZED: "wrong user or password",
    S.FORBIDDEN: "the account is closed",
    S.UNKNOWN_USER: "there is no such user",
    S.DOMAIN_NOT_SUPPORTED: "the server does not serve that domain",
    S.SERVICE_UNAVAILABLE: "the server is busy or its XMPP server is away; try again later",
    S.TIMEOUT: "the XMPP server does not answer; try again later",
    S.VERSION_NOT_SUPPORTED: "the server does not speak this version of CSP; try another --csp",
    S.NO_DIGEST_SCHEME: "the server takes none of these ways to log in; try --way plain",
}

# What a refused log-in means where the server's words, its description, begin so: more than the code says.
LOGIN_BEGINNINGS: Mapping[str, str] = {"blocked by the operator": "the operator has shut you out"}

# Said behind a wrong password where the phone sent no more than a digest of it.
DIGEST_ADVICE = "; this phone sends a digest, which needs a phone password; try --way plain"

# What a server says that does not know better than the code's own name.
_NO_WORDS = frozenset(code.name.replace("_", " ").lower() for code in StatusCode)


def sentence(code: int, description: str = "") -> str:
    """What a code says, and the code behind it with what the server says itself."""
    return _with_code(SENTENCES.get(code, "the server says no"), code, description)


def in_words(error: Refused) -> str:
    return sentence(error.code, error.description)


def login_refusal(error: Refused, digest: bool = False) -> str:
    """Why a log-in was refused. `digest`: the phone did not send the password itself."""
    begun = next((words for begin, words in LOGIN_BEGINNINGS.items() if error.description.startswith(begin)), "")
    words = begun or LOGIN_SENTENCES.get(error.code) or SENTENCES.get(error.code, "the server does not let you in")
    if digest and error.code == S.INVALID_PASSWORD:
        words += DIGEST_ADVICE
    return _with_code(words, error.code, error.description)


def _with_code(words: str, code: int, description: str) -> str:
    said = description.lower().strip(" .")
    more = "" if said in words or said in _NO_WORDS else f": {description}"
    return f"{words} (status {code}{more})"
