"""The holder's memory of log-in tokens (XEP-0484), in Redis for all holders.

A token outlives the session in which it was given, so that the next log-in needs one journey less. It is used for the password
alone that the server took then, and for `seconds` at most: so long a password may still work that was changed at a server which
does not take its tokens back.
"""

import time
from collections.abc import Callable
from contextlib import suppress

from onesoup.store.account.login_tokens import LoginTokens, StoredLoginToken
from onesoup.store.bounds import TooMuch
from onesoup.store.errors import StoreDown
from onesoup.xmpp.stream.login_tokens import LoginToken
from onesoup.xmpp.stream.sasl import PasswordProof


class LoginTokenMemory:
    """Without Redis it knows no token, and the password is asked as ever."""

    def __init__(self, tokens: LoginTokens, seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._tokens, self._seconds, self._clock = tokens, seconds, clock

    def recall(self, address: str, agent: str) -> LoginToken | None:
        try:
            found = self._tokens.get(address, agent)
        except StoreDown:
            return None
        if found is None or found.until <= self._clock():
            return None
        proof = PasswordProof(found.hash_name, found.salt, found.rounds, found.stored_key)
        return LoginToken(found.mechanism, found.secret, found.until, proof)

    def keep(self, address: str, agent: str, token: LoginToken) -> None:
        proof, until = token.proof, min(token.expires, self._clock() + self._seconds)
        stored = StoredLoginToken(
            token.mechanism, token.secret, until, proof.hash_name, proof.salt, proof.rounds, proof.stored_key
        )
        with suppress(StoreDown, TooMuch):
            self._tokens.put(address, agent, stored)

    def drop(self, address: str, agent: str) -> None:
        with suppress(StoreDown):
            self._tokens.drop(address, agent)

    def forget(self, address: str) -> None:
        with suppress(StoreDown):
            self._tokens.forget(address)
