import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_stoq_app.errors import InvalidInput
from saleor_stoq_app.saleor.ids import (
    domain_of,
    is_allowed,
    origin_of,
    parse_saleor_api_url,
    parse_schema_version,
)

hosts = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?(\.[a-z]{2,5}){0,2}", fullmatch=True)
ports = st.one_of(st.just(""), st.integers(1, 65535).map(":{}".format))
urls = st.builds(
    "{}://{}{}{}/graphql{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    hosts,
    ports,
    st.sampled_from(["", "/shop", "/a/b-c"]),
    st.sampled_from(["", "/"]),
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://shop.example/graphql/", "https://shop.example/graphql/"),
        ("HTTPS://Shop.Example:443/graphql", "https://shop.example/graphql/"),
        ("http://127.0.0.1:8000/graphql/", "http://127.0.0.1:8000/graphql/"),
        ("http://[::1]:80/graphql/", "http://[::1]/graphql/"),
        ("https://shop.example/eu/graphql/", "https://shop.example/eu/graphql/"),
        ("http://saleor_api:8000/graphql/", "http://saleor_api:8000/graphql/"),
    ],
)
def test_one_shop_has_one_spelling(text, kept):
    assert parse_saleor_api_url(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shop.example/graphql/",
        "ftp://shop.example/graphql/",
        "https:///graphql/",
        "https://shop.example/",
        "https://shop.example/graphql/extra",
        "https://shop.example/GRAPHQL/",
        "https://shop.example/../graphql/",
        "https://shop.example//graphql/",
        "https://user:secret@shop.example/graphql/",
        "https://shop.example@evil.example/graphql/",
        "https://shop.example/graphql/?x=1",
        "https://shop.example/graphql/#x",
        "https://shop.example:99999/graphql/",
        "https://shop.example:/graphql/",
        "https://shop.example\\graphql/",
        " https://shop.example/graphql/",
        "https://shop.example/graphql/\n",
        "https://sh\top.example/graphql/",
        "https://şhop.example/graphql/",
        "https://" + "a" * 600 + ".example/graphql/",
    ],
)
def test_what_is_no_api_address_is_refused(text):
    with pytest.raises(InvalidInput) as refused:
        parse_saleor_api_url(text)
    assert refused.value.field == "saleor_api_url"


@given(urls)
def test_a_parsed_address_stays_as_it_is(text):
    once = parse_saleor_api_url(text)
    assert parse_saleor_api_url(once) == once
    assert once.endswith("/graphql/")
    assert once.startswith(origin_of(once) + "/")
    assert origin_of(once).endswith("://" + domain_of(once))


@given(st.text().filter(lambda text: "/graphql" not in text))
def test_any_other_text_is_refused_in_our_own_words(text):
    with pytest.raises(InvalidInput):
        parse_saleor_api_url(text)


def test_origin_and_domain_keep_the_port():
    assert origin_of("http://127.0.0.1:8000/graphql/") == "http://127.0.0.1:8000"
    assert domain_of("http://127.0.0.1:8000/graphql/") == "127.0.0.1:8000"


@pytest.mark.parametrize(
    ("patterns", "allowed"),
    [
        ([], False),
        (["*"], True),
        (["https://shop.example.com/graphql/"], True),
        (["https://shop.example.com/graphql"], True),
        (["https://Shop.Example.com/graphql/"], True),
        (["https://other.example.com/graphql/", "https://*.example.com/graphql/"], True),
        (["http://shop.example.com/graphql/"], False),
        (["https://*.example/graphql/"], False),
        (["https://example.com/graphql/"], False),
        (["https://shop-example-com/graphql/"], False),
    ],
)
def test_the_operators_list_decides_who_may_install(patterns, allowed):
    assert is_allowed(parse_saleor_api_url("https://shop.example.com/graphql/"), patterns) is allowed


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/shop.example.com/graphql/",
        "https://evil.test:8000/graphql/",
        "https://shop.example.com.evil.test/graphql/",
    ],
)
def test_a_star_does_not_reach_into_another_host(url):
    assert not is_allowed(
        parse_saleor_api_url(url), ["https://*.example.com/graphql/", "https://*/graphql/x/"]
    )


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("3.23", (3, 23)),
        ("3.24.0-a.0", (3, 24)),
        ("4.0", (4, 0)),
        ("3.20", (3, 21)),
        ("", (3, 21)),
        (None, (3, 21)),
        ("newest", (3, 21)),
        ("3", (3, 21)),
        ("3.23, 3.24", (3, 21)),
    ],
)
def test_an_odd_schema_version_counts_as_the_oldest(text, version):
    assert parse_schema_version(text) == version


@given(st.text())
def test_any_schema_version_is_readable(text):
    assert parse_schema_version(text) >= (3, 21)
