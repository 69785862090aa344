"""The public servers that are asked when no other is named, from data/download/servers.csv."""

from __future__ import annotations

import csv
from dataclasses import dataclass

from chargeplan.download.address import check_endpoint
from chargeplan.files import find_data_file

OVERPASS = "overpass"
NOMINATIM = "nominatim"


@dataclass(frozen=True, slots=True)
class Server:
    """A public server and its rules.

    Parameters
    ----------
    url : str
    operator : str
    policy : str
        What its operators ask of users, in short.
    policy_url : str
    """

    url: str
    operator: str
    policy: str
    policy_url: str


def read_server(kind: str) -> Server:
    """Read the server of a kind, `OVERPASS` or `NOMINATIM`."""
    with find_data_file("download", "servers.csv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["kind"] == kind)
    return Server(row["url"], row["operator"], row["policy"], row["policy_url"])


def choose_endpoint(kind: str, given: str | None) -> str:
    """Return the endpoint given, or the public one of its kind.

    Raises
    ------
    ConfigError
        When what was given is no address of a web server.
    """
    return read_server(kind).url if given is None else check_endpoint(given)
