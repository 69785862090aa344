"""Who asks and whom: the user agent, and the address of a server."""

from __future__ import annotations

from importlib import metadata
from urllib.parse import urlsplit

from chargeplan import __version__
from chargeplan.errors import ConfigError
from chargeplan.text import clean_text, escape_invisible


def make_user_agent(contact: str = "") -> str:
    """Make the name under which chargeplan asks, with a way to reach who is behind it.

    Parameters
    ----------
    contact : str
        A page or e-mail address; empty for the project's page, where its metadata name one.

    Raises
    ------
    ConfigError
        When the contact cannot stand in an HTTP header.
    """
    if not (contact.isascii() and contact.isprintable()) or {"(", ")"} & set(contact):
        raise ConfigError(
            "--contact: use a plain e-mail address or web page, in ASCII and without line ends or brackets"
        )
    page = contact.strip() or _find_project_page()
    return f"chargeplan/{__version__}" + (f" (+{page})" if page else "")


def check_endpoint(endpoint: str, option: str = "--endpoint") -> str:
    """Return the address of a server when it can be asked and written into a manifest.

    Raises
    ------
    ConfigError
        When it is no http(s) address, or carries a password or parameters.
    """
    try:
        parts = urlsplit(endpoint)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, is_good = urlsplit(""), False
    if not is_good or not endpoint.isprintable() or any(sign.isspace() for sign in endpoint):
        raise ConfigError(
            f"{option}: {escape_invisible(clean_text(endpoint))!r} is no address of a server; expected one like "
            "https://overpass-api.de/api/interpreter"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigError(
            f"{option}: leave user names, passwords and parameters out of the address, it is written into the "
            "manifest; a password goes into the file ~/.netrc"
        )
    return endpoint


def _find_project_page() -> str:
    try:
        urls = metadata.metadata("chargeplan").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:  # a checkout that was not installed
        return ""
    pages = [str(line).partition(",")[2].strip() for line in urls]
    return next((page for page in pages if page.startswith("http")), "")
