"""What the launcher can be told by its environment."""

from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.local import ports
from deploy.local.errors import PartError

SERVICES = ("catalog", "feedback", "metrics")
KINDS = ("api", "worker")
WORKER_OFFSET = 10


class LauncherSettings(BaseSettings):
    """`CIVICLOOP_` and the name of the field. What is configured is used, what is not is embedded."""

    model_config = SettingsConfigDict(env_prefix="CIVICLOOP_", env_ignore_empty=True, extra="ignore")

    state: Path = Path(".civicloop")
    port_base: int = Field(default=8000, ge=1024, le=65_000)
    host: str = "127.0.0.1"
    kafka_bootstrap: str | None = None
    catalog_database_url: str | None = None
    feedback_database_url: str | None = None
    metrics_database_url: str | None = None
    feedback_secret: str | None = None
    media_url: str | None = None

    @field_validator("state")
    @classmethod
    def _absolute(cls, state: Path) -> Path:
        return state.expanduser().absolute()

    def database_url(self, service: str) -> str | None:
        """The configured database of a service, if there is one."""
        url: str | None = getattr(self, f"{service}_database_url")
        return url

    def needs_postgres(self) -> bool:
        return not all(self.database_url(service) for service in SERVICES)

    def port(self, service: str, kind: str) -> int:
        """catalog +1, feedback +2, metrics +3 for the api; ten more for the worker."""
        offset = SERVICES.index(service) + 1
        return self.port_base + offset + (WORKER_OFFSET if kind == "worker" else 0)

    @classmethod
    def read(cls) -> "LauncherSettings":
        """From the environment. Raises PartError with the names of what is not understood."""
        try:
            return cls()
        except ValidationError as error:
            wrong = [f"CIVICLOOP_{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors()]
            raise PartError("settings", "; ".join(wrong), "Set it otherwise, or unset it for the default.") from error

    def addresses(self) -> dict[str, str]:
        host = ports.reachable(self.host)
        return {service: f"http://{host}:{self.port(service, 'api')}" for service in SERVICES}
