"""The exit statuses of all commands, for scripts. `docs/commands.md` is made of them."""

ALL_WELL, FAILED, NOT_BEGUN, NO_REDIS, TIME_OVER, INTERRUPTED = 0, 1, 2, 3, 4, 130

EXIT_CODES = {
    ALL_WELL: "done; a list may be empty; a check found no problem",
    FAILED: "failed; the named thing does not exist; a check found a problem",
    NOT_BEGUN: "not started: the command line, or a file that it names, cannot be used",
    NO_REDIS: "Redis cannot be reached, or refuses",
    TIME_OVER: "the time limit is over, and something is left to do",
    INTERRUPTED: "ended by Ctrl-C, if that is not the usual way to end the command",
}
