"""What tests of other networks share."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from onesoup.demo.stack import Stack
from onesoup.phone.errors import PhoneError
from tests.support.world import StoryPhone


@pytest.fixture
def start_phone() -> Iterator[Callable[..., StoryPhone]]:
    """A phone of a demo user, logged in: start_phone(stack, "bob", version="1.2")."""
    phones: list[StoryPhone] = []

    def made(stack: Stack, user: str, **options: object) -> StoryPhone:
        phone = StoryPhone(stack.url, f"{user}@{stack.domain}", stack.passwords[user], **options)  # type: ignore[arg-type]
        phones.append(phone)
        return phone.start()

    yield made
    for phone in phones:
        with suppress(PhoneError):  # it may have done so
            phone.logout()
        phone.close()
