"""The CIR process: wakes phones over STCP, UDP and SMS, answers those that ask over HTTP, and hears from the gateway.

For a wake-up it never reads the messages that wait. Where phones speak CSP by SMS, it runs what a gateway worker runs."""

from gevent import monkey

monkey.patch_all()

import socket
from collections.abc import Callable
from dataclasses import replace

import gevent
import redis
import structlog
from gevent.server import StreamServer

from cir.engine import Engine
from cir.http.server import CirSite
from cir.metrics import CIR_SERIES
from cir.smpp import pdus
from cir.sms import arrived, carrier
from cir.sms.incoming import NumberBinder, SmsDataChannel, SmsReception
from cir.sms.outgoing import SmsSender
from cir.sms.settings_sender import SettingsSender
from cir.stcp.limits import ConnectionLimits
from cir.stcp.server import CLUSTER_UPKEEPS_PER_ROUND, STCP_UPKEEP_SECONDS, UPKEEPS_PER_ROUND, StcpServer
from cir.udp import UdpSender
from onesoup.handlers import wiring
from onesoup.handlers.dispatch import Exchange
from onesoup.handlers.metrics import GATEWAY_SERIES
from onesoup.observability import admin_server, history_notes
from onesoup.observability.minute_report import MinuteReport
from onesoup.observability.operator_orders import OperatorOrders
from onesoup.observability.process_beat import ProcessBeat
from onesoup.runtime import ports, scheduler
from onesoup.runtime.networks import LOOPBACK_ADDRESSES, Nets
from onesoup.runtime.role_process import StartedRole, run_roles
from onesoup.settings import Settings, SettingsError
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.account.phone_numbers import PhoneNumbers
from onesoup.store.errors import StoreDown
from onesoup.store.redis.channels import Subscriber
from onesoup.store.redis.client import connect, writable
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.session_lua import CIR_CHANNEL
from onesoup.store.session.shards import Shards
from onesoup.store.wakeup.cir_processes import CirProcesses
from onesoup.store.wakeup.ota_queue import SettingsQueue
from onesoup.store.wakeup.sms_budget import SmsBudget, SmsJobs, SmsLimits
from onesoup.store.wakeup.sms_inbound import InboundSmsStore
from onesoup.store.wakeup.wakes import WakeStore

log = structlog.get_logger()


class Cir:
    """One CIR process: puts its parts together from the settings."""

    def __init__(self, settings: Settings, client: redis.Redis) -> None:
        self._settings, self._key = settings, report_key(settings)
        self.orders = OperatorOrders(client)
        self.jobs = SmsJobs(client)
        self.gateway = carrier.make_gateway(settings, self._key, self._receipt, self._delivered)
        proxies = settings.trusted_proxies
        limits = ConnectionLimits(settings.stcp_connections, settings.stcp_per_address, Nets((*LOOPBACK_ADDRESSES, *proxies)))
        behind = Nets(proxies if settings.stcp_proxy else ())
        wakes, known = WakeStore(client), PhoneNumbers(client)
        cookies = wakes if settings.stcp_accept_cookie else None
        per_round = CLUSTER_UPKEEPS_PER_ROUND if wakes.news_apart else UPKEEPS_PER_ROUND
        self.stcp = StcpServer(
            GatewaySessionStore(client),
            CirProcesses(client),
            limits=limits,
            proxies=behind,
            cookies=cookies,
            upkeeps_per_round=per_round,
            orders=self.orders,
        )
        outgoing = SmsSender(settings, SmsBudget(client, sms_limits(settings)), self.jobs, self.gateway) if self.gateway else None
        phones = _settings_sender(settings, client, known, outgoing)
        datagrams = _datagrams(settings, self.orders.admits)
        self.engine = Engine(settings, wakes, known, Shards(client), CirProcesses(client), outgoing, datagrams, phones)
        self.reception: SmsReception | None = None
        if outgoing is not None:
            helos, data = (
                NumberBinder(GatewaySessionStore(client), wakes, known),
                _data_channel(settings, client, outgoing, self.orders),
            )
            self.reception = SmsReception(helos, data, outgoing, settings.country_code)
        sources = Nets(settings.sms_report_sources)
        report_secret = settings.sms_password if settings.sms_gateway == "json" else ""
        carried = Nets((*LOOPBACK_ADDRESSES, *proxies))
        hook_key = settings.sms_hook_key
        self.site = CirSite(
            wakes, self.jobs, self._key, sources, self.reception, hook_key, report_secret, carried, self.orders.admits
        )

    def on_news(self, channel: str, data: bytes) -> None:
        """News that the store has published."""
        if channel == self.orders.channel:
            self.orders.heard()
        elif channel == CIR_CHANNEL:
            self.engine.news(data)
        else:
            self.stcp.wake(channel, data)

    def on_gap(self) -> None:
        """News may have been lost."""
        self.orders.heard()
        self.stcp.on_gap()
        self.engine.on_gap()

    def upkeep(self) -> None:
        """Registers the bearers that work here, and finds wakes that were lost."""
        bearers = {"STCP"} | self.engine.bearers()
        self.stcp.bearers = frozenset(bearers | ({"SHTTP"} if self._settings.cir_port else set()))
        self.engine.forget_processes()
        gevent.spawn(self.engine.sweep)
        self.engine.send_settings()
        self.stcp.upkeep()

    def _receipt(self, message_id: str, state: str, error: str) -> None:
        """A report that came over SMPP."""
        try:
            job = self.jobs.named("smpp", pdus.message_id_forms(message_id))
            found = self.jobs.report(job, state) if job else "unknown"
        except StoreDown:
            return
        log.info("sms-report", job=job, state=state, error=error, found=found)

    def _delivered(self, pdu: pdus.Pdu) -> bool:
        """A message of a phone that came over SMPP."""
        try:
            return self.reception is None or self.reception.take(arrived.read_smpp(pdu))
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
            return False


def _data_channel(settings: Settings, client: redis.Redis, outgoing: SmsSender, orders: OperatorOrders) -> SmsDataChannel | None:
    """CSP by SMS, where it is configured. It runs what a gateway worker runs, except that no poll is held."""
    if not settings.sms_data:
        return None
    if not settings.keys_file:
        raise SettingsError("sms_data needs the key ring; example: ONESOUP_KEYS_FILE=/run/secrets/onesoup-keys")
    services = wiring.gateway_services(replace(settings, poll_hold=0.0), client, orders=orders)
    services.replies.start()
    return SmsDataChannel(InboundSmsStore(client), Exchange(services), outgoing, services.ring, settings.sms_validity)


def _settings_sender(
    settings: Settings, client: redis.Redis, known: PhoneNumbers, outgoing: SmsSender | None
) -> SettingsSender | None:
    """What sends settings documents: they are sealed, so without a key ring nothing does."""
    if outgoing is None or not settings.keys_file:
        return None
    try:
        queue = SettingsQueue(client, KeyRing.load(settings.keys_file))
    except KeyRingError as error:
        raise SettingsError(f"ONESOUP_KEYS_FILE: {error}") from None
    return SettingsSender(settings, queue, known, outgoing)


def sms_limits(settings: Settings) -> SmsLimits:
    return SmsLimits(
        gap=settings.sms_gap,
        per_hour=settings.sms_per_hour,
        per_day=settings.sms_per_day,
        user_per_day=settings.sms_user_per_day,
        total_per_day=settings.sms_total_per_day,
        rate=settings.sms_rate,
        data_per_hour=settings.sms_data_per_hour,
        data_per_day=settings.sms_data_per_day,
    )


def report_key(settings: Settings) -> bytes:
    """The key that signs URLs of delivery reports; b"" without a key ring. SettingsError when reports are wanted without one."""
    if settings.sms_report_url and not settings.keys_file:
        raise SettingsError("sms_report_url needs a key ring to sign with; example: ONESOUP_KEYS_FILE=/run/secrets/onesoup-keys")
    try:
        return KeyRing.load(settings.keys_file).digest("", "dlr") if settings.keys_file else b""
    except KeyRingError as error:
        raise SettingsError(f"ONESOUP_KEYS_FILE: {error}") from None


def _datagrams(settings: Settings, wanted: Callable[[str], bool]) -> UdpSender | None:
    if not settings.udp_nets:
        return None
    try:
        return UdpSender(settings.stcp_bind, settings.udp_port, settings.wap_port, settings.wap_content_type, wanted)
    except OSError as error:
        raise SettingsError(
            f"ONESOUP_UDP_PORT={settings.udp_port}, ONESOUP_WAP_PORT={settings.wap_port}: {error.strerror}"
        ) from None


class StcpPort:
    """The STCP port. While the host drains it is closed, so that a load balancer asks the next process at once; a socket that
    systemd holds stays open, and who comes there is sent away."""

    def __init__(
        self, settings: Settings, serve: Callable[[socket.socket, tuple[str, int]], None], draining: bool = False
    ) -> None:
        self._address, self._serve = (settings.stcp_bind, settings.stcp_port), serve
        self._handed_over = bool(ports.inherited_sockets_at(settings.stcp_port))
        self._servers = [] if draining and not self._handed_over else self._open()

    def follow(self, draining: bool) -> None:
        """Closes the port, or opens it again."""
        if self._handed_over or draining != bool(self._servers):
            return
        if draining:
            self.close()
            return
        try:
            self._servers = self._open()
        except SettingsError as error:
            log.error("not-listening", reason=str(error))

    def close(self) -> None:
        while self._servers:
            self._servers.pop().stop(timeout=0)

    def _open(self) -> list[StreamServer]:
        return _listen("STCP_PORT", self._address, self._serve)


def _listen(name: str, address: tuple[str, int], serve: Callable[[socket.socket, tuple[str, int]], None]) -> list[StreamServer]:
    """The servers of one port: one for each socket that is handed over, which listens already, with the backlog of its unit; else
    one of our own."""
    given = ports.inherited_sockets_at(address[1])
    servers = [StreamServer(each, serve) for each in given] or [StreamServer(address, serve, backlog=1024)]
    try:
        for server in servers:
            server.start()
    except OSError as error:
        raise SettingsError(f"ONESOUP_{name}={address[1]}: {error.strerror}") from None
    return servers


def check_sockets(settings: Settings, *further: str) -> None:
    """SettingsError for a socket of a unit that nobody would serve: whoever connects there would wait for ever. `further`: ports
    that the process serves beside those of a CIR process, by the names of their settings."""
    names = [*further, "stcp_port", *filter(lambda name: getattr(settings, name), ["cir_port"])]
    stray = ports.inherited_elsewhere([getattr(settings, name) for name in names])
    if stray:
        ours = ", ".join(f"ONESOUP_{name.upper()}={getattr(settings, name)}" for name in names)
        raise SettingsError(
            f"{ours}, while systemd hands over {', '.join(stray)}: ListenStream= of the unit "
            f"must have the port of the setting; example: ONESOUP_{names[0].upper()}={stray[0]}"
        )


def start(settings: Settings, alone: bool = True) -> StartedRole:
    """Listens to phones and to news until it is stopped. Redis may be away: phones may dial, and their lines are bound when it
    comes back. `alone`: no gateway in this process counts what phones ask."""
    client = connect(settings.redis_url, shared=True)
    cir = Cir(settings, client)
    subscriber = Subscriber(settings.redis_url, cir.on_news, on_gap=cir.on_gap)
    subscriber.want([cir.stcp.channel, CIR_CHANNEL, cir.orders.channel])
    gevent.spawn(subscriber.run)
    ring = KeyRing.load(settings.keys_file) if settings.keys_file else None
    history_notes.start_history(client, ring, settings.history_hours)
    gevent.spawn(cir.engine.queue.run)
    if cir.reception is not None and cir.reception.data is not None:
        gevent.spawn(cir.reception.data.queue.run)
    if cir.gateway is not None:
        cir.gateway.carrier.start()
    cir.orders.look()  # before the port is open
    stcp = StcpPort(settings, cir.stcp.serve, cir.orders.draining)
    servers = _listen("CIR_PORT", (settings.cir_bind, settings.cir_port), cir.site.serve) if settings.cir_port else []

    def follow_orders() -> None:
        stcp.follow(cir.orders.draining)
        cir.stcp.on_orders()

    cir.orders.on_change = follow_orders
    cir.orders.start()
    report = MinuteReport(client, (*CIR_SERIES, *(GATEWAY_SERIES if alone else ()))).start()  # phones that speak by SMS ask here
    log.info("listening", bearer="stcp", host=settings.stcp_bind, port=settings.stcp_port, sms=settings.sms_gateway)
    upkeep = scheduler.every(STCP_UPKEEP_SECONDS, cir.upkeep)
    try:
        cir.upkeep()
    except StoreDown as error:
        log.warning("store-down", reason=str(error))

    def redis() -> object:
        return writable(client)

    def subscribed() -> object:
        return subscriber.connected

    def stop() -> None:
        scheduler.stop_tasks([upkeep], 0.0)
        with gevent.Timeout(settings.drain_seconds, False):
            _stop(settings, cir, stcp, servers)
        report.stop()
        history_notes.stop_history()

    checks = [redis, subscribed, admin_server.not_drained(cir.orders.says_draining)]
    return StartedRole(client, checks, lambda admin: ProcessBeat(client, "cir", admin, ring, left=cir.stcp.left), stop)


def main(settings: Settings) -> int:
    """Runs until SIGTERM or SIGINT."""
    check_sockets(settings)
    return run_roles(settings, "cir", {"cir": start})


def _stop(settings: Settings, cir: Cir, stcp: StcpPort, servers: list[StreamServer]) -> None:
    """No new connections; what is on its way is finished; STCP lines last, so that phones come back to another process."""
    stcp.close()
    for server in servers:
        server.stop(timeout=0)
    cir.engine.drain(settings.drain_seconds / 2)
    if cir.reception is not None and cir.reception.data is not None:
        cir.reception.data.queue.drain(settings.drain_seconds / 4)
    carrier.stop_gateway(cir.gateway)
    try:
        cir.stcp.close()
    except StoreDown as error:
        log.warning("store-down", reason=str(error), lost="the registration stays until it expires")
