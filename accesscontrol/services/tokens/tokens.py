"""Acts on tokens: issue, change, rotate, switch off, revoke. The key leaves here once; stored is its digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.life import earliest
from accesscontrol.accounts.models import Account, User
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.quotas import Growth, require_room
from accesscontrol.services.frame.acts import (
    Caller,
    Fact,
    act,
    caller,
    difference,
    fresh,
    record,
    record_all,
    require_all,
)
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.ended import end_sessions
from accesscontrol.services.frame.errors import BeyondOwn, Conflict, Invalid, Problem
from accesscontrol.services.frame.fields import Findings, make_key
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.frame.locks import read_named
from accesscontrol.services.frame.revisions import join
from accesscontrol.services.tokens import keys, telling
from accesscontrol.services.tokens import rules as token_rules
from accesscontrol.services.tokens.specs import TokenRuleSpec, TokenSpec, TopicSpec
from accesscontrol.tokens.life import token_state
from accesscontrol.tokens.models import Token, TokenRule, TokenRuleItem, TokenTopic

TOKEN_GONE = Wording("token_gone", _("The token %(token)s has been revoked meanwhile. Reload the page."))
OVERLAP_TOO_LONG = Wording("overlap_too_long", _("The old key can count for up to 7 days longer. Choose less."))
OWN_TOKENS_ONLY = Wording("own_tokens_only", _("A developer issues tokens for themself only."))
TOKEN_STAYS = Wording("token_stays", _("A token keeps its account, user and type. Issue a new one instead."))

Pair = tuple[Token, TokenSpec]
LONGEST_OVERLAP = timedelta(days=7)
_COLUMNS = ("name", "preset", "enabled", "expires_at", "idle_ttl", "history_days", "allowed_addresses")


@dataclass(frozen=True, slots=True)
class Issued:
    """A token and its key, which is shown once and kept nowhere."""

    token: Token
    secret: str


def token_spec(token: Token) -> TokenSpec:
    """The state of a token as a spec."""
    rules = token_rules.rule_specs(token)
    topics = tuple(TopicSpec(filter=one.filter, actions=tuple(one.actions)) for one in token.topics.order_by("pk"))
    values = {name: getattr(token, name) for name in _COLUMNS} | {"allowed_addresses": tuple(token.allowed_addresses)}
    return TokenSpec(
        account=token.account, type=token.type, key=token.key, user=token.user, rules=rules, topics=topics, **values
    )


# --- Issuing


def create_token(
    actor: Actor, account: Account, *, type: str, name: str = "", user: User | None = None, **fields: Any
) -> Issued:
    """Issue a token for an account, or for one user of it. fields: those of TokenSpec."""
    return create_tokens(actor, [TokenSpec(account=account, type=type, name=name, user=user, **fields)])[0]


def create_tokens(actor: Actor, specs: Sequence[TokenSpec]) -> list[Issued]:
    """Issue many tokens; in the order of the specs. What a developer issues acts for that developer."""
    with act(spec.account.pk for spec in specs):
        read_named(spec.user for spec in specs)
        require_all(actor, [("token:create", spec.account) for spec in specs])
        who = caller(actor)
        wanted = [_of_developer(who, spec) for spec in specs]
        findings = Findings(actor)
        findings.keys(Token, specs)
        for spec, about in zip(wanted, specs, strict=True):
            token_rules.check(findings, spec, about)
        findings.stop()
        ceiling = Ceiling(actor)
        for spec, about in zip(wanted, specs, strict=True):
            token_rules.require_issuing(ceiling, who, spec, about)
        issued = [_new(spec, ceiling.end_of("token:create", spec.account)) for spec in wanted]
        Token.objects.bulk_create([one.token for one in issued], 2000)
        _store_rules([(one.token, spec) for one, spec in zip(issued, wanted, strict=True)])
        require_room(actor, [Growth(one.token.account_id, "token", owner_id=one.token.user_id) for one in issued])
        facts = [
            Fact("token.create", one.token, one.token.account_id, difference({}, _values(spec)), ())
            for one, spec in zip(issued, wanted, strict=True)
        ]
        record_all(actor, facts)
        telling.tell_owners(actor, who, [one.token for one in issued])
    return issued


def _of_developer(who: Caller, spec: TokenSpec) -> TokenSpec:
    if not who.is_developer or who.user is None or spec.user == who.user:
        return spec
    if spec.user is not None:
        raise BeyondOwn([Problem("user", OWN_TOKENS_ONLY(), spec)])
    return replace(spec, user=who.user)


def _new(spec: TokenSpec, maker_ends_at: datetime | None) -> Issued:
    secret = keys.new_secret(spec.type)
    columns = {name: getattr(spec, name) for name in _COLUMNS} | {"allowed_addresses": list(spec.allowed_addresses)}
    name = spec.name or spec.key or spec.type.capitalize()
    columns["name"] = name
    token = Token(
        key=spec.key or make_key(name), account=spec.account, user=spec.user, type=spec.type,
        maker_ends_at=maker_ends_at, digest=keys.digest(secret), hint=keys.hint(secret), **columns,
    )  # fmt: skip
    return Issued(token, secret)


def _store_rules(pairs: Sequence[Pair]) -> None:
    rules, listed, topics = [], [], []
    for token, spec in pairs:
        for rule in spec.rules:
            row = TokenRule(
                token=token, kind=rule.kind, reach=rule.reach, verbs=list(rule.verbs),
                sections=_plain_sections(rule), things=list(rule.things),
            )  # fmt: skip
            rules.append(row)
            listed += [TokenRuleItem(rule=row, item=item) for item in dict.fromkeys(rule.items)]
        topics += [TokenTopic(token=token, filter=one.filter, actions=list(one.actions)) for one in spec.topics]
    TokenRule.objects.bulk_create(rules, 2000)
    for entry in listed:
        entry.rule_id = entry.rule.pk
    TokenRuleItem.objects.bulk_create(listed, 2000)
    TokenTopic.objects.bulk_create(topics, 2000)


def _plain_sections(rule: TokenRuleSpec) -> str | dict[str, list[str]]:
    if isinstance(rule.sections, str):
        return rule.sections
    return {name: list(verbs) for name, verbs in rule.sections.items()}


def _values(spec: TokenSpec) -> dict[str, Any]:
    """What an event tells of a token; never its key."""
    values = {name: getattr(spec, name) for name in _COLUMNS} | {"allowed_addresses": list(spec.allowed_addresses)}
    rules = [
        {"kind": rule.kind, "reach": rule.reach, "verbs": list(rule.verbs), "sections": _plain_sections(rule),
         "items": [item.pk for item in rule.items], "things": list(rule.things)}
        for rule in spec.rules
    ]  # fmt: skip
    user_id = spec.user.pk if spec.user else None
    topics = [asdict(topic) | {"actions": list(topic.actions)} for topic in spec.topics]
    return values | {"type": spec.type, "user": user_id, "rules": rules, "topics": topics}


# --- Changing


def change_token(actor: Actor, token: Token, **changes: Any) -> Token:
    """Change some fields of a token (those of TokenSpec; rules and topics as a whole)."""
    with act([token.account_id]):
        current = _present(fresh(Token, [token], "account", "user"), token)
        return change_tokens(actor, [(current, join(actor, current, token_spec(current), changes))])[0]


def disable_token(actor: Actor, token: Token) -> Token:
    return change_token(actor, token, enabled=False)


def enable_token(actor: Actor, token: Token) -> Token:
    return change_token(actor, token, enabled=True)


def disable_tokens(actor: Actor, tokens: Sequence[Token]) -> None:
    """Switch many tokens off; what is off already stays so without a line."""
    with act(token.account_id for token in tokens):
        require_all(actor, [("token:change", token) for token in tokens])
        rows = [row for row in fresh(Token, tokens).values() if row.enabled]
        for piece in chunks([row.pk for row in rows]):
            end_sessions(Token.objects.filter(pk__in=piece), enabled=False)
        changes = {"enabled": [True, False]}
        record_all(actor, [Fact("token.change", row, row.account_id, changes) for row in rows])


def change_tokens(actor: Actor, pairs: Sequence[Pair]) -> list[Token]:
    """Bring tokens to their specs; in the order of the pairs. Key, account, user and type never change."""
    with act(token.account_id for token, _ in pairs):
        require_all(actor, [("token:change", token) for token, _ in pairs])
        rows = fresh(Token, [token for token, _ in pairs], "account", "user")
        current = [(_present(rows, token), spec) for token, spec in pairs]
        findings = Findings(actor)
        for token, spec in current:
            _check_kept(findings, token, spec)
            token_rules.check(findings, spec, token)
        findings.stop()
        who, ceiling, facts, rebuilt, now = caller(actor), Ceiling(actor), [], [], timezone.now()
        for token, spec in current:
            before = token_spec(token)
            if not token_rules.narrows(before, spec):
                token_rules.require_issuing(ceiling, who, spec, token)
                token.maker_ends_at = earliest((token.maker_ends_at, ceiling.end_of("token:change", token)))
            changes = difference(_values(before), _values(spec))
            facts += [Fact("token.change", token, token.account_id, changes)] if changes else []
            rebuilt += [(token, spec)] if {"rules", "topics"} & changes.keys() else []
            state = token_state(token, now)
            for name in _COLUMNS:
                setattr(token, name, _values(spec)[name])
            token.sessions_ended += int(state is not token_state(token, now))
        columns = [*_COLUMNS, "maker_ends_at", "sessions_ended"]
        Token.objects.bulk_update([token for token, _ in current], columns, batch_size=500)
        for piece in chunks([token.pk for token, _ in rebuilt]):
            TokenRule.objects.filter(token__in=piece).delete()
            TokenTopic.objects.filter(token__in=piece).delete()
        _store_rules(rebuilt)
        record_all(actor, facts)
    return [token for token, _ in current]


def _check_kept(findings: Findings, token: Token, spec: TokenSpec) -> None:
    kept = (token.account_id, token.user_id, token.type)
    if (spec.account.pk, spec.user.pk if spec.user else None, spec.type) != kept:
        findings.add("type", TOKEN_STAYS(), token)


def _present(rows: dict[int, Token], token: Token) -> Token:
    if token.pk not in rows:
        raise Conflict(TOKEN_GONE(token=token.name))
    return rows[token.pk]


def rotate_token(actor: Actor, token: Token, overlap: timedelta = timedelta(0)) -> Issued:
    """Give a token a new key with the same rules; the old key counts for `overlap` longer (a week at most)."""
    with act([token.account_id]):
        require_all(actor, [("token:change", token)])
        current = _present(fresh(Token, [token], "account", "user"), token)
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise Invalid({"overlap": [OVERLAP_TOO_LONG()]})
        ceiling = Ceiling(actor)
        who = caller(actor)
        token_rules.require_issuing(ceiling, who, token_spec(current), current)
        current.maker_ends_at = ceiling.end_of("token:change", current)
        secret = keys.new_secret(current.type)
        current.previous_digest = current.digest if overlap else None
        current.previous_until = timezone.now() + overlap if overlap else None
        current.digest, current.hint = keys.digest(secret), keys.hint(secret)
        columns = ["digest", "hint", "previous_digest", "previous_until", "maker_ends_at"]
        current.save(update_fields=columns)
        record(actor, "token.rotate", current, current.account_id, {"overlap_seconds": int(overlap.total_seconds())})
        telling.tell_owners(actor, who, [current], telling.REKEYED)
    return Issued(current, secret)


# --- Revoking


def revoke_token(actor: Actor, token: Token) -> None:
    """Revoke a token for good; effective at the next decision everywhere."""
    remove_tokens(actor, [token])


def remove_tokens(actor: Actor, tokens: Sequence[Token]) -> None:
    """Revoke many tokens."""
    with act(token.account_id for token in tokens):
        require_all(actor, [("token:delete", token) for token in tokens])
        rows = list(fresh(Token, tokens).values())
        record_all(actor, [Fact("token.revoke", row, row.account_id, {"name": [row.name, None]}) for row in rows])
        for piece in chunks([row.pk for row in rows]):
            Token.objects.filter(pk__in=piece).delete()
