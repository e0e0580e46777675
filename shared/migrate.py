"""Brings a service's database to its newest shape (Alembic), one process at a time."""

from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config

LOCK = 7_201_501
"""PostgreSQL's advisory lock that migrations of one database hold, so that processes that start together wait."""


def upgrade(service: str, url: str) -> None:
    """Applies what is missing of `services/<service>/migrations/versions`. Safe to call at every start."""
    command.upgrade(_config(service, url), "head")


def _config(service: str, url: str) -> Config:
    spec = find_spec(f"services.{service}")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"there is no service {service!r}")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("version_locations", str(Path(spec.submodule_search_locations[0]) / "migrations/versions"))
    config.set_main_option("path_separator", "newline")
    config.attributes["url"] = url
    return config
