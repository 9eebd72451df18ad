"""Sentences of the pages of joining that stand in more than one place."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accesscontrol.services.joining.answering import LINK_OVER

SLOW = _("That was too often from here. Wait ten minutes, then try again.")
OVER = _(LINK_OVER.text)
