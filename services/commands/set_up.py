"""migrate, topics: what has to stand before processes start that no launcher starts."""

import typer


def migrate() -> None:
    """Bring the databases that CIVICLOOP_<SERVICE>_DATABASE_URL name to their newest shape."""
    from deploy.local.settings import SERVICES, LauncherSettings
    from shared.migrate import upgrade

    settings = LauncherSettings()
    named = {service: url for service in SERVICES if (url := settings.database_url(service))}
    if not named:
        typer.echo("civicloop: no database is named; set CIVICLOOP_CATALOG_DATABASE_URL or another one", err=True)
        raise typer.Exit(1)
    for service, url in named.items():
        upgrade(service, url)
        typer.echo(f"{service}: up to date")


def topics() -> None:
    """Make the platform's topics on the broker that CIVICLOOP_KAFKA_BOOTSTRAP names."""
    import asyncio

    from deploy.local.settings import LauncherSettings
    from shared.topics import TOPICS, ensure_topics

    bootstrap = LauncherSettings().kafka_bootstrap
    if bootstrap is None:
        typer.echo("civicloop: no broker is named; set CIVICLOOP_KAFKA_BOOTSTRAP=host:port", err=True)
        raise typer.Exit(1)
    made = asyncio.run(ensure_topics(bootstrap))
    typer.echo(f"{len(made)} topics made, {len(TOPICS) - len(made)} were there")
