"""Fills a new stack with a real city."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

from deploy import cities
from deploy.local.errors import PartError
from deploy.local.screen import Progress
from deploy.local.state import State, write_private

BOSTON = Path(cities.__file__).parent / "boston"


class CityLoader:
    """Loads Boston through the services' public interfaces, and notes in the state folder that it is there."""

    title = "Loading Boston"

    def __init__(self, state: State) -> None:
        self._state = state

    def is_loaded(self) -> bool:
        return self._state.city.exists()

    def load(self, addresses: dict[str, str], progress: Progress) -> None:
        """Raises PartError. Loading again what is there in part makes it whole."""
        import httpx

        from deploy.cities.load import LoadError, load

        key = self._state.operator_key.read_text().strip()

        def say(what: str, done: int, of: int | None) -> None:
            progress(done, of, what)

        try:
            report = asyncio.run(load(addresses, key, BOSTON, say))
        except (LoadError, httpx.HTTPError) as error:
            remedy = f"Run the same command again: what is loaded stays. The services' logs: {self._state.logs}"
            raise PartError("the city's data", str(error) or repr(error), remedy) from error
        write_private(self._state.city, json.dumps({"said": str(report)}))


def said_of_city(state: State) -> str:
    """What has to be said wherever the city's scores are shown; empty if none was loaded."""
    if not state.city.exists():
        return ""
    note: Mapping[str, str] = json.loads(state.city.read_text())
    return note["said"]
