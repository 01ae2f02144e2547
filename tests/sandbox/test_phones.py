"""What the sandbox's phones remember."""

from datetime import UTC, datetime

from saleor_stoq_app.sandbox.phones import Phones, Text

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_phone_keeps_its_texts_in_order():
    phones = Phones()
    phones.receive("+15005550006", "first", NOON)
    phones.receive("+15005550006", "second", NOON)
    assert phones.inbox("+15005550006") == (Text(NOON, "first"), Text(NOON, "second"))


def test_a_phone_never_texted_is_empty():
    phones = Phones()
    assert phones.inbox("+15005550006") == ()
    assert phones.all() == {}
    assert phones.total() == 0


def test_counts_tell_who_got_how_many():
    phones = Phones()
    phones.receive("+15005550006", "one", NOON)
    phones.receive("+15005550006", "two", NOON)
    phones.receive("+12125550100", "one", NOON)
    assert phones.counts() == {"+15005550006": 2, "+12125550100": 1}
    assert phones.total() == 3
    assert set(phones.all()) == {"+15005550006", "+12125550100"}
