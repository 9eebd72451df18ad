"""Accounts (a tree), the people in them, and hand-overs of ownership."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from mptt.managers import TreeManager
from mptt.models import MPTTModel, TreeForeignKey
from mptt.querysets import TreeQuerySet

from accesscontrol import catalogue
from accesscontrol.accounts.names import FoldedField, KeyField, Named, NamedRows, OrderField, SearchedField, fold
from accesscontrol.accounts.revisions import Revised
from accesscontrol.accounts.signing_in import FactorReset, SecurityPolicy, Session  # noqa: F401  (Django looks here)
from accesscontrol.accounts.spelling import KEY_LENGTH, USERNAME_LENGTH, check_username, key_validator
from accesscontrol.json_data import BoundedJSONField

#: So long a reason to enter a tree may be.
REASON_LENGTH = 300


class AccountRows(NamedRows, TreeQuerySet):
    """Accounts as rows of a tree."""


class Account(Named, MPTTModel, Revised):
    """A node of the account tree; owns items, users, tokens, grants, roles and projects (access model §1).

    `parent` is the truth; `lft`, `rght`, `tree_id`, `level` and `top` are derived; only `accounts.tree` writes them.
    `top` is the top-level account of the branch: epochs and audit chains are keyed by its id, since `tree_id` moves.
    """

    key = KeyField(max_length=KEY_LENGTH, unique=True, validators=[key_validator])
    name = models.CharField(max_length=200)
    notes = models.TextField(blank=True)
    parent = TreeForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    top = models.ForeignKey("self", on_delete=models.DO_NOTHING, null=True, related_name="+", editable=False)
    blocked = models.BooleanField(default=False)
    #: Quotas: {"developer": 5, "device": 10000, "token": 50, "account": 20, …}; absent = only the parent's.
    limits = BoundedJSONField(default=dict, blank=True)
    #: History depth in days; empty = the parent's.
    history_days = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TreeManager.from_queryset(AccountRows)()

    class MPTTMeta:
        order_insertion_by: list[str] = []

    class Meta:
        # Written out, because mptt adds (tree_id, lft) to the migration only where Meta names indexes.
        indexes = [
            models.Index(fields=["tree_id", "lft"], name="account_tree_lft"),
            models.Index(fields=["parent", "name_order", "id"], name="account_parent_name"),
            models.Index(fields=["name_order", "id"], name="account_name"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="account_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name


class UserRows(UserManager.from_queryset(NamedRows)):  # type: ignore[misc]
    """Users, found by their username however it is written."""

    use_in_migrations = False

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username_folded=username)

    def signing_in_as(self, name: str) -> User | None:
        """Whoever has this username; else whoever proved this address, where it is one person's alone (§6)."""
        proven = Q(email_folded=name, proven_at__isnull=False)
        asked = self.select_related("account").filter(Q(username_folded=name) | proven)
        found = list(asked.order_by("pk")[:3])
        named = [user for user in found if user.username_folded == fold(name)]
        return (named or found)[0] if named or len(found) == 1 else None


class User(Named, AbstractUser, Revised):
    """A person who signs in; belongs to exactly one account and has an authority (access model §1, §6).

    The platform operator (`is_superuser`) is the only user who may stand outside every account.
    `is_active` is the *enabled* switch of the user form.
    """

    class Authority(models.TextChoices):
        OWNER = "owner", "Owner"
        ADMINISTRATOR = "administrator", "Administrator"
        DEVELOPER = "developer", "Developer"
        USER = "user", "User"

    username = models.CharField(max_length=USERNAME_LENGTH, unique=True, validators=[check_username])
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True, related_name="users")
    authority = models.CharField(max_length=16, choices=Authority.choices, default=Authority.USER)
    role = models.ForeignKey("roles.Role", on_delete=models.SET_NULL, null=True, blank=True, related_name="users")
    middle_name = models.CharField(max_length=150, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    verified = models.BooleanField("e-mail verified", default=False)
    #: When this very address answered a mail; nothing else of ours says so.
    proven_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    history_days = models.PositiveIntegerField(null=True, blank=True)
    #: How much a developer may create: {"device": 10, "token": 2, …}; absent = only the account's.
    limits = BoundedJSONField(default=dict, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    #: What a program of the account calls this person: its own name for them, which says nothing to us.
    external_id = models.CharField(max_length=200, blank=True)
    #: Whether they want a mail when others changed their access, once a day; and when the last one was sent.
    change_mails = models.BooleanField(default=False)
    changes_mailed_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: When this person was last signed in and here; written at most once a minute.
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: Somebody else may know the password: the next sign-in asks for a new one before anything else (§11, Compromised).
    password_must_change = models.BooleanField(default=False, editable=False)
    #: How often acts have ended the sessions of this person: one that began under another number is over.
    sessions_ended = models.PositiveIntegerField(default=0, editable=False)
    username_folded = FoldedField("username", unique=True)
    email_folded = FoldedField("email")
    name_order = OrderField("username")
    searched = SearchedField("username", "first_name", "middle_name", "last_name", "email")

    known_by, found_by = "username", "username_folded"
    objects = UserRows()

    class Meta:
        indexes = [
            models.Index(fields=["account", "authority", "name_order"], name="user_account_authority"),
            models.Index(fields=["name_order", "id"], name="user_name"),
            models.Index(fields=["email_folded"], name="user_email"),
            models.Index(fields=["date_joined"], name="user_joined"),
            models.Index(fields=["last_seen_at", "id"], name="user_seen"),
            models.Index(fields=["expires_at"], name="user_ends", condition=Q(expires_at__isnull=False)),
            models.Index(fields=["name_order"], name="user_waiting", condition=Q(verified=False)),
            models.Index(fields=["name_order"], name="user_disabled", condition=Q(is_active=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(account__isnull=False) | Q(is_superuser=True), name="user_has_an_account"
            ),
            models.UniqueConstraint(fields=["account"], condition=Q(authority="owner"), name="one_owner_an_account"),
            models.UniqueConstraint(
                fields=["account", "external_id"], condition=~Q(external_id=""), name="user_external_id_once"
            ),
            models.CheckConstraint(
                condition=Q(authority__in=list(catalogue.AUTHORITIES)), name="user_authority_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.middle_name, self.last_name) if part)

    def get_session_auth_hash(self) -> str:
        """What a session must have begun with to go on: of the password, and of the sessions ended since."""
        return self._of_sessions(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same under the secret keys of before."""
        return map(self._of_sessions, super().get_session_auth_fallback_hash())

    def _of_sessions(self, of_password: str) -> str:
        return f"{of_password}-{self.sessions_ended}"

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Ask the engine, superuser included (Django's own answer for a superuser is yes without a question)."""
        from django.contrib.auth.models import _user_has_perm  # noqa: PLC0415

        return _user_has_perm(self, perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        """There is no access to a whole app; every permission is on a thing."""
        return False


class TreeEntry(models.Model):
    """The platform operator is inside a tree, for a reason and for an hour (access model §11).

    `account` is the top-level account. An entry is never prolonged: who enters again leaves the one before. Lines of
    the audit log name it by its number.
    """

    operator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="entries")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="entries")
    reason = models.CharField(max_length=REASON_LENGTH)
    starts_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "account"], condition=Q(left_at=None), name="one_open_entry_a_tree"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operator} in {self.account}"


class OwnershipHandover(models.Model):
    """The owner offers the ownership of the account to an administrator, who confirms (access model §6)."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="handovers")
    from_user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    to_user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    #: How often acts had ended the owner's sessions when they offered it: what ends those ends the offer.
    sessions_ended = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(confirmed_at=None), name="one_open_handover_an_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} from {self.from_user} to {self.to_user}"
