"""How people join an account: invitations by name, the rules by which anybody may register, and the identity provider
that knows its people (access model §6)."""

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


class IdentityProvider(Revised):
    """Where the people of an account sign in elsewhere: an OpenID Connect provider of its own (access model §6).

    Like every way of letting people in it is a gift of whoever set it up last, and brings somebody new only while they
    could still let them in, so it names them; they may be gone by then.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="provider")
    #: What its button says.
    name = models.CharField(max_length=60)
    issuer = models.CharField(max_length=300)
    client_id = models.CharField(max_length=255)
    #: Sealed; empty where the client has none.
    secret = models.TextField(blank=True)
    #: The mail domains of the people whom it may speak for, folded.
    domains = BoundedJSONField(default=list)
    #: The claim that lists the groups of a person.
    groups_claim = models.CharField(max_length=100, default="groups")
    enabled = models.BooleanField(default=True)
    #: Whose gift it is, as an actor (see Invitation).
    maker_type = models.CharField(max_length=8)
    maker_id = models.BigIntegerField()
    maker_acting = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class GroupRole(models.Model):
    """Whoever is in this group at the provider has this role here; of several the first counts."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="group_roles")
    group = models.CharField(max_length=200)
    role = models.ForeignKey("roles.Role", on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["provider", "group"], name="group_once")]

    def __str__(self) -> str:
        return f"{self.group}: {self.role}"


class ExternalIdentity(models.Model):
    """Whom a user is at a provider: the one name of them that never passes to anybody else there (`sub`).

    provider: the account's; None for the one of the installation, which its issuer names. role_given: the number of the
    role that the provider gave last, for a user whom it brought: what was decided here since is another, and stays.
    """

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, null=True, related_name="identities")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    brought = models.BooleanField(default=False)
    role_given = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="subject_once"),
            models.UniqueConstraint(fields=["provider", "user"], name="one_subject_a_user"),
            models.UniqueConstraint(
                fields=["issuer", "subject"], condition=models.Q(provider=None), name="subject_once_installation"
            ),
            models.UniqueConstraint(
                fields=["issuer", "user"], condition=models.Q(provider=None), name="one_subject_a_user_installation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.issuer}"
