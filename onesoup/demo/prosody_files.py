"""What a Prosody of a demo or a test keeps of its accounts, as files. The server looks at them when somebody logs in, so they may
be written while it runs."""

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path

from onesoup.demo.process import make_private, write_private


class ProsodyFiles:
    """The accounts of one domain. `data` is the server's data directory."""

    def __init__(self, data: Path, domain: str) -> None:
        self._data, self._domain = data, domain

    def add_account(self, user: str, password: str, roster: Mapping[str, str] | None = None) -> None:
        """An account with contacts {user or JID: name}, all subscribed both ways. What is there already stays."""
        self._keep("accounts", user, _account(password))
        if roster:
            entries = [_entry(each if "@" in each else f"{each}@{self._domain}", name) for each, name in roster.items()]
            head = '[false] = { ["version"] = 1; ["pending"] = {}; };'
            self._keep("roster", user, "\n".join(["return {", head, *entries, "};", ""]))

    def add_hashed_account(self, user: str, password: str, iterations: int, roster: Mapping[str, str] | None = None) -> None:
        """As add_account, for a server with hashed passwords (`internal_hashed`): it keeps what SCRAM-SHA-1 needs (RFC 5802)."""
        self._keep("accounts", user, _hashed_account(password, f"salt-of-{user}@{self._domain}", iterations))
        self.add_account(user, password, roster)

    def create(self, user: str, password: str, roster: Mapping[str, str]) -> bool:
        """As add_account; False, and nothing is changed, when the account is there."""
        if self._file("accounts", user).exists():
            return False
        self.add_account(user, password, roster)
        return True

    def set_password(self, user: str, password: str) -> None:
        """The password of an account from its next log-in on, whatever it was."""
        write_private(self._file("accounts", user), _account(password))

    def _keep(self, store: str, user: str, text: str) -> None:
        path = self._file(store, user)
        if not path.exists():
            write_private(path, text)

    def _file(self, store: str, user: str) -> Path:
        """Where the server keeps something of an account. Its directory is there."""
        path = self._data / _file_name(self._domain) / store / f"{_file_name(user)}.dat"
        for each in (path.parent.parent, path.parent):
            make_private(each)
        return path


def lua_text(value: object) -> str:
    """A Lua string. Characters that could end it are decimal escapes."""
    return '"' + "".join(f"\\{ord(c):03d}" if c in '"\\' or ord(c) < 32 else c for c in str(value)) + '"'


def _account(password: str) -> str:
    return f'return {{ ["password"] = {lua_text(password)}; }};\n'


def scram_keys(password: str, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    """(StoredKey, ServerKey) of SCRAM-SHA-1 (RFC 5802)."""
    salted = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, iterations)
    return hashlib.sha1(hmac.digest(salted, b"Client Key", "sha1")).digest(), hmac.digest(salted, b"Server Key", "sha1")


def _hashed_account(password: str, salt: str, iterations: int) -> str:
    stored, server = scram_keys(password, salt.encode(), iterations)
    fields = {"stored_key": stored.hex(), "server_key": server.hex(), "salt": salt}
    words = "".join(f'["{name}"] = {lua_text(value)}; ' for name, value in fields.items())
    return f'return {{ {words}["iteration_count"] = {iterations}; }};\n'


def _entry(jid: str, name: str) -> str:
    fields = f'["subscription"] = "both"; ["groups"] = {{}}; ["name"] = {lua_text(name)};'
    return f'[{lua_text(jid)}] = {{ ["jid"] = {lua_text(jid)}; {fields} }};'


def _file_name(name: str) -> str:
    """As Prosody names files: every byte that is no letter or digit becomes %xx."""
    return "".join(chr(b) if chr(b).isascii() and chr(b).isalnum() else f"%{b:02x}" for b in name.encode())
