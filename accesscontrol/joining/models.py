"""How people join an account: invitations by name, and the rules by which anybody may register (access model §6)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.revisions import Revised
from accesscontrol.json_data import BoundedJSONField


class Invitation(models.Model):
    """The link by which a user who has been entered joins. One a user: what is sent again replaces what was there.

    It is a gift of whoever made it and counts only while they could still give it, so it names them; they may be gone
    by then. Of its secret only a keyed digest is stored.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="invitation")
    digest = models.CharField(max_length=64, unique=True)
    #: The address that it was mailed to; empty where its maker was shown the link.
    mailed_to = models.EmailField(blank=True)
    #: Who made it, as an actor: `user`, `token`, `account` or `system`, its number, and the account operated as.
    maker_type = models.CharField(max_length=8)
    maker_id = models.BigIntegerField()
    maker_acting = models.BigIntegerField(null=True)
    #: From where: a token that works from some networks only gives as one that asks from there.
    maker_address = models.CharField(max_length=45, blank=True)
    #: How often acts had ended the sessions of the person by then: under another number it is over.
    sessions_ended = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="invitation_end")]

    def __str__(self) -> str:
        return f"{self.user} is invited"


class RegistrationRules(Revised):
    """Who may register in an account without being entered, and what everybody who joins it keeps to.

    An account without such a row lets nobody register. Domains and names are stored folded.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="registration")
    public = models.BooleanField(default=False)
    #: Mail domains; empty = any. What is barred is barred also where it is allowed.
    allowed_domains = BoundedJSONField(default=list, blank=True)
    barred_domains = BoundedJSONField(default=list, blank=True)
    barred_usernames = BoundedJSONField(default=list, blank=True)
    role = models.ForeignKey("roles.Role", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    #: The fewest characters of a password; empty = as the installation has it.
    password_length = models.PositiveSmallIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Registration of {self.account}"
