"""What can be configured of the catalogue."""

from pydantic import Field

from shared.settings import ServiceSettings


class CatalogSettings(ServiceSettings):
    """The settings that all services share, under the catalogue's own names."""

    database_url: str = Field(validation_alias="CIVICLOOP_CATALOG_DATABASE_URL")
    port: int = Field(default=8001, validation_alias="CIVICLOOP_CATALOG_PORT")
    worker_port: int = Field(default=8011, validation_alias="CIVICLOOP_CATALOG_WORKER_PORT")
