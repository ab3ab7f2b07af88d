"""Log-in, log-out, keep-alive and the negotiation of a phone."""

import base64
import hashlib
from collections.abc import Callable

from onesoup.csp.codec.generated_elements import (
    AgreedCapabilityList,
    CapabilityList,
    ClientCapabilityRequest,
    ClientCapabilityResponse,
    ClientID,
    Functions,
    KeepAliveRequest,
    KeepAliveResponse,
    LoginRequest,
    LoginResponse,
    LogoutRequest,
    Primitive,
    ServiceRequest,
    ServiceResponse,
    Status,
)
from onesoup.csp.status import StatusCode
from onesoup.csp.text.md4 import md4
from onesoup.phone.errors import PhoneError
from onesoup.phone.transactions import PhoneTransactions, refusal

# The hash of a digest schema; phones know no other.
DIGEST_HASHES: dict[str, Callable[[bytes], bytes]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
    "SHA": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "MD4": md4,
}


class SessionRequests(PhoneTransactions):
    """Opens a session, keeps it and ends it."""

    way: str
    keep_alive_time: int | None

    def resume(self, session_id: str) -> LoginResponse:
        """Asks for an old session without a password, by the SessionID element. Refused with 502 when it cannot be had."""
        response = self._login_phase(self._login_request(session_id=session_id), self._next_tid(), inband=False)
        if response.result is not None and response.result.code != StatusCode.SUCCESSFUL:
            raise refusal(response.result, "Login")
        self.session_id = response.session_id
        return response

    def login(self, inband: bool = False) -> LoginResponse:
        """Two-way with the password, or four-way; both phases carry the same TransactionID. Refused with the code.

        `inband` sends the old SessionID in the descriptor, as Android does when it takes a session up again."""
        tid = self._next_tid()
        proof = self._first_phase(tid, inband) if self.way else self._login_request(password=self.password)
        response = self._login_phase(proof, tid, inband)
        code = response.result.code if response.result else StatusCode.SUCCESSFUL
        if code == StatusCode.UNAUTHORIZED and self.way:
            raise PhoneError("401 in the second phase: Android repeats the request without end")
        if code != StatusCode.SUCCESSFUL:
            raise refusal(response.result, "Login")
        if not response.session_id:
            raise PhoneError("Login-Response 200 without SessionID: Android hangs")
        with self._lock:
            self.session_id = response.session_id
            self._server_tids.clear()
        self.keep_alive_time = response.keep_alive_time
        return response

    def _login_request(self, **proof: object) -> LoginRequest:
        return LoginRequest(
            user_id=self.user,
            client_id=ClientID(url=self.client_id),
            time_to_live=self.profile.ttl,
            session_cookie=self.cookie,
            **proof,  # type: ignore[arg-type]
        )

    def _first_phase(self, tid: str, inband: bool) -> LoginRequest:
        """Phase one; the request of phase two."""
        offered = [name.strip().upper() for name in self.way.split(",")]
        response = self._login_phase(self._login_request(digest_schema=offered), tid, inband)
        if response.result is not None and response.result.code not in (StatusCode.SUCCESSFUL, StatusCode.UNAUTHORIZED):
            raise refusal(response.result, "Login")
        schema = (response.digest_schema or "").upper()
        if not response.nonce:
            raise PhoneError("no Nonce: S60 rejects it, Android makes a digest with the text null")
        if schema not in offered and not (schema == "PWD" and self.profile.takes_pwd):
            raise PhoneError(f"DigestSchema {schema!r} was not offered: the log-in hangs or fails")
        if schema == "PWD":
            return self._login_request(password=self.password)
        return self._login_request(digest_bytes=login_digest(schema, response.nonce, self.password))

    def _login_phase(self, request: LoginRequest, tid: str, inband: bool) -> LoginResponse:
        answer = self.request(request, tid=tid, outband=not inband)
        if isinstance(answer, Status):
            if request.digest_schema:
                raise PhoneError("Status in the first phase: S60 rejects it, Android hangs")
            raise refusal(answer.result, "Login")
        if not isinstance(answer, LoginResponse):
            raise PhoneError(f"{answer.NAME} in answer to Login-Request")
        return answer

    def keep_alive(self) -> int | None:
        """The time granted now, in seconds."""
        ttl = self.profile.ttl if self.profile.ttl_in_keep_alive else None
        answer = self.request(KeepAliveRequest(time_to_live=ttl), timeout=self.profile.poll_timeout)
        self._require_success(answer, "KeepAlive")
        if isinstance(answer, KeepAliveResponse) and answer.keep_alive_time is not None:
            self.keep_alive_time = answer.keep_alive_time
        return self.keep_alive_time

    def logout(self) -> Primitive:
        """The answer: Disconnect in CSP 1.1, Status later."""
        with self._answering:
            try:
                answer = self.request(LogoutRequest(), ending=True)
            finally:
                self.session_id = None
        self._require_success(answer, "Logout")
        return answer

    def negotiate(self) -> None:
        """Capabilities, then services."""
        self.negotiate_capabilities()
        self.negotiate_services()

    def negotiate_capabilities(self) -> CapabilityList | AgreedCapabilityList:
        wishes = CapabilityList(**self.profile.capabilities)
        wishes.supported_cir_method = list(self.profile.cir)
        answer = self.request(ClientCapabilityRequest(client_id=self._client_id_element(), capability_list=wishes))
        if not isinstance(answer, ClientCapabilityResponse):
            raise self._unexpected_answer(answer, "ClientCapability")
        agreed = answer.capability_list or answer.agreed_capability_list
        assert agreed is not None  # checks.primitive has looked
        self.agreed = agreed
        return agreed

    def negotiate_services(self) -> ServiceResponse:
        wanted = Functions(wvcsp_feat=self.profile.features)
        request = ServiceRequest(
            client_id=self._client_id_element(), functions=wanted, all_functions_request=self.profile.all_functions
        )
        answer = self.request(request)
        if not isinstance(answer, ServiceResponse):
            raise self._unexpected_answer(answer, "Service")
        return answer

    def _client_id_element(self) -> ClientID | None:
        return ClientID(url=self.client_id) if self.version in self.profile.names_itself else None


def login_digest(schema: str, nonce: str, password: str) -> str:
    """DigestBytes: base64 of the hash of nonce and password, both as ISO-8859-1, other characters as "?"."""
    return base64.b64encode(DIGEST_HASHES[schema]((nonce + password).encode("latin-1", "replace"))).decode()
