"""A conversation fits into 80 columns, and a long name costs neither code nor size."""

import pytest

from onesoup.captures.columns import Said, exchange_line, heads, two_columns
from onesoup.captures.exchanges import CapturedExchange
from onesoup.wire import codec
from onesoup.wire.tree import Element
from tests.captures.test_conversation_writer import LOGIN, POLL

LONG = "WV-CSP-NSDiscovery-Request-And-More-Of-It"


@pytest.mark.parametrize("phone", [Said(), Said(LONG, "200", 65_536), Said("Login-Request", "", 212)])
@pytest.mark.parametrize("server", [Said(), Said(LONG, "401", 65_536), Said("(empty)", "", 0)])
@pytest.mark.parametrize("mark", ["", "ok", "FAIL"])
def test_every_line_fits(phone: Said, server: Said, mark: str) -> None:
    line = two_columns(phone, server, mark)
    assert len(line) <= 80
    assert line.startswith(mark)
    for side in (phone, server):
        assert f"{side.size} B" in line or side.size is None
        assert side.code in line


def test_the_sides_stand_below_each_other() -> None:
    request, response = (codec.decode(each) for each in LOGIN)
    line = exchange_line(CapturedExchange(request, response, sizes=(300, 200)))
    assert line == "      Login-Request 300 B                -> Login-Response 200 200 B"
    empty = exchange_line(CapturedExchange(codec.decode(POLL), sizes=(180, 0)))
    assert empty == "      Polling-Request 180 B              -> (empty)"
    assert heads().index("server") == line.index("Login-Response")
    assert Said(Element("X").name).text(10) == "X"
