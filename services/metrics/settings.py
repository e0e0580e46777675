"""What can be configured of metrics."""

from pydantic import Field

from shared.settings import ServiceSettings


class MetricsSettings(ServiceSettings):
    """The settings that all services share, under metrics' own names."""

    database_url: str = Field(validation_alias="CIVICLOOP_METRICS_DATABASE_URL")
    port: int = Field(default=8003, validation_alias="CIVICLOOP_METRICS_PORT")
    worker_port: int = Field(default=8013, validation_alias="CIVICLOOP_METRICS_WORKER_PORT")
