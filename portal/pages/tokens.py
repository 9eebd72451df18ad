"""The screens of tokens: the list, the forms, the page of one."""

from __future__ import annotations

from portal.pages.base import screens_at
from portal.pages.token_form import TokenFormScreen
from portal.pages.token_list import TokenListScreen
from portal.pages.token_page import TokenPageScreen

urlpatterns = [screens_at("tokens/", TokenListScreen, TokenFormScreen, TokenPageScreen)]
