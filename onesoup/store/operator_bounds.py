"""The limits on what operators, and their console, make in Redis, and its rows in the table of keys (`onesoup.store.bounds`)."""

from onesoup.store.bound_rows import BY_ONESOUP, BY_VISITOR, Bound

# Browsers that are logged in to the console.
MOST_CONSOLE_SESSIONS = 50
# What `onesoup doctor` found last, for the console: findings, and letters in one field of a finding.
MOST_FINDINGS, FINDING_LETTERS = 300, 600

# Blocks of operators and hosts that are taken out of service, bytes of one.
MOST_OPERATOR_BLOCKS, OPERATOR_BLOCK_BYTES = 500, 2048
MOST_DRAINS, DRAIN_BYTES = 100, 1024

# What operators did: entries, and letters in one field of an entry.
MOST_AUDITED, AUDIT_FIELD_LETTERS = 1000, 300

OPERATOR_BOUNDS: tuple[Bound, ...] = (
    Bound(
        "audit",
        BY_ONESOUP,
        f"a field {AUDIT_FIELD_LETTERS} letters",
        f"{MOST_AUDITED:,} actions of operators",
        "1 year",
        "the oldest go",
        alone="what operators do",
    ),
    Bound(
        "operator-blocks",
        BY_ONESOUP,
        f"a record {OPERATOR_BLOCK_BYTES // 1024} KiB",
        f"{MOST_OPERATOR_BLOCKS} blocks",
        "those that have run out go with the next one",
        "refused",
        alone="what operators block",
    ),
    Bound("drains", BY_ONESOUP, "a record 1 KiB", f"{MOST_DRAINS} hosts", "none", "refused", alone="hosts that operators name"),
    Bound(
        "console-tokens:{console}",
        BY_ONESOUP,
        "a record 200",
        "one for each of the two roles",
        "none",
        "-",
        alone="what `onesoup console` makes",
    ),
    Bound(
        "console-sessions:{console}",
        BY_VISITOR,
        "a record 200",
        f"{MOST_CONSOLE_SESSIONS} (console-live:{{console}} has their times)",
        "1 hour unused, 12 hours",
        "those unused for longest go",
    ),
    Bound(
        "console-findings:{console}",
        BY_ONESOUP,
        f"a field {FINDING_LETTERS} letters",
        f"{MOST_FINDINGS} findings (console-looking:{{console}} says that somebody looks)",
        "1 day",
        "left out",
        alone="what onesoup finds of itself",
    ),
    Bound(
        "minutes:{series}:*",
        BY_ONESOUP,
        "1,440 numbers of four bytes",
        "8 series, of two days",
        "2 days",
        "-",
        alone="numbers of onesoup",
    ),
    Bound("console-tries:{console}", BY_VISITOR, "a digest 16", "100 addresses", "10 minutes", "refused"),
)
