"""The limits on what the operators' console keeps in Redis, and its rows in the table of keys (`onesoup.store.bounds`)."""

from onesoup.store.bound_rows import BY_ONESOUP, BY_VISITOR, Bound

# Browsers that are logged in to the console.
MOST_CONSOLE_SESSIONS = 50
# What `onesoup doctor` found last, for the console: findings, and letters in one field of a finding.
MOST_FINDINGS, FINDING_LETTERS = 300, 600

OPERATOR_BOUNDS: tuple[Bound, ...] = (
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
