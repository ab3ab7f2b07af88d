"""The blocking command (XEP-0191): what its answers and pushes say. Pure; nodes have getAttr, getName and getTags."""

from typing import Any

from onesoup.csp.text import addresses


def read_items(node: Any) -> list[str]:
    """The bare JIDs in a blocklist, block or unblock; that of a server or a transport stands for all its users too. Single
    resources, which no phone can name, are left out: they stay as they are on the server."""
    jids = []
    for item in node.getTags("item"):
        jid = str(item.getAttr("jid") or "")
        if "/" not in jid and addresses.bare(jid):
            jids.append(addresses.bare(jid))
    return jids
