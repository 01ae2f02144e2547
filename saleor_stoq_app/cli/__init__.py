"""The command line of operators: run the app, look after its database, serve merchants."""

import typer

from saleor_stoq_app.cli import demo, doctor, flows, merchants, moving, running, upkeep

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
for module in (running, upkeep, moving, doctor, merchants, flows, demo):
    for command in module.COMMANDS:
        app.command()(command)
