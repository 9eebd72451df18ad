from django.apps import AppConfig
from django.core.checks import Tags, register

from accesscontrol.access.fresh.triggers import check_triggers
from accesscontrol.checks import register_checks


class AccessConfig(AppConfig):
    name = "accesscontrol.access"
    verbose_name = "Access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register_checks()
        register(check_triggers, Tags.database)
