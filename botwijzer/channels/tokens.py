"""Who a visitor of the website is: a random id that only the server makes, and the token that proves it."""

from __future__ import annotations

import uuid

import jwt

ALGORITHM = "HS256"
LONGEST_TOKEN = 500


def new_session() -> str:
    """An id that nobody can guess."""
    return uuid.uuid4().hex


def sign(session: str, key: str) -> str:
    """The token that lets a browser take up its conversation again."""
    return jwt.encode({"sub": session}, key, algorithm=ALGORITHM)


def session_of(token: object, key: str) -> str | None:
    """The session that a token proves; None when it is no token, or not signed with this key."""
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
        return None
    try:
        return str(jwt.decode(token, key, algorithms=[ALGORITHM], options={"require": ["sub"]})["sub"])
    except (jwt.InvalidTokenError, ValueError):  # ValueError: half a surrogate
        return None
