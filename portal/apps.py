"""The app of the faces: templates of tables and forms, and the console commands."""

from django.apps import AppConfig
from django.core.checks import register

from portal.drawings import check_drawings


class PortalConfig(AppConfig):
    name = "portal"
    label = "portal"
    verbose_name = "Access control portal"

    def ready(self) -> None:
        register(check_drawings)
