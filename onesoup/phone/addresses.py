"""User addresses in the forms in which phones compare and show them."""


def user_key(user: str) -> str:
    """An address as phones compare it: lower case, with wv:."""
    user = user.lower()
    return user if user.startswith("wv:") else f"wv:{user}"


def local_part(user: str) -> str:
    return user.removeprefix("wv:").partition("@")[0]
