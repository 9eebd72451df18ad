"""The one sentence for everybody who is kept out, whichever way they came."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

NOT_LET_IN = _("This username and password do not let you in. Check both, or ask an administrator of your account.")
PROVIDER_ONLY = _("The people of your account sign in at their own provider. Choose “Sign in at your company”.")
ELSEWHERE = _("Your account lets people in from certain networks only, and you are not in one of them.")
#: Whoever guessed, or is in the same network as somebody who did.
SLOWED = _("Too many failed tries. Try again in five minutes or later, or sign in with a passkey.")
