"""A server on loopback that speaks the protocols of Overpass and Nominatim from a real extract, with faults."""

from osm_server.faults import Fault, Mode, Phase, When
from osm_server.server import OsmServer, Request
from osm_server.store import OsmStore

__all__ = ["Fault", "Mode", "OsmServer", "OsmStore", "Phase", "Request", "When"]
