"""migrate, topics: what has to stand before processes that no launcher starts."""

import typer

from services.commands.failures import failures_told


def migrate() -> None:
    """Bring the databases that CIVICLOOP_<SERVICE>_DATABASE_URL name to their newest shape."""
    from deploy.local.errors import PartError
    from deploy.local.prepare import bring_up_to_date
    from deploy.local.settings import SERVICES, LauncherSettings

    with failures_told():
        settings = LauncherSettings.read()
        named = {service: url for service in SERVICES if (url := settings.database_url(service))}
        if not named:
            raise PartError("migrate", "no database is named", "Set CIVICLOOP_CATALOG_DATABASE_URL or another one.")
        for service, url in named.items():
            bring_up_to_date(service, url)
            typer.echo(f"{service}: up to date")


def topics() -> None:
    """Make the platform's topics on the broker that CIVICLOOP_KAFKA_BOOTSTRAP names."""
    from deploy.local.errors import PartError
    from deploy.local.kafka import make_topics
    from deploy.local.settings import LauncherSettings
    from shared.topics import TOPICS

    with failures_told():
        bootstrap = LauncherSettings.read().kafka_bootstrap
        if bootstrap is None:
            raise PartError("topics", "no broker is named", "Set CIVICLOOP_KAFKA_BOOTSTRAP=host:port.")
        made = make_topics(bootstrap)
    typer.echo(f"{len(made)} topics made, {len(TOPICS) - len(made)} were there")
