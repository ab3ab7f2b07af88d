"""Two operators on one machine: each has an XMPP server, a Redis, a gateway, a holder and a CIR process of its own. Their XMPP
servers federate over verified TLS on loopback, and are told where the other is, so that no resolver is touched."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from onesoup.demo import accounts, certs
from onesoup.demo.ejabberd import Ejabberd
from onesoup.demo.process import Process
from onesoup.demo.servers import Neighbour, Prosody, server_names
from onesoup.demo.stack import ROLES, Stack
from onesoup.runtime.ports import free_port
from onesoup.settings import ENV_PREFIX


@dataclass(frozen=True, slots=True)
class DemoOperator:
    """One of the two: the name in the log, the domain, and its users with their contacts {user: {JID: name}}."""

    name: str
    domain: str
    rosters: Mapping[str, Mapping[str, str]]


NORTH = DemoOperator("north", "north.test", {"alice": {"bob@south.test": "Bob", "carol@north.test": "Carol"}, "carol": {}})
SOUTH = DemoOperator("south", "south.test", {"bob": {"alice@north.test": "Alice", "dave@south.test": "Dave"}, "dave": {}})


class TwoOperators:
    """The two stacks, started and ended as one. `http_ports` are those of NORTH and SOUTH; 0 is a free port. `ejabberd`: in
    the south, in the place of the second Prosody. `link`: from the port of a server to the one at which the other meets it."""

    def __init__(
        self,
        directory: Path,
        http_ports: tuple[int, int] = (0, 0),
        bind: str = "127.0.0.1",
        env: Mapping[str, str] | None = None,
        ejabberd: bool = False,
        link: Callable[[int], int] = lambda port: port,
    ) -> None:
        places = {each.domain: (directory / each.name, free_port()) for each in (NORTH, SOUTH)}
        met = {
            domain: Neighbour(link(port), certs.ensure(place / "xmpp" / "certs", server_names(domain))[0])
            for domain, (place, port) in places.items()
        }
        self._servers: list[Prosody | Ejabberd] = []
        for each in (NORTH, SOUTH):
            place, s2s_port = places[each.domain]
            ((domain, neighbour),) = [(name, there) for name, there in met.items() if name != each.domain]
            if ejabberd and each is SOUTH:
                made: Prosody | Ejabberd = Ejabberd(place / "xmpp", each.domain, s2s_port=s2s_port, neighbour=(domain, neighbour))
            else:
                made = Prosody(place / "xmpp", each.domain, s2s_port=s2s_port, neighbours={domain: neighbour})
            self._servers.append(made)
        # Pictures lie on loopback, where holders fetch nothing unless they are told.
        more = {ENV_PREFIX + "MEDIA_HOSTS": ",".join(server.web for server in self._servers), **(env or {})}
        self.stacks = [
            Stack(
                places[each.domain][0],
                domain=each.domain,
                bind=bind,
                http_port=http_port,
                passwords={user: accounts.password(user) for user in each.rosters},
                rosters=each.rosters,
                prosody=server,
                env=more,
            )
            for each, http_port, server in zip((NORTH, SOUTH), http_ports, self._servers, strict=True)
        ]

    @property
    def north(self) -> Stack:
        return self.stacks[0]

    @property
    def south(self) -> Stack:
        return self.stacks[1]

    def up(self) -> None:
        """Starts both, side by side. ProcessError when something does not answer."""
        for server in self._servers:
            server.process.start()
        for stack in self.stacks:
            stack.start_servers()
            for role in ROLES:
                stack.launch(role)
        for server in self._servers:
            server.start()
        for stack in self.stacks:
            stack.wait()

    def down(self) -> None:
        for stack, server in zip(self.stacks, self._servers, strict=True):
            stack.down()
            server.stop()

    def all(self) -> list[Process]:
        return [server.process for server in self._servers] + [process for stack in self.stacks for process in stack.all()]

    def label(self, process: Process) -> str:
        """What names a process in a log of both."""
        with suppress(ValueError):
            return f"{process.log.relative_to(self.north.dir.parent).parts[0]} {process.name}"
        return process.name
