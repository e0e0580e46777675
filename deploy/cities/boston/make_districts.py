"""Makes districts.geojson from the city's neighbourhood boundaries (Analyze Boston, "Boston Neighborhoods", PDDL):
`python -m deploy.cities.boston.make_districts Boston_Neighborhoods.geojson`.

Neighbourhoods are merged into the districts of catalogue.yaml, and their borders are made simpler, all at once, so that
districts that touch still do.
"""

import json
import sys
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import mapping, shape

FOLDER = Path(__file__).parent
TOLERANCE = 0.0006
"""In degrees: about 60 metres."""
GRID = 0.0001

DISTRICTS = {
    "boston.allston-brighton": ["Allston", "Brighton"],
    "boston.back-bay": ["Back Bay"],
    "boston.beacon-hill": ["Beacon Hill"],
    "boston.charlestown": ["Charlestown"],
    "boston.dorchester": ["Dorchester"],
    "boston.downtown": ["Downtown", "North End", "West End", "Chinatown", "Leather District"],
    "boston.east-boston": ["East Boston"],
    "boston.fenway-longwood": ["Fenway", "Longwood Medical Area"],
    "boston.hyde-park": ["Hyde Park"],
    "boston.jamaica-plain": ["Jamaica Plain"],
    "boston.mattapan": ["Mattapan"],
    "boston.mission-hill": ["Mission Hill"],
    "boston.roslindale": ["Roslindale"],
    "boston.roxbury": ["Roxbury"],
    "boston.south-boston": ["South Boston", "South Boston Waterfront"],
    "boston.south-end": ["South End", "Bay Village"],
    "boston.west-roxbury": ["West Roxbury"],
}
NO_DISTRICT = ["Harbor Islands"]
"""Part of the city where hardly anybody lives: no district of the population table has it."""


def main(source: Path) -> None:
    """Writes districts.geojson beside this file."""
    features = json.loads(source.read_text())["features"]
    shapes = {each["properties"]["Name"]: shape(each["geometry"]).buffer(0) for each in features}
    merged = [shapely.union_all([shapes[name] for name in names]) for names in [*DISTRICTS.values(), NO_DISTRICT]]
    simple = shapely.set_precision(shapely.coverage_simplify(merged, TOLERANCE), GRID)
    whole = shapely.set_precision(shapely.union_all(simple, grid_size=GRID), GRID)
    areas = {"boston": whole, **dict(zip(DISTRICTS, simple, strict=False))}
    lines = ",\n".join(json.dumps(_feature(id, area)) for id, area in areas.items())
    (FOLDER / "districts.geojson").write_text(f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n')


def _feature(id: str, area: Any) -> dict[str, Any]:
    kind = {"kind": "jurisdiction"} if id == "boston" else {}
    document = mapping(area)
    return {"type": "Feature", "properties": {"id": id, **kind},
            "geometry": {"type": document["type"], "coordinates": _rounded(document["coordinates"])}}  # fmt: skip


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else [_rounded(each) for each in value]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
