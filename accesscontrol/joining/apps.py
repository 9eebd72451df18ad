from django.apps import AppConfig


class JoiningConfig(AppConfig):
    name = "accesscontrol.joining"
    verbose_name = "Invitations and registration"
    default_auto_field = "django.db.models.BigAutoField"
