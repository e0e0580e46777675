"""What can be configured of feedback."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.feedback.limits.limiter import Limits
from services.feedback.people.oidc import Issuer
from shared.settings import ServiceSettings

SECRET_BYTES = 32


def _long_enough(secret: SecretStr) -> SecretStr:
    try:
        length = len(bytes.fromhex(secret.get_secret_value()))
    except ValueError:
        length = 0
    if length < SECRET_BYTES:
        raise ValueError(f"must be at least {SECRET_BYTES} bytes as hexadecimal digits: `openssl rand -hex 32`")
    return secret


STORAGES = ("file:///", "s3://")


def _storage(url: str) -> str:
    if not url.startswith(STORAGES):
        raise ValueError(f"must begin with one of {', '.join(STORAGES)}")
    return url


class FeedbackSettings(ServiceSettings):
    """The settings that all services share, under feedback's own names, and the secret of its receipt tokens.

    The secret is as worthy as the database: without it, no receipt token and no pseudonym can be made again.
    """

    model_config = SettingsConfigDict(hide_input_in_errors=True, env_ignore_empty=True)

    database_url: str = Field(validation_alias="CIVICLOOP_FEEDBACK_DATABASE_URL")
    port: int = Field(default=8002, validation_alias="CIVICLOOP_FEEDBACK_PORT")
    worker_port: int = Field(default=8012, validation_alias="CIVICLOOP_FEEDBACK_WORKER_PORT")
    secret: Annotated[SecretStr, AfterValidator(_long_enough)] = Field(validation_alias="CIVICLOOP_FEEDBACK_SECRET")
    reopen_days: int = Field(default=30, ge=0, le=3_650, validation_alias="CIVICLOOP_FEEDBACK_REOPEN_DAYS")
    peers_needed: int = Field(default=2, ge=1, le=1_000, validation_alias="CIVICLOOP_FEEDBACK_PEERS_NEEDED")
    proposal_supports: int = Field(default=25, ge=0, validation_alias="CIVICLOOP_FEEDBACK_PROPOSAL_SUPPORTS")
    proposal_days: int = Field(default=60, ge=1, le=3_650, validation_alias="CIVICLOOP_FEEDBACK_PROPOSAL_DAYS")
    oidc: list[Issuer] = Field(default=[], validation_alias="CIVICLOOP_FEEDBACK_OIDC")
    votes_need_account: bool = Field(default=False, validation_alias="CIVICLOOP_FEEDBACK_VOTES_NEED_ACCOUNT")
    limits: Limits = Field(default=Limits(), validation_alias="CIVICLOOP_FEEDBACK_LIMITS")
    origins: list[str] = Field(default=["*"], validation_alias="CIVICLOOP_FEEDBACK_ORIGINS")
    public_url: Annotated[str, AfterValidator(lambda url: url.rstrip("/"))] | None = Field(
        default=None, validation_alias="CIVICLOOP_FEEDBACK_PUBLIC_URL"
    )
    smtp_url: SecretStr | None = Field(default=None, validation_alias="CIVICLOOP_FEEDBACK_SMTP_URL")
    mail_from: str = Field(default="Civicloop <civicloop@localhost>", validation_alias="CIVICLOOP_FEEDBACK_MAIL_FROM")

    media_url: Annotated[str, AfterValidator(_storage)] = Field(
        default_factory=lambda: Path(".civicloop/media").absolute().as_uri(), validation_alias="CIVICLOOP_MEDIA_URL"
    )
    media_bytes: int = Field(default=20_000_000, ge=1, le=1_000_000_000, validation_alias="CIVICLOOP_MEDIA_BYTES")
    media_seconds: float = Field(default=300, gt=0, validation_alias="CIVICLOOP_MEDIA_SECONDS")
    media_fetch: bool = Field(default=True, validation_alias="CIVICLOOP_MEDIA_FETCH")
    media_fetch_seconds: float = Field(default=20, gt=0, le=120, validation_alias="CIVICLOOP_MEDIA_FETCH_SECONDS")
    media_fetch_networks: list[IPv4Network | IPv6Network] = Field(
        default=[], validation_alias="CIVICLOOP_MEDIA_FETCH_NETWORKS"
    )
    media_show_addresses: bool = Field(default=False, validation_alias="CIVICLOOP_MEDIA_SHOW_ADDRESSES")

    @property
    def secret_bytes(self) -> bytes:
        return bytes.fromhex(self.secret.get_secret_value())
