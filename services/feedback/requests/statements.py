"""SQL of places, for whoever looks for requests near one."""

METRES_IN_A_DEGREE = 111_320.0
EARTH_METRES = 6_371_000
SMALLEST_COSINE = 0.01
"""Next to the poles a box of degrees has no end."""

SMALLEST_ANGLE, SMALLEST_RADIUS = 1e-12, 0.001
"""The server fails where a product is smaller than it can hold; what is smaller than these is as good as 0."""


def near(table: str, latitude: str, longitude: str, radius: str) -> str:
    """Whether a request lies within a radius, in metres; arguments are parameters. The box is what an index answers."""
    radius = f"greatest({radius}, {SMALLEST_RADIUS})"
    inside = box(table, latitude, longitude, radius)
    return f"{inside} AND {distance(table, latitude, longitude)} <= {radius}"


def box(table: str, latitude: str, longitude: str, radius: str) -> str:
    """Whether a request lies in the box around a place; a degree of longitude shrinks towards the poles."""
    north = f"{radius} / {METRES_IN_A_DEGREE}"
    east = f"{radius} / ({METRES_IN_A_DEGREE} * greatest(cos({_radians(latitude)}), {SMALLEST_COSINE}))"
    return (
        f"{table}.latitude IS NOT NULL AND point({table}.longitude, {table}.latitude) <@ "
        f"box(point({longitude} - {east}, {latitude} - {north}), point({longitude} + {east}, {latitude} + {north}))"
    )


def distance(table: str, latitude: str, longitude: str) -> str:
    """Metres between a request and a place (haversine, on a sphere)."""
    half = f"power(sin({_radians(f'{table}.latitude - {latitude}')} / 2), 2)"
    across = f"power(sin({_radians(f'{table}.longitude - {longitude}')} / 2), 2)"
    cosines = f"cos({_radians(latitude)}) * cos({_radians(f'{table}.latitude')})"
    return f"{EARTH_METRES} * 2 * asin(sqrt(least(1, {half} + {cosines} * {across})))"


def _radians(degrees: str) -> str:
    return f"radians(CASE WHEN abs({degrees}) < {SMALLEST_ANGLE} THEN 0 ELSE {degrees} END)"
