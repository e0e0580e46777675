"""docker-compose.yml says nothing that the processes do not understand: it cannot be run here, so it is read."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic.fields import FieldInfo

from deploy.local.settings import LauncherSettings
from services.catalog.settings import CatalogSettings
from services.feedback.settings import FeedbackSettings
from services.metrics.settings import MetricsSettings
from shared.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
SETTINGS: dict[str, type[ServiceSettings]] = {
    "catalog": CatalogSettings,
    "feedback": FeedbackSettings,
    "metrics": MetricsSettings,
}
PROCESSES = [f"{service}-{kind}" for service in SETTINGS for kind in ("api", "worker")]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


def variable(name: str, field: FieldInfo) -> str:
    return str(field.validation_alias or f"CIVICLOOP_{name.upper()}")


def variables(settings: type[Any]) -> set[str]:
    return {variable(name, field) for name, field in settings.model_fields.items()}


def test_every_process_runs_and_waits_until_databases_and_topics_are_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"kafka", "postgres", "set-up", *PROCESSES}
    for name in PROCESSES:
        assert compose["services"][name]["depends_on"] == {"set-up": {"condition": "service_completed_successfully"}}


@pytest.mark.parametrize("name", ["set-up", *PROCESSES])
def test_every_variable_is_a_setting_and_every_needed_setting_is_there(compose: dict[str, Any], name: str) -> None:
    of_the_storage = "AWS_"  # its library reads them
    given = {each for each in compose["services"][name]["environment"] if not each.startswith(of_the_storage)}
    known = variables(LauncherSettings).union(*(variables(settings) for settings in SETTINGS.values()))
    assert given <= known
    service = name.split("-")[0]
    if service in SETTINGS:
        needed = {variable(n, f) for n, f in SETTINGS[service].model_fields.items() if f.is_required()}
        assert needed <= given


@pytest.mark.parametrize("service", SETTINGS)
def test_ports_are_those_of_the_settings(compose: dict[str, Any], service: str) -> None:
    fields = SETTINGS[service].model_fields
    api, worker = compose["services"][f"{service}-api"], compose["services"][f"{service}-worker"]
    port, worker_port = str(fields["port"].default), str(fields["worker_port"].default)
    assert api["environment"][f"CIVICLOOP_{service.upper()}_PORT"] == port
    assert worker["environment"][f"CIVICLOOP_{service.upper()}_WORKER_PORT"] == worker_port
    assert api["command"][api["command"].index("--port") + 1] == port
    assert api["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f":{port}/health/ready" in api["healthcheck"]["test"][-1]
    assert f":{worker_port}/health/ready" in worker["healthcheck"]["test"][-1]


def test_what_the_commands_name_exists(compose: dict[str, Any]) -> None:
    for service in SETTINGS:
        assert f"services.{service}.app:create_app" in compose["services"][f"{service}-api"]["command"]
        assert compose["services"][f"{service}-worker"]["command"] == [f"services.{service}.worker"]
        assert (ROOT / "services" / service / "worker.py").exists()
    dockerfile = (ROOT / compose["services"]["set-up"]["build"]["dockerfile"]).read_text()
    copied = [line.split()[1] for line in dockerfile.splitlines() if line.startswith("COPY")]
    assert all((ROOT / path).exists() for path in copied)


def test_every_secret_is_asked_for_and_none_is_given(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    example = (ROOT / "deploy/docker/example.env").read_text().splitlines()
    names = [line.removesuffix("=") for line in example if line and not line.startswith("#")]
    assert names
    for name in names:
        assert f"${{{name}:?" in text
