"""Django's migrate, with the database triggers taken off before and put on after.

On SQLite a migration that remakes a table drops its triggers without a word, and a trigger elsewhere that names the
table makes it fail. Test databases are made through this command too. The table of the shared cache comes with it.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from accesscontrol.access.fresh import epochs, triggers


class Command(DjangoMigrate):
    help = f"{DjangoMigrate.help} Reinstalls the triggers that keep permissions fresh and the audit log whole."

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """The database is checked after the migration: before it, the triggers are not yet those of this version."""
        kwargs: dict[Any, Any] = super().get_check_kwargs(options)
        kwargs["databases"] = []
        return kwargs

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate between `uninstall` and `install`; `--plan` and `--check` touch no trigger."""
        connection = connections[options["database"]]
        refuse_unknown_steps(connection)
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        triggers.uninstall(connection)
        try:
            super().handle(*args, **options)
            call_command("createcachetable", database=options["database"], verbosity=0)
        finally:
            triggers.install(connection)
            if "access_accessepoch" in connection.introspection.table_names():
                epochs.renew_all(connection)
        if not options["skip_checks"]:
            self.check(databases=[connection.alias])


def refuse_unknown_steps(connection: BaseDatabaseWrapper) -> None:
    """Raises CommandError when the database took migrations of this project's apps that this version does not have."""
    loader = MigrationLoader(connection)
    known = {*loader.disk_migrations, *(step for one in loader.disk_migrations.values() for step in one.replaces)}
    own = {app.label for app in apps.get_app_configs() if app.name.startswith("accesscontrol.")}
    unknown = sorted(step for step in loader.applied_migrations if step[0] in own and step not in known)
    if unknown:
        raise CommandError(
            f"The database {connection.settings_dict['NAME']} was made by another version of the portal: it took "
            f"{', '.join('.'.join(step) for step in unknown)}, which this version does not have. If it is a demo, "
            "make it anew with `python3 run.py demo --fresh`; else name an empty database in DATABASE_URL."
        )
