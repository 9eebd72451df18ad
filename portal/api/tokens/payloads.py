"""What goes in about tokens: rules and topics whose things are named by keys, and which tokens many are acted on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accesscontrol import catalogue
from accesscontrol.access.fresh.things import MODELS
from accesscontrol.accounts.names import named_in
from accesscontrol.services.tokens.leaks import MOST_KEYS
from accesscontrol.services.tokens.specs import TokenRuleSpec, TopicSpec
from accesscontrol.services.tokens.tokens import LONGEST_OVERLAP
from portal.api.frame.payloads import MOST_NAMED, AccountToCreateIn, Days, Moment, Payload, VisibleThing, view_of
from portal.api.tokens.shown import SECTIONS_SCHEMA
from portal.open_shapes import Checked, LibraryContext

MOST_RULES = 200
#: So many things are named by all rules of a token together.
MOST_LISTED = 5000
LONGEST_TEXT = 200_000
_REACHES = {"all": "All", "in_groups": "In groups", "list": "Chosen"}


@extend_schema_field(SECTIONS_SCHEMA)
class Sections(serializers.Field):
    """“all”, or section → verbs; which there are of the kind says the act."""

    default_error_messages = {"type": "Enter “all”, or an object of sections with their verbs."}

    def to_internal_value(self, data: Any) -> str | dict[str, tuple[str, ...]]:
        if isinstance(data, str):
            return data[:50]
        fits = isinstance(data, Mapping) and all(
            isinstance(verbs, list) and all(isinstance(verb, str) for verb in verbs) for verbs in data.values()
        )
        if not fits:
            self.fail("type")
        return {name: tuple(verbs) for name, verbs in data.items()}


class TokenRulePayload(Payload):
    """A rule. items: the keys of the things listed (of people their usernames), or of the groups for `in_groups`."""

    kind = serializers.CharField(max_length=32, help_text="A kind of the catalogue, but never `subscription`.")
    reach = serializers.ChoiceField(choices=list(_REACHES.items()), default="all")
    verbs = serializers.ListField(child=serializers.CharField(max_length=50), max_length=20, default=list)
    sections = Sections(default=dict)
    items = serializers.ListField(child=serializers.CharField(max_length=200), max_length=MOST_NAMED, default=list)

    def validate(self, attrs: Checked) -> Checked:
        noun = noun_of(attrs["kind"])
        rows = self._found(noun, attrs["items"])
        spec = TokenRuleSpec(
            kind=attrs["kind"], reach=attrs["reach"], verbs=tuple(attrs["verbs"]), sections=attrs["sections"],
            items=tuple(rows) if noun == "item" else (), things=() if noun == "item" else tuple(one.pk for one in rows),
        )  # fmt: skip
        return {"spec": spec}

    def _found(self, noun: str, names: list[str]) -> list[Any]:
        """The things of these names that the caller may see, in their order. Raises ValidationError for any other."""
        rows = self.context["listed"].get(noun, {})
        absent = [name for name in names if name not in rows]
        if absent:
            told = {"items": [f"There is no {noun} “{name[:100]}” here." for name in absent]}
            raise serializers.ValidationError(told, code="unknown")
        return list(dict.fromkeys(rows[name] for name in names))


class TopicPayload(Payload):
    """A topic rule: an MQTT topic filter, and what may be done on it."""

    filter = serializers.CharField(max_length=1024, trim_whitespace=False)
    actions = serializers.ListField(
        child=serializers.ChoiceField(choices=[("publish", "Publish"), ("subscribe", "Subscribe")]), max_length=2
    )

    def validate(self, attrs: Checked) -> Checked:
        return {"spec": TopicSpec(filter=attrs["filter"], actions=tuple(dict.fromkeys(attrs["actions"])))}


class _Entries(serializers.Field):
    """A list of objects, each checked by its own payload; what is wrong is told where it stands in its entry."""

    payload: type[Payload]
    default_error_messages = {"type": "Enter a list of objects.", "many": f"Enter at most {MOST_RULES}."}

    def to_internal_value(self, data: Any) -> tuple[Any, ...]:
        if not isinstance(data, list) or not all(isinstance(one, Mapping) for one in data):
            self.fail("type")
        if len(data) > MOST_RULES:
            self.fail("many")
        context = {**self.context, **self.read_ahead(data)}
        entries = [self.payload(data=one, context=context) for one in data]
        wrong: Any = {number: entry.errors for number, entry in enumerate(entries) if not entry.is_valid()}
        if wrong:
            raise serializers.ValidationError(wrong)
        return tuple(entry.validated_data["spec"] for entry in entries)

    def read_ahead(self, entries: list[Mapping[str, object]]) -> LibraryContext:
        """What all entries are checked with, read once for all of them."""
        return {}


@extend_schema_field(TokenRulePayload(many=True))
class Rules(_Entries):
    """The rules of an ACL token, as a whole. What all of them list is found at once, by one statement a noun."""

    payload = TokenRulePayload
    default_error_messages = {"listed": f"Name at most {MOST_LISTED} things in all rules together."}

    def read_ahead(self, entries: list[Mapping[str, object]]) -> LibraryContext:
        names: dict[str, list[str]] = {}
        for rule in entries:
            kind, items = rule.get("kind"), rule.get("items")
            if isinstance(kind, str) and isinstance(items, list):
                names.setdefault(noun_of(kind), []).extend(name.strip() for name in items if isinstance(name, str))
        if sum(map(len, names.values())) > MOST_LISTED:
            self.fail("listed")
        look = self.context["seen"].look
        return {"listed": {noun: named_in(look.visible(view_of(noun)), named) for noun, named in names.items()}}


def noun_of(kind: str) -> str:
    """Whose keys the things of a rule are named by."""
    return kind if kind in MODELS else "item"


@extend_schema_field(TopicPayload(many=True))
class Topics(_Entries):
    """The topic rules of an ACL token, as a whole."""

    payload = TopicPayload


class TokenChanges(Payload):
    """What can be changed of a token; rules and topics as a whole. Account, user, type and key stay."""

    name = serializers.CharField(max_length=200)
    enabled = serializers.BooleanField(required=False)
    expires_at = Moment(allow_null=True, required=False)
    idle_ttl = serializers.IntegerField(
        allow_null=True, required=False, min_value=300, max_value=2**31 - 1,
        help_text="Seconds without use after which it dies; at least 300.",
    )  # fmt: skip
    history_days = Days(required=False, help_text="How many days back it sees; null: as far as whom it acts for.")
    allowed_addresses = serializers.ListField(
        child=serializers.CharField(max_length=64), max_length=200, required=False,
        help_text="Networks in CIDR form; none: from anywhere.",
    )  # fmt: skip
    rules = Rules(required=False)
    topics = Topics(required=False)


class NewToken(TokenChanges):
    """A token to issue. It needs an end: expires_at, idle_ttl, or both."""

    account = AccountToCreateIn("token")
    type = serializers.ChoiceField(choices=list(catalogue.TOKEN_TYPES.items()))
    user = VisibleThing("user", required=False, allow_null=True, help_text="For whom it acts; null: for the account.")
    preset = serializers.ChoiceField(
        choices=[(one.code, one.label) for one in catalogue.PRESETS], required=False, allow_blank=True,
        help_text="A label for lists; the rules are what counts.",
    )  # fmt: skip


class Rotation(Payload):
    """A new key for a token."""

    overlap_seconds = serializers.IntegerField(
        min_value=0, max_value=int(LONGEST_OVERLAP.total_seconds()), default=0,
        help_text="So long the old key counts too.",
    )  # fmt: skip


class ChosenTokens(Payload):
    """Which tokens: some by key, all of a user, or all of an account (those of its users included, not its branch)."""

    keys = serializers.ListField(child=serializers.CharField(max_length=200), max_length=MOST_NAMED, required=False)
    user = VisibleThing("user", required=False)
    account = VisibleThing("account", required=False)

    def validate(self, attrs: Checked) -> Checked:
        if len(attrs) != 1:
            raise serializers.ValidationError("Name the tokens by exactly one of “keys”, “user” and “account”.")
        return attrs


class ManyDone(serializers.Serializer):
    """What became of them."""

    done = serializers.IntegerField(help_text="How many tokens it was done with.")
    left = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of those that you see, but may not do this with."
    )
    more = serializers.BooleanField(help_text="Whether there are more of them: call again.")


class LeakedText(Payload):
    """Text that was found where others can read it."""

    text = serializers.CharField(max_length=LONGEST_TEXT, trim_whitespace=False)


class LeakedFound(serializers.Serializer):
    """How many of the words in it are well-formed keys; not whether any of them opened anything."""

    well_formed = serializers.IntegerField(min_value=0, max_value=MOST_KEYS)
