"""The broker's jars: pinned with their hashes in requirements/kafka-jars.txt, fetched once into a cache.

`python -m deploy.local.jars` resolves them again and prints the new lock.
"""

import fcntl
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import requests
from jgo.maven import Dependency, MavenContext
from jgo.parse import Coordinate

from deploy.local.errors import PartError

LOCK = Path(__file__).parents[2] / "requirements" / "kafka-jars.txt"
BROKER = "org.apache.kafka:kafka_2.13"
# slf4j's smallest binding, of the line that the broker uses: it writes to standard error, which is the log.
LOGGING = "org.slf4j:slf4j-simple:1.7.36"
REMEDY = (
    "The jars come once from Maven Central: check the network and run it again, or set "
    "CIVICLOOP_KAFKA_BOOTSTRAP=host:port to use a broker that runs already."
)


@dataclass(frozen=True)
class Jar:
    coordinate: str
    sha256: str


def cache_folder() -> Path:
    """$CIVICLOOP_CACHE, or the user's cache folder; a temporary one where there is no home to write to."""
    if named := os.environ.get("CIVICLOOP_CACHE"):
        return Path(named).absolute()
    home = os.environ.get("HOME", "")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path(home, ".cache"))
    existing = next(folder for folder in (user, *user.parents) if folder.exists())
    if home and user.is_absolute() and os.access(existing, os.W_OK):
        return user / "civicloop"
    return Path(tempfile.gettempdir()) / f"civicloop-cache-{os.getuid()}"


def locked() -> list[Jar]:
    lines = (line.split() for line in LOCK.read_text().splitlines())
    return [Jar(*fields) for fields in lines if fields and fields[0] != "#"]


def kafka_version() -> str:
    return next(jar.coordinate.rsplit(":", 1)[1] for jar in locked() if jar.coordinate.startswith(BROKER))


def class_path(progress: Callable[[int, int], None] = lambda done, of: None) -> list[Path]:
    """Paths of all the broker's jars, fetching what is missing; raises PartError with what cannot be had.

    `progress` is told how many of how many jars are there.
    """
    jars, maven, paths = locked(), maven_context(), list[Path]()
    with (maven.repo_cache / ".lock").open("w") as lock, ThreadPoolExecutor(6) as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two stacks may be started at once
        for path in pool.map(lambda jar: _fetch(maven, jar), jars):
            paths.append(path)
            progress(len(paths), len(jars))
    return paths


def maven_context() -> MavenContext:
    folder = cache_folder() / "maven"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PartError("kafka", f"its jars cannot be kept: {error}", "Name a folder: CIVICLOOP_CACHE=/path") from error
    return MavenContext(repo_cache=folder, timeout=30)


def _fetch(maven: MavenContext, jar: Jar) -> Path:
    artifact = maven.create_dependency(Coordinate.parse(jar.coordinate)).artifact
    kept = artifact.cached_path
    if kept is None:
        raise AssertionError("the context was given a cache")
    if _is_whole(kept, jar):
        return kept
    kept.unlink(missing_ok=True)  # half a download, of a process that was killed
    try:
        artifact.resolve()
    except (RuntimeError, OSError, requests.RequestException) as error:
        kept.unlink(missing_ok=True)
        raise PartError("kafka", f"{jar.coordinate} cannot be fetched: {error}", REMEDY) from error
    if not _is_whole(kept, jar):
        kept.unlink()
        raise PartError("kafka", f"{jar.coordinate} arrived with another content than the one pinned", REMEDY)
    return kept


def _is_whole(path: Path, jar: Jar) -> bool:
    return path.exists() and _sha256(path) == jar.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def resolve_newest(maven: MavenContext) -> Iterator[Jar]:
    """The newest broker and all that it needs at run time."""
    project = maven.project(*BROKER.split(":"))
    project.update()
    broker = maven.create_dependency(Coordinate.parse(f"{BROKER}:{project.release}"))
    found, needed = maven.resolver.resolve([broker])
    # Added after resolving: resolved together, the versions that one manages would replace the other's.
    logging = maven.create_dependency(Coordinate.parse(LOGGING))
    for dependency in (*found, *_at_run_time(needed), logging):
        artifact = dependency.artifact
        coordinate = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
        yield Jar(coordinate, _sha256(artifact.resolve()))


def _at_run_time(dependencies: Iterable[Dependency]) -> Iterator[Dependency]:
    return (dependency for dependency in dependencies if dependency.scope in ("compile", "runtime"))


def main() -> None:
    sys.stdout.write("# The Kafka broker's jars and their SHA-256. `make lock` writes this file.\n")
    for jar in sorted(resolve_newest(maven_context()), key=lambda jar: jar.coordinate):
        sys.stdout.write(f"{jar.coordinate} {jar.sha256}\n")


if __name__ == "__main__":
    main()
