"""The address book: everything a browser or a program can ask for."""

from __future__ import annotations

from django.urls import include, path

from portal import errors

urlpatterns = [
    path("", include("portal.pages.urls")),
    path("", include("portal.api.urls")),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.broken
