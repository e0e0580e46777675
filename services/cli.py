"""`civicloop`: every command of the platform, each in a module of `services.commands`."""

import typer

from services.commands import catalogue, check, import_, keys, rebuild, scorecards, set_up, stack

app = typer.Typer(
    name="civicloop",
    help="Citizens' input on city services, and the scores it moves.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command()(stack.up)
app.command()(stack.down)
app.command()(stack.status)
app.command()(set_up.migrate)
app.command()(set_up.topics)
app.command("import")(import_.import_)
app.command()(check.check)
app.command()(rebuild.rebuild)
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(keys.app, name="keys")
app.add_typer(scorecards.app, name="scorecards")


if __name__ == "__main__":
    app(prog_name="civicloop")
