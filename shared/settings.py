"""What every process can be told by its environment. Each service adds its own in `services/<name>/settings.py`."""

import socket

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PARTITIONS = 8
"""Outbox parts, and partitions of every topic. Never changes live: drain, or cut over to a new topic version."""


class ServiceSettings(BaseSettings):
    """Settings that all services share. A subclass names its database and ports through validation aliases."""

    model_config = SettingsConfigDict(env_prefix="CIVICLOOP_", populate_by_name=True, extra="ignore")

    database_url: str
    port: int
    worker_port: int
    host: str = "127.0.0.1"
    kafka_bootstrap: str = Field(default="127.0.0.1:9092")
    log_level: str = "info"
    relay_lease_seconds: float = Field(default=10, gt=0)
    outbox_retention_days: int = Field(default=14, ge=1)
    watchdog_seconds: float = Field(default=60, gt=0)

    @property
    def instance(self) -> str:
        """The same for a process that comes again in the same place, and another for every other."""
        return f"{socket.gethostname()}-{self.worker_port}"
