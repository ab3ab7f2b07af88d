"""The table of pages, in the order of the navigation. A new page is a class below `ConsolePage` and a row here."""

from workers.gateway.console.login import LeavePage
from workers.gateway.console.overview import OverviewPage
from workers.gateway.console.pages import ConsolePage

CONSOLE_PAGES: tuple[type[ConsolePage], ...] = (
    OverviewPage,
    # Users
    # Findings
    LeavePage,
)
