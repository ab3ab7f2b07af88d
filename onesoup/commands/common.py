"""Helpers of the commands: settings and Redis, or one line that says what is wrong; tables for a terminal."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import click
import redis
from redis.exceptions import RedisClusterException

from onesoup.commands.exit_codes import FAILED, NO_REDIS
from onesoup.operators.spans import short_span as short_span
from onesoup.settings import Settings, SettingsError, load_settings, masked_settings, secret_texts, without_secrets
from onesoup.store.errors import StoreDown
from onesoup.store.redis.client import connect
from onesoup.store.redis.refusals import REFUSALS, error_name


def fail(reason: str, status: int = FAILED) -> NoReturn:
    """Prints the reason, and exits with this status."""
    click.echo(f"onesoup: {reason}", err=True)
    sys.exit(status)


def settings_or_fail() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        fail(str(error))


@contextmanager
def open_store() -> Iterator[tuple[Settings, redis.Redis]]:
    """The settings and a Redis client. An error of Redis ends the command."""
    here = settings_or_fail()
    shown, hidden = masked_settings(here)["redis_url"], secret_texts(here)
    try:
        client = connect(here.redis_url, max_connections=4)
    except ValueError as error:
        fail(f"ONESOUP_REDIS_URL={shown}: {error}")
    except (redis.RedisError, RedisClusterException) as error:  # the second is none of the first
        fail(f"Redis at {shown} does not answer: {error_name(error)}", NO_REDIS)
    try:
        yield here, client
    except (StoreDown, redis.RedisError, RedisClusterException) as error:
        if (name := error_name(error)) in REFUSALS:
            fail(f"Redis at {shown} refuses: {name}", NO_REDIS)
        fail(f"Redis at {shown} does not answer: {without_secrets(str(error), hidden) or name}", NO_REDIS)
    finally:
        client.close()


def text_table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table with heads; numbers on the right. Control characters, which names may hold, become `?`."""
    cells = [list(heads), *([without_controls(each) for each in row] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    right = [all(isinstance(row[column], int) for row in rows) for column in range(len(heads))]
    lines = []
    for line in cells:
        padded = (text.rjust(width) if end else text.ljust(width) for text, width, end in zip(line, widths, right, strict=True))
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def without_controls(value: Any) -> str:
    """The value as text in which `?` stands for what could drive a terminal."""
    return "".join(char if char.isprintable() else "?" for char in str(value))


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# The option of every command that lists: `lines` is its parameter, `as_json` makes a line, with times by `iso_time`.
json_option = click.option("--json", "lines", is_flag=True, help="Print one JSON object per line.")
