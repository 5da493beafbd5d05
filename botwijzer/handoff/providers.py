"""Where Dutch and Flemish people have their mail, and the slips they make in its name."""

from __future__ import annotations

from rapidfuzz.distance import OSA

from botwijzer.handoff.text import words_of

PROVIDERS = {
    "gmail": "com", "googlemail": "com", "icloud": "com", "hotmail": "com nl be fr de", "outlook": "com be nl fr de",
    "live": "nl be com", "msn": "com nl", "me": "com", "mac": "com", "yahoo": "com nl fr", "protonmail": "com",
    "proton": "me", "ziggo": "nl", "kpnmail": "nl", "kpnplanet": "nl", "planet": "nl", "hetnet": "nl", "xs4all": "nl",
    "home": "nl", "casema": "nl", "chello": "nl", "upcmail": "nl", "quicknet": "nl", "zonnet": "nl", "tele2": "nl",
    "zeelandnet": "nl", "caiway": "nl net", "online": "nl", "wanadoo": "nl", "telenet": "be", "skynet": "be",
    "proximus": "be", "pandora": "be", "scarlet": "be", "belgacom": "net", "gmx": "net com de",
}  # fmt: skip
"""Where Dutch and Flemish people have their mail, with the ends of it; the first one is the usual one."""

DISTINCT = sorted(
    words_of(
        """
        gmail hotmail outlook icloud yahoo protonmail ziggo kpnmail kpnplanet hetnet xs4all casema upcmail quicknet
        telenet skynet proximus belgacom
        """
    )
)
"""Those that hardly anything else looks like."""

OTHERS = frozenset({"mail", "email", "ymail", "cloud", "mailbox", "netmail", "planet"})
"""Names that do look like one of those, and are others."""

ENDS = frozenset({"com", "nl", "be", "net", "org", "eu", "info"})
SPOKEN_ENDS = ENDS | {"de", "fr", "uk", "es", "me", "nu"}
SLIPS = {
    "con": "com", "comm": "com", "cmo": "com", "ocm": "com", "vom": "com", "xom": "com", "coom": "com", "c0m": "com",
    "cim": "com", "comn": "com", "come": "com", "nll": "nl", "nk": "nl", "bee": "be", "nlk": "nl", "n1": "nl",
}  # fmt: skip
"""Ends that are none."""


def better_domain(domain: str) -> str:
    """The well-known domain that one is a slip of; empty when it is none."""
    name, _, end = domain.lower().rpartition(".")
    if name in PROVIDERS and end in PROVIDERS[name].split():
        return ""
    right_end = SLIPS.get(end, end)
    provider = name if name in PROVIDERS else _provider_like(name)
    if not provider or (name == provider and provider not in DISTINCT):
        return f"{name}.{right_end}" if right_end != end else ""
    ends = PROVIDERS[provider].split()
    if right_end in ends:
        return f"{provider}.{right_end}"
    if provider == "gmail" or name != provider or end not in SPOKEN_ENDS or len(ends) == 1:
        return f"{provider}.{ends[0]}"
    return ""


def completed(domain: str) -> str:
    """A domain without a dot, with the dot and the end that it should have; empty when that isn't known."""
    for end in ("com", "nl", "be", "net"):
        name = domain[: -len(end)]
        if domain.endswith(end) and (name in PROVIDERS or _provider_like(name) or len(name) > 3):
            return f"{name}.{end}"
    provider = domain if domain in PROVIDERS else _provider_like(domain)
    return f"{provider}.{PROVIDERS[provider].split()[0]}" if provider else ""


def _provider_like(name: str) -> str:
    if len(name) < 4 or len(name) > 14 or name in OTHERS:
        return ""
    for provider in DISTINCT:
        slips = 2 if len(provider) > 7 else 1
        if OSA.distance(name, provider) <= slips or (len(name) > 4 and sorted(name) == sorted(provider)):
            return provider
    return ""
