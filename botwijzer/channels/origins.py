"""Which sites may embed the widget."""

from __future__ import annotations

from urllib.parse import urlsplit

from botwijzer.settings import Settings


def is_welcome(origin: str | None, host: str, current: Settings) -> bool:
    """Whether a page of this origin may talk to the assistant.

    Args:
        origin: The `Origin` header; None from programs that are no browser, which could send any.
        host: The `Host` header: name and port under which the server itself was asked.
        current: Its own address and the sites that are named in the settings.
    """
    if origin is None or origin in current.origins():
        return True
    own = {host, urlsplit(current.public_url).netloc}
    scheme, _, place = origin.partition("://")
    return scheme in {"http", "https"} and place in own
