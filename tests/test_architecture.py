"""Where things stand: what the import contracts of `make check` do not see."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("services", "shared", "deploy")
SQL = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER) ")
SQL_STANDS_IN = {"store.py", "tables.py", "statements.py"}
SQL_ELSEWHERE = {
    "services/feedback/moderation/items.py",
    "services/feedback/moderation/watching.py",
    "services/feedback/open311/words.py",
    "services/metrics/buckets/rebuild.py",
    "services/metrics/scores/scorer.py",
}
"""Work of their own on tables that their room's `store.py` owns, or on those of any room, and nothing besides."""

OUTSIDE = {"fastapi", "starlette", "uvicorn", "httpx", "sqlalchemy", "asyncpg", "aiokafka", "prometheus_client"}
PURE = (
    "services.metrics.alerts.look",
    "services.metrics.alerts.rules",
    "services.metrics.alerts.states",
    "services.metrics.alerts.tails",
    "services.metrics.buckets.columns",
    "services.metrics.buckets.observations",
    "services.metrics.buckets.observers",
    "services.metrics.buckets.grouping",
    "services.metrics.buckets.sketches",
    "services.metrics.channels.tally",
    "services.metrics.enablers.capacity",
    "services.metrics.enablers.collaboration",
    "services.metrics.enablers.reports",
    "services.metrics.objectives.domain",
    "services.metrics.scores.weighing",
    "services.metrics.scores.cells",
    "services.metrics.scores.series",
    "services.metrics.scores.estimates",
    "services.metrics.scores.indicators",
    "services.metrics.scores.points",
    "services.metrics.scores.assessment",
    "services.metrics.scores.rankings",
    "services.metrics.subjects.privacy",
    "services.metrics.subjects.subject",
    "shared.cloudevents",
    "shared.contracts.registry",
    "shared.inbox.positions",
)
REGISTRIES = ("pypi" + ".org", "python" + "hosted.org", "repo1." + "maven", "maven" + ".org", "npm" + "js.")
TEXT = {".py", ".md", ".txt", ".in", ".toml", ".yml", ".yaml", ".sh", ".env", ".json", ".mako", ".sql", ""}
NOT_OURS = {".git", ".venv", ".civicloop", "__pycache__", "build", "node_modules"}


def sources(folder: str) -> Iterator[tuple[str, ast.Module]]:
    """The modules beneath a folder, by their path from the root."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def called(tree: ast.Module) -> set[str]:
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {name.id if isinstance(name, ast.Name) else getattr(name, "attr", "") for name in calls}


def texts(tree: ast.Module) -> Iterator[str]:
    """Text that a program works with: all but what explains it."""
    explanations = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explanations:
            yield node.value


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def test_events_are_made_only_where_a_service_or_a_part_of_it_says_what_it_publishes() -> None:
    makers = {path for path, tree in sources("services") if called(tree) & {"outgoing", "Outgoing"}}
    assert makers >= {"services/catalog/publishes.py", "services/metrics/publishes.py"}
    assert {Path(path).name for path in makers} == {"publishes.py"}


def test_each_service_that_receives_events_has_one_place_for_it() -> None:
    handlers = {
        path for path, tree in sources("services") for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name.endswith("Handler")
    }  # fmt: skip
    assert handlers == {"services/feedback/consumes.py", "services/metrics/consumes.py"}


def test_sql_stands_with_the_tables() -> None:
    writers = {
        path
        for path, tree in sources("services")
        if "/migrations/" not in path and any(SQL.match(text) for text in texts(tree))
    }
    others = {path for path in writers if path.rsplit("/", 1)[1] not in SQL_STANDS_IN}
    assert others == SQL_ELSEWHERE


def test_what_decides_knows_nothing_of_how_it_is_asked_or_where_it_is_kept(graph: grimp.ImportGraph) -> None:
    """Not even by what it imports: so that all of it can be tried without a part."""
    deciding = [module for module in graph.modules if module.endswith(".domain")]
    assert len(deciding) >= 9
    for module in (*deciding, *PURE):
        met = {name.partition(".")[0] for name in graph.find_upstream_modules(module)}
        assert not met & OUTSIDE, module


def test_nothing_that_runs_knows_of_its_tests() -> None:
    for package in PACKAGES:
        for path, tree in sources(package):
            imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
            imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            assert not {name for name in imported if name.partition(".")[0] == "tests"}, path


def test_the_environment_is_read_by_settings_alone() -> None:
    """And by failpoints, which only fault tests set."""
    readers = {
        path
        for package in ("services", "shared")
        for path, tree in sources(package)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    }
    assert readers == {"shared/failpoints.py"}


def test_no_file_says_where_packages_come_from() -> None:
    """That is for whoever installs to say: behind a mirror, or without a network."""
    for path in files():
        text = path.read_text(errors="replace")
        assert not [host for host in REGISTRIES if host in text], path


def files() -> Iterator[Path]:
    for top in sorted(ROOT.iterdir()):
        if top.name in NOT_OURS or top.name.endswith(("_cache", ".egg-info")) or top.name == ".hypothesis":
            continue
        found = [top] if top.is_file() else (path for path in top.rglob("*") if path.is_file())
        yield from (path for path in found if path.suffix in TEXT and not NOT_OURS & set(path.parts))
