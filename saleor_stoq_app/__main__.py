"""`saleor-stoq`, or `python -m saleor_stoq_app`."""

import sys

from saleor_stoq_app import cli
from saleor_stoq_app.errors import Misconfigured, StoqError


def main() -> None:
    """Run the command line; what a person can mend is a sentence, not a traceback."""
    try:
        cli.app()
    except Misconfigured as error:
        sys.exit(f"saleor-stoq: {error}")
    except StoqError as error:
        sys.exit(f"saleor-stoq: {error.message} {error.fix}".rstrip())


if __name__ == "__main__":
    main()
