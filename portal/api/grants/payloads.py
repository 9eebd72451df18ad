"""What goes in and out about grants: their payloads, how they are shown, and previews of what acts on them do."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accesscontrol import catalogue
from accesscontrol.grants.models import Grant
from accesscontrol.services.grants.checks import LEVELS
from accesscontrol.services.grants.previews import words
from accesscontrol.services.grants.previews.previews import Preview
from accesscontrol.services.previews.counting import WORDS
from portal.api.frame.payloads import AccountToCreateIn, Days, Moment, Payload, VisibleItems, VisibleThing
from portal.open_shapes import Checked

MOST_GRANTEES = 100


# --- Shown


class GranteeShown(serializers.Serializer):
    """A grantee that the caller may know of."""

    account = serializers.CharField(source="account.key", read_only=True)
    name = serializers.CharField(source="account.name", read_only=True)
    accepted_at = serializers.DateTimeField(
        allow_null=True, read_only=True, help_text="Null: not accepted yet, so it gives nothing."
    )


class GrantShown(serializers.ModelSerializer):
    """Access that one account gives to others. Each grantee sees itself only; note and invited are the grantor's."""

    account = VisibleThing("account", read_only=True, help_text="The grantor; null where the caller may not see it.")
    grantor = serializers.CharField(source="account.name", read_only=True, help_text="The grantor's name.")
    grantees = serializers.SerializerMethodField()
    invited = serializers.SerializerMethodField(help_text="Keys that were typed and have not accepted.")
    note = serializers.SerializerMethodField()
    levels = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Grant
        fields = ("id", "key", "account", "grantor", "grantees", "invited", "covers", "kind", "include_subaccounts",
                  "levels", "starts_at", "expires_at", "history_days", "enabled", "note", "created_at")  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(GranteeShown(many=True))
    def get_grantees(self, grant: Grant) -> Any:
        return GranteeShown(self.context["sides"].known(grant), many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.CharField(), allow_null=True))
    def get_invited(self, grant: Grant) -> list[str] | None:
        return grant.invited if self.context["sides"].gave(grant) else None

    def get_note(self, grant: Grant) -> str | None:
        return grant.note if self.context["sides"].gave(grant) else None


# --- Taken


class _Terms(Payload):
    """What a grant covers, how much of it, from when until when, and how far back."""

    covers = serializers.ChoiceField(choices=Grant.Covers.choices)
    kind = serializers.ChoiceField(choices=catalogue.ITEM_KIND_CHOICES, allow_blank=True, required=False)
    items = VisibleItems(required=False)
    include_subaccounts = serializers.BooleanField(required=False)
    levels = serializers.ListField(
        child=serializers.ChoiceField(choices=[("read", "Read"), *((level, level) for level in LEVELS)]),
        required=False,
        max_length=len(LEVELS) + 1,
    )
    starts_at = Moment(allow_null=True, required=False)
    expires_at = Moment(allow_null=True, required=False)
    history_days = Days(
        required=False, help_text="How many days back the grantees see; null: as far as the items allow."
    )
    enabled = serializers.BooleanField(required=False)
    note = serializers.CharField(allow_blank=True, required=False, trim_whitespace=False)

    def validate(self, attrs: Checked) -> Checked:
        """Lists become tuples, as specs hold them."""
        listed: Checked = {name: tuple(attrs[name]) for name in ("items", "levels") if name in attrs}
        return {**attrs, **listed}


class GranteeKey(serializers.CharField):
    """An account by its exact key."""

    def __init__(self, **options: Any):
        super().__init__(max_length=200, **options)


class NewGrant(_Terms):
    """A grant to make. grantees: accounts by their exact keys; one of another tree accepts before it has anything, and
    whether there is such an account is never told."""

    account = AccountToCreateIn("grant")
    grantees = serializers.ListField(child=GranteeKey(), min_length=1, max_length=MOST_GRANTEES)


class GrantChanges(_Terms):
    """What can be changed of a grant; grantees have an address of their own."""


class GrantPreviewed(_Terms):
    """Changes to look at before they are made; `revoke` instead of them: what revoking would do."""

    covers = serializers.ChoiceField(choices=Grant.Covers.choices, required=False)
    revoke = serializers.BooleanField(required=False)

    def validate(self, attrs: Checked) -> Checked:
        attrs = super().validate(attrs)
        revokes = attrs.pop("revoke", False)
        if revokes and attrs:
            sentence = "Either look at changes or at revoking. Leave one of them out."
            raise serializers.ValidationError({"revoke": [sentence]}, code="revoke_or_changes")
        return {"changes": attrs, "revoke": revokes}


class AddedGrantees(Payload):
    """Accounts to grant it to as well, by their exact keys."""

    grantees = serializers.ListField(child=GranteeKey(), min_length=1, max_length=MOST_GRANTEES)


class Acceptance(Payload):
    """Who accepts: the account that calls, or a grantee below it by its key."""

    account = VisibleThing("account", required=False)


# --- Previews


class CountedShown(serializers.Serializer):
    """How many things of a kind somebody may see, edit, … before and after; of `create` the accounts it is made in."""

    word = serializers.CharField(read_only=True, help_text=f"One of: {', '.join(WORDS)}.")
    kind = serializers.CharField(read_only=True)
    before = serializers.IntegerField(read_only=True)
    after = serializers.IntegerField(read_only=True)
    gained = serializers.IntegerField(read_only=True)
    lost = serializers.IntegerField(read_only=True)


class PeopleShown(serializers.Serializer):
    """How many users and tokens gain or lose something; unread: how many more were not looked at one by one."""

    users_gaining = serializers.IntegerField(read_only=True)
    users_losing = serializers.IntegerField(read_only=True)
    tokens_gaining = serializers.IntegerField(read_only=True)
    tokens_losing = serializers.IntegerField(read_only=True)
    unread = serializers.IntegerField(read_only=True)


class EffectShown(serializers.Serializer):
    """What changes for one grantee, in numbers of the grantor's items that the caller sees."""

    account = serializers.CharField(source="account.key", read_only=True)
    name = serializers.CharField(source="account.name", read_only=True)
    counted = CountedShown(many=True, read_only=True)
    people = PeopleShown(read_only=True, allow_null=True, help_text="Null for accounts outside the caller's branch.")


class LinkCutShown(serializers.Serializer):
    """A link that goes with the act."""

    member = serializers.CharField(read_only=True)
    container = serializers.CharField(read_only=True)


class PreviewShown(serializers.Serializer):
    """What an act on a grant would do; nothing is done yet."""

    sentences = serializers.SerializerMethodField()
    effects = EffectShown(many=True, read_only=True)
    others = serializers.SerializerMethodField(help_text="Accounts of the caller's branch whose people are touched.")
    waiting = serializers.ListField(child=serializers.CharField(), read_only=True)
    offered = CountedShown(many=True, read_only=True)
    cut = LinkCutShown(many=True, read_only=True)
    more_cut = serializers.IntegerField(read_only=True)

    def get_sentences(self, preview: Preview) -> list[str]:
        return words.sentences(preview)

    @extend_schema_field(EffectShown(many=True))
    def get_others(self, preview: Preview) -> Any:
        return [{"account": one.key, "name": one.name, "counted": [], "people": PeopleShown(people).data}
                for one, people in preview.others]  # fmt: skip
