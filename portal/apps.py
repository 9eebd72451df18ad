"""The app of the faces: templates of tables and forms, and the console commands."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
    label = "portal"
    verbose_name = "Access control portal"
