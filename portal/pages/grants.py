"""The addresses of grants: the lists, the forms, the page of one, and what its grantees do with it."""

from __future__ import annotations

from portal.pages.base import screens_at
from portal.pages.grant_form import GrantFormScreen
from portal.pages.grant_list import GrantListScreen
from portal.pages.grant_page import GrantScreen
from portal.pages.received import GrantEndScreen

urlpatterns = [screens_at("grants/", GrantListScreen, GrantFormScreen, GrantScreen, GrantEndScreen)]
