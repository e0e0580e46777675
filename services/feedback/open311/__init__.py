"""Open311 GeoReport v2 (wiki.open311.org/GeoReport_v2): what client apps of today speak, in XML and JSON."""
