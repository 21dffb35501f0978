"""Files of places in the format of MaxMind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet

PLACES: Mapping[str, Any] = {
    "192.0.2.0/25": {
        "country": {"iso_code": "DE"},
        "subdivisions": [{"iso_code": "BY"}],
    },
    "192.0.2.128/25": {"country": {"iso_code": "FR"}},
    "2001:db8::/32": {"country": {"iso_code": "JP"}},
}
NETWORKS: Mapping[str, Any] = {"192.0.2.0/24": {"autonomous_system_number": 64500}}


def write_places(path: Path, places: Mapping[str, Any]) -> str:
    """Write the records of networks, and replace a file of this name at once."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test")
    for network, record in places.items():
        writer.insert_network(IPSet([network]), record)
    written = path.with_suffix(".new")
    writer.to_db_file(str(written))
    written.replace(path)
    return str(path)
