"""What a token may be: the checks of its rules, topics, lifetime and addresses, and the ceiling of who issues it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import Question
from accesscontrol.access.fresh.things import MODELS
from accesscontrol.access.law.levels import AUTHORITIES, ON_ITSELF, listed_permissions
from accesscontrol.access.permissions import CREATES, ITEMS, PermissionSet
from accesscontrol.accounts.addresses import are_inside, read_network
from accesscontrol.accounts.depths import is_deeper
from accesscontrol.accounts.life import is_later
from accesscontrol.accounts.models import Account, User
from accesscontrol.projects.models import Project
from accesscontrol.sentences import Wording, with_article
from accesscontrol.services.frame.acts import Caller
from accesscontrol.services.frame.ceilings import Ceiling, beyond
from accesscontrol.services.frame.errors import BeyondOwn, Problem
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.freshness import require_fresh
from accesscontrol.services.frame.own_ends import Extent
from accesscontrol.services.tokens.ends import check_depth, check_ends, extent_of, require_own_networks
from accesscontrol.services.tokens.specs import TokenRuleSpec, TokenSpec, TopicSpec
from accesscontrol.tokens.life import may_have_tokens
from accesscontrol.tokens.models import Token, TokenRule, TokenRuleItem, TokenTopic

ALL_LISTS_NOTHING = Wording(
    "all_lists_nothing", _("A rule on all lists nothing. Choose the reach list, or take the list out.")
)
CREATE_WITH_ALL = Wording("create_with_all", _("“create” goes only with all: a new %(kind)s is on no list yet."))
LISTS_ITEMS = Wording("lists_items", _("A rule on %(spoken)s lists items, not numbers."))
MEMBER_ELSEWHERE = Wording(
    "member_elsewhere", _("%(username)s is a member of projects that are not yours, so only %(username)s can do this.")
)
NEVER_IN_GROUP = Wording("never_in_group", _("%(plural)s are never in a group. Choose all or a list."))
NOT_A_NETWORK = Wording("not_a_network", _("“%(address)s” is not a network. Use one such as 10.0.0.0/8."))
NOT_A_TOPIC = Wording("not_a_topic", _("“%(filter)s” is not a topic filter. Use one such as fleet/#."))
NO_RULES = Wording("no_rules", _("A %(type)s token has no rules of its own. Choose the type ACL."))
NO_TOKENS_OF_OWN = Wording(
    "no_tokens_of_own", _("Only developers, owners and administrators of %(name)s have tokens of their own.")
)
NO_TOPIC_ACTION = Wording("no_topic_action", _("Choose publish, subscribe or both for %(filter)s."))
OWN_ACCOUNT_ONLY = Wording(
    "own_account_only",
    _("This token issues such tokens for its own account only, since another may have received more."),
)
TOPIC_BEYOND = Wording(
    "topic_beyond", _("This token has no rule for the topic %(filter)s of that account, so it cannot pass it on.")
)
WRONG_KIND = Wording("wrong_kind", _("%(name)s is %(is_a)s, not %(other)s. Take it off the list."))

REACHES = ("all", "in_groups", "list")
ACTIONS = ("publish", "subscribe")
LONGEST_TOPIC = 1024
#: What showing rules and topics reads, in a fixed number of statements: for `prefetch_related`.
CONTENTS = (
    Prefetch("rules", TokenRule.objects.order_by("pk")),
    Prefetch("rules__rule_items", TokenRuleItem.objects.order_by("pk")),
    Prefetch("topics", TokenTopic.objects.order_by("pk")),
)


# --- Checks of input


def check(findings: Findings, spec: TokenSpec, about: Any) -> None:
    """Every field of a token."""
    findings.name("name", spec.name, about, required=False)
    findings.known("type", [spec.type], catalogue.TOKEN_TYPES, "a type of token", about)
    presets = [preset.code for preset in catalogue.PRESETS]
    findings.known("preset", [spec.preset] if spec.preset else [], presets, "a preset", about)
    user = spec.user
    if user is not None and (user.account_id != spec.account.pk or not may_have_tokens(user.authority)):
        sentence = NO_TOKENS_OF_OWN(name=spec.account.name)
        findings.add("user", sentence, about)
    check_ends(findings, spec, about)
    check_depth(findings, spec, about)
    _check_addresses(findings, spec.allowed_addresses, about)
    if (spec.rules or spec.topics) and spec.type != Token.Type.ACL:
        findings.add("rules", NO_RULES(type=spec.type), about)
    for rule in spec.rules:
        _check_rule(findings, rule, about)
    for topic in spec.topics:
        _check_topic(findings, topic, about)


def _check_addresses(findings: Findings, addresses: Sequence[str], about: Any) -> None:
    for address in addresses:
        try:
            read_network(address)
        except ValueError:
            findings.add("allowed_addresses", NOT_A_NETWORK(address=address), about)


def _check_rule(findings: Findings, rule: TokenRuleSpec, about: Any) -> None:
    kinds = [name for name in catalogue.KINDS if name != "subscription"]
    findings.known("rules", [rule.kind], kinds, "a kind that a token rule can name", about)
    findings.known("rules", [rule.reach], REACHES, "a reach", about)
    if rule.kind not in kinds:
        return
    kind = catalogue.KINDS[rule.kind]
    verbs = [verb for verb in kind.verbs if verb != "operate"]
    findings.known("rules", rule.verbs, verbs, f"a verb for a token rule on a {rule.kind}", about)
    if "create" in rule.verbs and rule.reach != "all":
        findings.add("rules", CREATE_WITH_ALL(kind=rule.kind), about)
    if isinstance(rule.sections, str):
        findings.known("rules", [rule.sections], ["all"], "a choice of sections", about)
    else:
        findings.known("rules", rule.sections, tuple(kind.sections), f"a section of {rule.kind}", about)
        for section, wanted in rule.sections.items():
            valid = kind.sections.get(section, wanted)
            findings.known("rules", wanted, valid, f"a verb of {rule.kind}.{section}", about)
    _check_listed(findings, rule, about)


def _check_listed(findings: Findings, rule: TokenRuleSpec, about: Any) -> None:
    """What a rule lists fits its reach and kind."""
    if rule.reach == "all" and (rule.items or rule.things):
        findings.add("rules", ALL_LISTS_NOTHING(), about)
    if rule.reach == "in_groups" and "group" not in catalogue.LINKS.get(rule.kind, ()):
        findings.add("rules", NEVER_IN_GROUP(plural=catalogue.KINDS[rule.kind].plural), about)
    expected = "group" if rule.reach == "in_groups" else rule.kind
    for item in rule.items:
        if item.kind != expected:
            is_a, other = (with_article(catalogue.spoken(kind)) for kind in (item.kind, expected))
            findings.add("rules", WRONG_KIND(name=item.name, is_a=is_a, other=other), about)
    if rule.things and rule.kind not in MODELS:
        findings.add("rules", LISTS_ITEMS(spoken=catalogue.spoken(rule.kind)), about)


def _check_topic(findings: Findings, topic: TopicSpec, about: Any) -> None:
    """An MQTT topic filter: + is a whole level, # the last one; what begins with $ is the broker's own."""
    levels = topic.filter.split("/")
    odd = any(("#" in level and (level != "#" or index != len(levels) - 1)) or ("+" in level and level != "+")
              for index, level in enumerate(levels))  # fmt: skip
    odd = odd or topic.filter.startswith("$") or "\x00" in topic.filter
    if not topic.filter or len(topic.filter) > LONGEST_TOPIC or odd:
        findings.add("topics", NOT_A_TOPIC(filter=topic.filter), about)
    findings.known("topics", topic.actions, ACTIONS, "an action on a topic", about)
    if not topic.actions:
        findings.add("topics", NO_TOPIC_ACTION(filter=topic.filter), about)


def rule_specs(token: Token) -> tuple[TokenRuleSpec, ...]:
    """The rules of a stored token as specs."""
    return tuple(_rule_spec(rule) for rule in token.rules.order_by("pk").prefetch_related("items__account"))


def _rule_spec(rule: TokenRule) -> TokenRuleSpec:
    sections = rule.sections
    if isinstance(sections, dict):
        sections = {name: tuple(verbs) for name, verbs in sections.items()}
    return TokenRuleSpec(
        kind=rule.kind, reach=rule.reach, verbs=tuple(rule.verbs), sections=sections,
        items=tuple(rule.items.all()), things=tuple(rule.things),
    )  # fmt: skip


# --- The ceiling


def rule_permissions(rule: TokenRuleSpec) -> PermissionSet:
    """What a rule lists, as permissions."""
    return listed_permissions(rule.kind, rule.verbs, rule.sections)


def require_issuing(ceiling: Ceiling, who: Caller, spec: TokenSpec, about: Any) -> None:
    """Nobody issues a token that has more, or lives longer, than they themselves; a person's own never has."""
    extent = extent_of(who, spec)
    ceiling.require_act(*issuing(spec, about), extent, about)
    if spec.type == Token.Type.MASTER:
        require_fresh(ceiling.actor)
    require_own_networks(who, spec, about)
    if spec.user is not None and (who.is_person(spec.user) or _same_master(who, spec.user)):
        return
    if spec.user is not None and not _same_subject(who, spec):
        _require_over_user(ceiling, spec, spec.user, extent, about)
    elif spec.type != Token.Type.ACL:
        wanted = ON_ITSELF if spec.type == Token.Type.MASTER else ITEMS | PermissionSet.of(["account:operate"])
        ceiling.require_account(wanted, spec.account, "type", extent, about)
    own_rules = rule_specs(who.token) if who.token is not None and _same_subject(who, spec) else ()
    rules = [rule for rule in spec.rules if not any(_rule_within(rule, mine) for mine in own_rules)]
    _require_whole(who, ceiling, spec, [rule for rule in rules if rule.reach != "list"], extent, about)
    _require_listed(ceiling, spec, [rule for rule in rules if rule.reach == "list"], extent, about)
    _require_topics(who, spec, about)


def issuing(spec: TokenSpec, about: Any) -> tuple[str, Token | Account]:
    """The act by which a token is issued: made, or changed or rotated where it is there."""
    return ("token:change", about) if isinstance(about, Token) else ("token:create", spec.account)


def _same_subject(who: Caller, spec: TokenSpec) -> bool:
    """Whether the token that acts stands for the very same user or account as the new one."""
    token, user_id = who.token, spec.user.pk if spec.user else None
    return token is not None and not who.acting and (token.account_id, token.user_id) == (spec.account.pk, user_id)


def _same_master(who: Caller, user: User) -> bool:
    """Whether a master token of this user acts: it has what any token of the user can have."""
    token = who.token
    return token is not None and not who.acting and token.type == Token.Type.MASTER and token.user_id == user.pk


def _require_over_user(ceiling: Ceiling, spec: TokenSpec, user: User, extent: Extent, about: Any) -> None:
    """A token for somebody else: all that their authority has, and their projects of other branches too."""
    wanted = AUTHORITIES["owner"] if user.authority == User.Authority.OWNER else ON_ITSELF
    ceiling.require_account(wanted, spec.account, "user", extent, about)
    projects = list(Project.objects.filter(members__user=user))
    decisions = engine.decide_many([Question(ceiling.actor, "project:change", project) for project in projects])
    if not all(decision.allowed for decision in decisions):
        sentence = MEMBER_ELSEWHERE(username=user.username)
        raise BeyondOwn([Problem("user", sentence, about)])


def _require_whole(
    who: Caller, ceiling: Ceiling, spec: TokenSpec, rules: Sequence[TokenRuleSpec], extent: Extent, about: Any
) -> None:  # fmt: skip
    """What rules give on all things of a kind, or on those in groups: all of it over the whole account."""
    if rules and who.token is not None and who.token.type == Token.Type.ACL and who.token.account_id != spec.account.pk:
        sentence = OWN_ACCOUNT_ONLY()
        raise BeyondOwn([Problem("account", sentence, about)])
    for rule in rules:
        ceiling.require_account(rule_permissions(rule), spec.account, "rules", extent, about)


def _require_listed(
    ceiling: Ceiling, spec: TokenSpec, rules: Sequence[TokenRuleSpec], extent: Extent, about: Any
) -> None:  # fmt: skip
    """What rules give on the things that they list: asked of all items at once, and of all other things."""
    given = [(rule, rule_permissions(rule)) for rule in rules]
    items = [(item, wanted) for rule, wanted in given for item in rule.items]
    ceiling.require_items(items, "rules", extent, Actor.of(spec.user or spec.account), about, capped=True)
    asked = [
        Question(ceiling.actor, name, (rule.kind, thing))
        for rule, wanted in given
        for thing in rule.things
        for name in (wanted - CREATES).names()
    ]
    missing: dict[Any, list[str]] = {}
    for question, decision in zip(asked, engine.decide_many(asked) if asked else (), strict=True):
        if not decision:
            missing.setdefault(question.thing, []).append(str(question.permission))
    for (kind, thing), names in missing.items():
        raise beyond("rules", names, f"{kind} {thing}", about)
    if asked:
        ceiling.require_acts([(str(one.permission), one.thing) for one in asked], extent, about)


def _require_topics(who: Caller, spec: TokenSpec, about: Any) -> None:
    """An ACL token passes on only topics of its own list, and these are of its account's space."""
    if who.token is None or who.token.type != Token.Type.ACL:
        return
    own = list(who.token.topics.all()) if who.token.account_id == spec.account.pk else []
    for topic in spec.topics:
        if not any(mine.filter in ("#", topic.filter) and set(topic.actions) <= set(mine.actions) for mine in own):
            sentence = TOPIC_BEYOND(filter=topic.filter)
            raise BeyondOwn([Problem("topics", sentence, about)])


def narrows(before: TokenSpec, after: TokenSpec) -> bool:
    """Whether a change takes away only: then it needs no ceiling."""
    return (
        (before.enabled or not after.enabled)
        and not is_later(after.expires_at, before.expires_at)
        and not is_deeper(after.history_days, before.history_days)
        and not (before.idle_ttl is not None and (after.idle_ttl is None or after.idle_ttl > before.idle_ttl))
        and (not before.allowed_addresses or are_inside(after.allowed_addresses, before.allowed_addresses))
        and all(any(_rule_within(rule, wide) for wide in before.rules) for rule in after.rules)
        and all(_topic_within(topic, before.topics) for topic in after.topics)
    )


def _rule_within(rule: TokenRuleSpec, wide: TokenRuleSpec) -> bool:
    listed = {item.pk for item in rule.items} <= {item.pk for item in wide.items}
    listed = listed and set(rule.things) <= set(wide.things)
    fits = wide.reach == "all" or (wide.reach == rule.reach and listed)
    return wide.kind == rule.kind and fits and not rule_permissions(rule) - rule_permissions(wide)


def _topic_within(topic: TopicSpec, before: Sequence[TopicSpec]) -> bool:
    return any(topic.filter == old.filter and set(topic.actions) <= set(old.actions) for old in before)
