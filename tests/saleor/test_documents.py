import pytest
from graphql import parse

from saleor_stoq_app.errors import Misconfigured
from saleor_stoq_app.saleor.documents import DOCUMENTS, document, first_existing, load


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_document_is_one_graphql_operation(name):
    assert len(parse(document(name)).definitions) == 1


def test_an_unknown_document_stops_the_start():
    with pytest.raises(Misconfigured, match=r"nothing\.graphql"):
        document("nothing")


def test_a_folder_without_documents_stops_the_start(tmp_path):
    with pytest.raises(Misconfigured, match="all of them"):
        load(tmp_path)


def test_an_empty_document_stops_the_start(tmp_path):
    (tmp_path / "stock.graphql").write_text("  \n")
    with pytest.raises(Misconfigured, match="stock"):
        load(tmp_path)


def test_an_installed_package_reads_its_own_copy(tmp_path):
    (tmp_path / "source").mkdir()
    assert first_existing(tmp_path / "package", tmp_path / "source") == tmp_path / "source"
    (tmp_path / "package").mkdir()
    assert first_existing(tmp_path / "package", tmp_path / "source") == tmp_path / "package"


def test_a_broken_installation_says_what_is_missing(tmp_path):
    with pytest.raises(Misconfigured, match=r"manifest\.json"):
        first_existing(tmp_path / "package" / "manifest.json", tmp_path / "manifest.json")


def test_documents_cannot_be_changed():
    with pytest.raises(TypeError):
        DOCUMENTS["stock"] = ""
