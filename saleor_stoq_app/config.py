"""The only reader of the environment: every operator's choice, prefix `STOQ_`."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from saleor_stoq_app.errors import Misconfigured


def _words(value: object) -> object:
    """Read "a, b c" as a list; environment variables hold plain text, not JSON."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode]


class Config(BaseSettings):
    """What an operator decides; per-shop choices are settings, not environment variables."""

    model_config = SettingsConfigDict(env_prefix="STOQ_", frozen=True, extra="ignore")

    app_base_url: str = "http://127.0.0.1:8800"
    data_dir: Path = Path("data")
    database_url: str = ""
    redis_url: str = ""
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    hash_key: SecretStr | None = None
    allowed_saleor_urls: Words = ()
    saleor_internal_urls: Annotated[Mapping[str, str], NoDecode] = Field(default_factory=dict)
    allow_private_networks: bool = False
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    default_plan: Literal["free", "lite", "pro", "unlimited"] = "lite"
    klaviyo_api_url: str = "https://a.klaviyo.com"
    klaviyo_authorize_url: str = "https://www.klaviyo.com/oauth/authorize"
    klaviyo_client_id: str = ""
    klaviyo_client_secret: SecretStr | None = None
    settle_seconds: float = Field(default=5.0, ge=0)
    sweep_seconds: float = Field(default=300.0, gt=0)
    log_format: Literal["json", "text"] = "json"

    @field_validator("allowed_saleor_urls", "secret_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _words(value)

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        words = _words(value)
        try:
            return tuple(ip_network(word) for word in words) if isinstance(words, list) else words
        except ValueError:
            raise ValueError("write networks such as 10.0.0.0/8, separated by spaces") from None

    @field_validator("saleor_internal_urls", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        """Read "https://public/graphql/=http://internal/graphql/", separated by spaces or commas."""
        words = _words(value)
        if not isinstance(words, list):
            return words
        if not all("=" in word for word in words):
            raise ValueError("write https://public/graphql/=http://internal/graphql/, separated by spaces")
        return dict(word.split("=", 1) for word in words)

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("postgres", "sqlite:")):
            msg = "must begin with postgresql:// or sqlite://"
            raise ValueError(msg)
        return value

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            msg = "must begin with redis://, rediss:// or unix://"
            raise ValueError(msg)
        return value

    @field_validator("app_base_url", "klaviyo_api_url", "klaviyo_authorize_url")
    @classmethod
    def _bare(cls, value: str) -> str:
        if urlsplit(value).scheme not in {"http", "https"}:
            msg = "must begin with http:// or https://"
            raise ValueError(msg)
        return value.rstrip("/")

    @property
    def url_of_database(self) -> str:
        """SQLAlchemy's URL: the operator's, else SQLite in the data directory."""
        if self.database_url.startswith("postgres"):
            return "postgresql+psycopg://" + self.database_url.split("://", 1)[1]
        return self.database_url or f"sqlite:///{self.data_dir / 'stoq.sqlite3'}"

    @property
    def embedded(self) -> bool:
        """Whether everything runs on SQLite in one process."""
        return self.url_of_database.startswith("sqlite")


def load() -> Config:
    """Read the environment.

    Raises:
        Misconfigured: a value cannot be used; names the variable, never its content.
    """
    try:
        return Config()
    except ValidationError as error:
        said = "; ".join(
            f"STOQ_{str(e['loc'][0]).upper()}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        )
        raise Misconfigured(f"The environment cannot be used: {said}.") from None
