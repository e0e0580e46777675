"""All benchmarks, one after another, and their figures in one table: `make bench`.

Ratios are of the same run on the same machine; rates alone say more about the machine than about the platform.
"""

from collections.abc import Callable, Sequence

from tests.benchmarks import drain, freshness, imports, ingest, relay
from tests.benchmarks.figures import Bound, Figure, show

BENCHMARKS: dict[str, Callable[[], Sequence[Figure | Bound]]] = {
    "ingest": ingest.run,
    "relay": relay.run,
    "drain": drain.run,
    "import": imports.measured,
    "freshness and memory": freshness.run,
}


def main() -> None:
    found: list[Figure | Bound] = []
    for name, measure in BENCHMARKS.items():
        print(f"measuring {name} ...", flush=True)
        found += measure()
    show(found)


if __name__ == "__main__":
    main()
