"""The table of pages, in the order of the navigation. A new page is a class below `ConsolePage` and a row here."""

from workers.gateway.console.announcing import AnnouncePage
from workers.gateway.console.audit_log import AuditPage
from workers.gateway.console.blocking import BlocksPage
from workers.gateway.console.doctoring import FindingsPage
from workers.gateway.console.draining import HostsPage
from workers.gateway.console.login import LeavePage
from workers.gateway.console.overview import OverviewPage
from workers.gateway.console.pages import ConsolePage
from workers.gateway.console.past import HistoryPage
from workers.gateway.console.trace_stream import TraceEventsPage
from workers.gateway.console.user import UserPage
from workers.gateway.console.users import UsersPage

CONSOLE_PAGES: tuple[type[ConsolePage], ...] = (
    OverviewPage,
    UsersPage,
    UserPage,
    HistoryPage,
    TraceEventsPage,
    BlocksPage,
    AnnouncePage,
    HostsPage,
    FindingsPage,
    AuditPage,
    LeavePage,
)
