"""The addresses of grants: the lists, the forms, the page of one, and what its grantees do with it."""

from __future__ import annotations

from portal.frame.screens import screens_at
from portal.pages.grants.form import GrantFormScreen
from portal.pages.grants.list import GrantListScreen
from portal.pages.grants.page import GrantScreen
from portal.pages.grants.received import GrantEndScreen

urlpatterns = [screens_at("grants/", GrantListScreen, GrantFormScreen, GrantScreen, GrantEndScreen)]
