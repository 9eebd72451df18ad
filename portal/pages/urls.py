"""The addresses of the pages; each module brings its own list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from portal.pages.accounts import screens as accounts
from portal.pages.accounts import switcher
from portal.pages.events import screens as events
from portal.pages.explorer import screens as explorer
from portal.pages.grants import screens as grants
from portal.pages.home import screens as home
from portal.pages.items import screens as items
from portal.pages.jobs import screens as jobs
from portal.pages.joining import asking, links, own_address
from portal.pages.mail import screens as mail
from portal.pages.profile import screens as profile
from portal.pages.projects import screens as projects
from portal.pages.roles import screens as roles
from portal.pages.search import choices
from portal.pages.search import screens as search
from portal.pages.sign_in import by_factor, by_provider, new_password
from portal.pages.sign_in import by_password as sign_in
from portal.pages.sign_in import by_token as token_sign_in
from portal.pages.tokens import screens as tokens
from portal.pages.trees import screens as trees
from portal.pages.users import screens as users

urlpatterns: list[URLPattern | URLResolver] = [
    *home.urlpatterns,
    *sign_in.urlpatterns,
    *by_factor.urlpatterns,
    *token_sign_in.urlpatterns,
    *by_provider.urlpatterns,
    *new_password.urlpatterns,
    *asking.urlpatterns,
    *links.urlpatterns,
    *own_address.urlpatterns,
    *mail.urlpatterns,
    *explorer.urlpatterns,
    *search.urlpatterns,
    *switcher.urlpatterns,
    *profile.urlpatterns,
    *jobs.urlpatterns,
    *trees.urlpatterns,
    *accounts.urlpatterns,
    *choices.urlpatterns,
    *items.urlpatterns,
    *users.urlpatterns,
    *roles.urlpatterns,
    *tokens.urlpatterns,
    *grants.urlpatterns,
    *projects.urlpatterns,
    *events.urlpatterns,
]
