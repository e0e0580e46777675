"""Fills a new stack with a real city."""

from deploy.local.screen import Report
from deploy.local.state import State


class City:
    """The city that a stack starts with, loaded through the services' public interfaces."""

    title = "Loading Boston"

    def __init__(self, state: State) -> None:
        self._state = state

    def is_loaded(self) -> bool:
        return self._state.city.exists()

    def load(self, addresses: dict[str, str], progress: Report) -> None:
        from deploy import cities

        load = getattr(cities, "load", None)
        if load is None:
            return
        load(addresses, self._state.operator_key.read_text().strip(), progress)
