"""The GraphQL documents that we send to Saleor and our manifest, read once from the files people edit."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from saleor_stoq_app.errors import Misconfigured

PACKAGE = Path(__file__).resolve().parents[1]


def first_existing(*places: Path) -> Path:
    """Return the first place that exists: inside an installed package, else in the source tree.

    Raises:
        Misconfigured: none of them exists.
    """
    for place in places:
        if place.exists():
            return place
    raise Misconfigured(f"{places[-1].name} is missing from the installation; install the app again.")


def load(folder: Path) -> Mapping[str, str]:
    """Read every document of a folder, named by its file without `.graphql`.

    Raises:
        Misconfigured: there is none, or one is empty.
    """
    documents = {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.graphql"))}
    empty = [name for name, text in documents.items() if not text.strip()]
    if empty or not documents:
        raise Misconfigured(f"GraphQL documents for Saleor are missing: {', '.join(empty) or 'all of them'}.")
    return MappingProxyType(documents)


DOCUMENTS = load(first_existing(PACKAGE / "_documents" / "saleor", PACKAGE.parent / "graphql" / "saleor"))
MANIFEST = first_existing(PACKAGE / "manifest.json", PACKAGE.parent / "manifest.json").read_text("utf-8")


def document(name: str) -> str:
    """Return a document's text.

    Raises:
        Misconfigured: no file has this name.
    """
    try:
        return DOCUMENTS[name]
    except KeyError:
        raise Misconfigured(f"The GraphQL document {name}.graphql does not exist.") from None
