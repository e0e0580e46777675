"""The whole platform on one machine: starts its parts in order, keeps them running, stops them in order."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable

from deploy.local import ports, signals
from deploy.local.children import Child, Command, stop_leftover
from deploy.local.city import CityLoader, said_of_city
from deploy.local.identity import identity
from deploy.local.kafka import EmbeddedKafka, make_topics
from deploy.local.part import Part
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.processes import ROOT, ServiceProcess
from deploy.local.scores import scores_table
from deploy.local.screen import Screen
from deploy.local.settings import KINDS, SERVICES, LauncherSettings
from deploy.local.state import State, new_feedback_secret, write_private
from deploy.local.supervisor import Supervisor

TICK_SECONDS = 0.1
PREPARE_SECONDS = 300.0


class Stack:
    """One stack, from its start to its end. `run` returns after a signal to stop; it raises PartError."""

    def __init__(self, settings: LauncherSettings, screen: Screen, *, with_city: bool = True) -> None:
        self._settings = settings
        self._screen = screen
        self._state = State(settings.state)
        self._city = CityLoader(self._state) if with_city else None
        self._supervisor = Supervisor(screen.say, self._report)
        self._kafka = None if settings.kafka_bootstrap else EmbeddedKafka(settings.state)
        self._postgres = EmbeddedPostgres(settings.state) if settings.needs_postgres() else None
        self._services: list[ServiceProcess] = []
        self._ready = False

    def run(self) -> None:
        self._state.make()
        with self._state.lock():
            signals.raise_on_stop()
            try:
                self._start()
                self._supervise_until(lambda: False)
            except signals.Stopped:
                pass
            finally:
                signals.ignore_stop()
                self._stop()

    def _start(self) -> None:
        self._stop_leftovers()
        environment = self._environment()
        self._services = self._processes(environment)
        for service in self._services:
            service.check_port()
        self._start_stores(environment)
        self._start_services()
        self._fill()
        self._show()
        self._ready = True
        self._report()

    def _stop_leftovers(self) -> None:
        """Ends what a launcher that was killed may have left behind."""
        report = self._state.read_report() or {"processes": []}
        for process in reversed(report["processes"]):
            stop_leftover(process["pid"], process["identity"], process["stop"])

    def _start_stores(self, environment: dict[str, str]) -> None:
        with self._screen.step("Starting Kafka and PostgreSQL") as progress:
            if self._kafka:
                self._kafka.progress = lambda done, of: progress(done, of, "fetching jars")
                self._watch(self._kafka)
            if self._postgres:
                self._watch(self._postgres)
                self._postgres.wait_ready()
                for service in SERVICES:
                    if not self._settings.database_url(service):
                        self._postgres.create_database(service)
        with self._screen.step("Preparing databases and topics"):
            preparation = self._prepare(environment)
            if self._kafka:
                self._kafka.wait_ready()
            make_topics(environment["CIVICLOOP_KAFKA_BOOTSTRAP"])
            preparation.wait_end(PREPARE_SECONDS)

    def _prepare(self, environment: dict[str, str]) -> Child:
        arguments = [sys.executable, "-m", "deploy.local.prepare"]
        log = self._state.logs / "databases.log"
        return Child(Command("databases", arguments, log, {**os.environ, **environment}, folder=ROOT))

    def _start_services(self) -> None:
        with self._screen.step("Starting the services") as progress:
            for service in self._services:
                self._watch(service)
            for number, service in enumerate(self._services):
                progress(number, len(self._services), service.name)
                service.wait_ready()

    def _fill(self) -> None:
        """Loads the city once, while everything else is being watched already."""
        if self._city is None or self._city.is_loaded():
            return
        city, addresses = self._city, self._settings.addresses()
        with self._screen.step(city.title) as progress:
            self._in_background(lambda: city.load(addresses, progress))

    def _show(self) -> None:
        addresses = self._settings.addresses()
        table = scores_table(addresses, said_of_city(self._state))
        if table:
            self._screen.show(table)
        for service, address in addresses.items():
            self._screen.say(f"{service:>9}  {address}/docs")
        self._screen.say(f"Staff's key: {self._state.operator_key}. Stop with Ctrl-C or `civicloop down`.")

    def _in_background(self, work: Callable[[], None]) -> None:
        failures: list[Exception] = []

        def attempt() -> None:
            try:
                work()
            except Exception as failure:
                failures.append(failure)

        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        self._supervise_until(lambda: not thread.is_alive())
        if failures:
            raise failures[0]

    def _supervise_until(self, done: Callable[[], bool]) -> None:
        while not done():
            self._supervisor.tick()
            time.sleep(TICK_SECONDS)

    def _watch(self, part: Part) -> None:
        part.launch()
        self._supervisor.watch(part)

    def _stop(self) -> None:
        with self._screen.step("Stopping"):
            for service in self._services:
                service.terminate()
            for part in (*self._services, self._kafka, self._postgres):
                if part:
                    part.stop()
        self._ready = False
        self._state.report.unlink(missing_ok=True)

    def _processes(self, environment: dict[str, str]) -> list[ServiceProcess]:
        return [
            ServiceProcess(service, kind, self._settings.port(service, kind), environment, self._state.logs)
            for service in SERVICES
            for kind in KINDS
        ]

    def _environment(self) -> dict[str, str]:
        """What processes of this stack, and commands that join it, are configured with."""
        settings, state = self._settings, self._state
        bootstrap = self._kafka.bootstrap if self._kafka else settings.kafka_bootstrap
        environment = {
            "CIVICLOOP_STATE": str(state.folder),
            "CIVICLOOP_HOST": settings.host,
            "CIVICLOOP_PORT_BASE": str(settings.port_base),
            "CIVICLOOP_KAFKA_BOOTSTRAP": str(bootstrap),
            "CIVICLOOP_FEEDBACK_SECRET": self._feedback_secret(),
            "CIVICLOOP_MEDIA_URL": settings.media_url or state.media.as_uri(),
        }
        for service in SERVICES:
            prefix = f"CIVICLOOP_{service.upper()}"
            environment[f"{prefix}_DATABASE_URL"] = self._database_url(service)
            environment[f"{prefix}_PORT"] = str(settings.port(service, "api"))
            environment[f"{prefix}_WORKER_PORT"] = str(settings.port(service, "worker"))
        write_private(state.environment, json.dumps(environment, indent=1))
        return environment

    def _database_url(self, service: str) -> str:
        url = self._settings.database_url(service)
        if url is None:
            if self._postgres is None:
                raise AssertionError("without a configured database there is an embedded server")
            url = self._postgres.url(service)
        return url

    def _feedback_secret(self) -> str:
        kept = self._state.feedback_secret
        return self._settings.feedback_secret or self._state.secret(kept, new_feedback_secret)

    def _report(self) -> None:
        """Tells others, and the next launcher, what runs."""
        self._state.write_report(
            {
                "ready": self._ready,
                "launcher": {"pid": os.getpid(), "identity": identity(os.getpid())},
                "processes": [watched.describe() for watched in self._supervisor.watched],
                "host": ports.reachable(self._settings.host),
                "addresses": self._settings.addresses(),
            }
        )
