from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accesscontrol.accounts"
    verbose_name = "Accounts and users"
    default_auto_field = "django.db.models.BigAutoField"
