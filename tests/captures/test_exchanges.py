"""Who speaks, where a capture does not tell directions: tables/primitives.tsv says who may send a request."""

from onesoup.captures.exchanges import SERVER_REQUESTS
from onesoup.coverage import rows

DIRECTIONS = {row["primitive"]: row["direction"] for row in rows("primitives.tsv")}


def test_what_counts_as_a_servers_request_is_never_a_phones_alone():
    assert {name for name in SERVER_REQUESTS if DIRECTIONS[name] == "client->server"} == set()


def test_a_request_that_only_servers_send_counts_as_a_servers():
    only = {name for name, direction in DIRECTIONS.items() if direction == "server->client" and name.endswith("-Request")}
    assert only <= SERVER_REQUESTS
