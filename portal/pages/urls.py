"""The addresses of the pages; each module brings its own list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from portal.pages import (
    accounts,
    choices,
    events,
    explorer,
    grants,
    home,
    items,
    profile,
    projects,
    roles,
    search,
    sign_in,
    switcher,
    token_sign_in,
    tokens,
    users,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *home.urlpatterns,
    *sign_in.urlpatterns,
    *token_sign_in.urlpatterns,
    *explorer.urlpatterns,
    *search.urlpatterns,
    *switcher.urlpatterns,
    *profile.urlpatterns,
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
