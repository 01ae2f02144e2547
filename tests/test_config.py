"""The environment, as operators write it."""

import os
from ipaddress import ip_network

import pytest

from saleor_stoq_app import config
from saleor_stoq_app.errors import Misconfigured


@pytest.fixture
def environment(monkeypatch):
    """Set variables of our prefix and read them as the app does."""
    for name in os.environ:
        if name.startswith("STOQ_"):
            monkeypatch.delenv(name)

    def read(**values: str) -> config.Config:
        for name, value in values.items():
            monkeypatch.setenv(f"STOQ_{name}", value)
        return config.load()

    return read


def test_everything_has_a_default_for_one_process_on_one_machine(environment):
    read = environment()
    assert read.embedded
    assert read.url_of_database == "sqlite:///data/stoq.sqlite3"
    assert (read.redis_url, read.allowed_saleor_urls, read.allow_private_networks) == ("", (), False)


def test_the_database_stands_in_the_data_directory(environment):
    assert environment(DATA_DIR="/var/lib/stoq").url_of_database == "sqlite:////var/lib/stoq/stoq.sqlite3"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_postgresql_address_leads_to_the_same_driver(environment, scheme):
    read = environment(DATABASE_URL=f"{scheme}://stoq:word@db:5432/stoq")
    assert read.url_of_database == "postgresql+psycopg://stoq:word@db:5432/stoq"
    assert not read.embedded


def test_lists_are_separated_by_commas_or_spaces(environment):
    read = environment(
        ALLOWED_SALEOR_URLS="https://a.example/graphql/, https://*.b.example/graphql/",
        TRUSTED_PROXIES="10.0.0.0/8 ::1/128",
        SECRET_KEYS="new,old",
        SALEOR_INTERNAL_URLS="https://a.example/graphql/=http://api:8000/graphql/",
    )
    assert read.allowed_saleor_urls == ("https://a.example/graphql/", "https://*.b.example/graphql/")
    assert read.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert [key.get_secret_value() for key in read.secret_keys] == ["new", "old"]
    assert read.saleor_internal_urls == {"https://a.example/graphql/": "http://api:8000/graphql/"}


def test_addresses_lose_their_last_slash(environment):
    assert environment(APP_BASE_URL="https://stoq.example/").app_base_url == "https://stoq.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_BASE_URL", "stoq.example"),
        ("KLAVIYO_API_URL", "ftp://a.example"),
        ("SETTLE_SECONDS", "-1"),
        ("SWEEP_SECONDS", "0"),
        ("LOG_FORMAT", "xml"),
        ("DATABASE_URL", "mysql://db/stoq"),
        ("REDIS_URL", "redis"),
        ("TRUSTED_PROXIES", "everybody"),
        ("SALEOR_INTERNAL_URLS", "https://no-equals-sign.example"),
        ("ALLOW_PRIVATE_NETWORKS", "perhaps"),
    ],
)
def test_what_cannot_be_used_stops_the_start_and_names_the_variable(environment, name, value):
    with pytest.raises(Misconfigured, match=f"STOQ_{name}"):
        environment(**{name: value})


def test_secrets_do_not_show_when_the_configuration_is_printed(environment):
    shown = repr(environment(SECRET_KEYS="sesame", HASH_KEY="open"))
    assert "sesame" not in shown
    assert "open" not in shown
