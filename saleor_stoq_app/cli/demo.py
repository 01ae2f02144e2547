"""`saleor-stoq demo`: the main job, from installation to the texts on the phones, on sandbox doubles."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from saleor_stoq_app import log


def demo(
    once: Annotated[bool, typer.Option(help="End after the story; exit status 0 if it went well.")] = False,  # noqa: FBT002 - a flag of the command line
    port: Annotated[int, typer.Option(help="Port of the app; the doubles take the next two.")] = 8800,
) -> None:
    """Play a whole restock on sandbox doubles of Saleor and Klaviyo."""
    from saleor_stoq_app.cli.stage import Ports, free_ports, play

    log.set_up("text", level=log.WARNING)
    ports = free_ports() if once else Ports(port, port + 1, port + 2)
    with tempfile.TemporaryDirectory(prefix="stoq-demo-") as folder:
        sys.exit(asyncio.run(play(Path(folder), ports, once=once)))


COMMANDS = (demo,)
