"""SQL of places, for whoever looks for requests near one."""

METRES_IN_A_DEGREE = 111_320.0
EARTH_METRES = 6_371_000
SMALLEST_COSINE = 0.01
"""Next to the poles a box of degrees has no end."""


def near(table: str, latitude: str, longitude: str, radius: str) -> str:
    """Whether a request lies within a radius, in metres; arguments are parameters. The box is what an index answers."""
    inside = box(table, latitude, longitude, radius)
    return f"{inside} AND {distance(table, latitude, longitude)} <= {radius}"


def box(table: str, latitude: str, longitude: str, radius: str) -> str:
    """Whether a request lies in the box around a place; a degree of longitude shrinks towards the poles."""
    north = f"{radius} / {METRES_IN_A_DEGREE}"
    east = f"{radius} / ({METRES_IN_A_DEGREE} * greatest(cos(radians({latitude})), {SMALLEST_COSINE}))"
    return (
        f"{table}.latitude IS NOT NULL AND point({table}.longitude, {table}.latitude) <@ "
        f"box(point({longitude} - {east}, {latitude} - {north}), point({longitude} + {east}, {latitude} + {north}))"
    )


def distance(table: str, latitude: str, longitude: str) -> str:
    """Metres between a request and a place (haversine, on a sphere)."""
    half = f"power(sin(radians({table}.latitude - {latitude}) / 2), 2)"
    across = f"power(sin(radians({table}.longitude - {longitude}) / 2), 2)"
    cosines = f"cos(radians({latitude})) * cos(radians({table}.latitude))"
    return f"{EARTH_METRES} * 2 * asin(sqrt(least(1, {half} + {cosines} * {across})))"
