"""All benchmarks, one after another, and their figures in one table: `make bench`, or `make bench ARGS=relay`.

Ratios are of the same run on the same machine; rates alone say more about the machine than about the platform.
"""

import sys
from collections.abc import Callable, Sequence

from tests.benchmarks import catalogue, drain, freshness, imports, ingest, network, open311, rebuild, relay, scores
from tests.benchmarks.figures import Bound, Figure, show

BENCHMARKS: dict[str, Callable[[], Sequence[Figure | Bound]]] = {
    "ingest": ingest.run,
    "relay": relay.run,
    "drain": drain.run,
    "rebuild": rebuild.run,
    "import": imports.measured,
    "freshness": freshness.run,
    "catalogue": catalogue.run,
    "network": network.run,
    "open311": open311.run,
    "scores": scores.run,
}


def main(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise SystemExit(f"there is no {', '.join(unknown)}; choose from {', '.join(BENCHMARKS)}")
    found: list[Figure | Bound] = []
    for name in names or BENCHMARKS:
        print(f"measuring {name} ...", flush=True)
        found += BENCHMARKS[name]()
    show(found)


if __name__ == "__main__":
    main(sys.argv[1:])
