"""The screens of tokens: the list, the forms, the page of one."""

from __future__ import annotations

from portal.frame.screens import screens_at
from portal.pages.tokens.form import TokenFormScreen
from portal.pages.tokens.list import TokenListScreen
from portal.pages.tokens.page import TokenPageScreen

urlpatterns = [screens_at("tokens/", TokenListScreen, TokenFormScreen, TokenPageScreen)]
