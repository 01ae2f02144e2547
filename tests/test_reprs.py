"""Nothing that may end up in a log or a traceback shows a secret or a shopper."""

import pytest

from saleor_stoq_app.alerts import phone
from saleor_stoq_app.alerts.signups import NewSignup
from saleor_stoq_app.config import Config
from saleor_stoq_app.errors import Misconfigured
from saleor_stoq_app.events import AlertType, Medium, Message, Recipient, Stage
from saleor_stoq_app.providers.base import Connection
from saleor_stoq_app.saleor.client import Credentials
from saleor_stoq_app.saleor.ids import parse_saleor_api_url
from saleor_stoq_app.secrets import load

URL = parse_saleor_api_url("https://shop.example/graphql/")
PHONE, NAME, SECRET = "+14155550142", "Sarah", "s3cr3t"
WHO = Recipient(PHONE, NAME)

SPEAKING = [
    Credentials(URL, SECRET),
    Connection("c", "s", "api_key", SECRET, frozenset(), "A", "Acme", 1),
    WHO,
    Message(
        "k", AlertType.BACK_IN_STOCK, Stage.ALERT, Medium.SMS, WHO, {"customer_phone": PHONE, "name": NAME}
    ),
    NewSignup("s", "v", "c", Medium.SMS, PHONE, NAME, "en", "US", 1, "", "Text me.", "en", "https://a"),
    phone.parse(PHONE),
]


@pytest.mark.parametrize("one", SPEAKING, ids=lambda one: type(one).__name__)
def test_a_repr_shows_neither_secret_nor_shopper(one):
    shown = repr(one)
    assert not [word for word in (PHONE, NAME, SECRET) if word in shown]


@pytest.mark.parametrize("kept", ['{"secret_keys": ["s3cr3t', '{"secret_keys": "s3cr3t", "hash_key": 5}'])
def test_a_broken_file_of_keys_stops_the_start_and_is_not_shown(tmp_path, kept):
    (tmp_path / "keys.json").write_text(kept)
    with pytest.raises(Misconfigured, match="backup") as stopped:
        load(Config(data_dir=tmp_path))
    assert SECRET not in f"{stopped.value}{stopped.value.__cause__}"
