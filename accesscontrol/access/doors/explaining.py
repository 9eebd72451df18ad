"""Explaining: why, or why not (every source, deny and limit with its outcome), from the same scope and evaluator."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Model
from django.utils.translation import gettext_lazy

from accesscontrol import catalogue
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.decision import Decision
from accesscontrol.access.fresh.things import MODELS, Ref, Thing
from accesscontrol.access.law import sentences
from accesscontrol.access.law.entitlements import Entitlement
from accesscontrol.access.law.levels import level_permissions, rights_permissions
from accesscontrol.access.law.limits import LIMITS, wrong_address
from accesscontrol.access.law.operators import IN_PERSON
from accesscontrol.access.law.sources import SOURCES
from accesscontrol.access.look import ANY_ITEM_VIEW, Look
from accesscontrol.access.permissions import Permission
from accesscontrol.sentences import Sentence

Origin = tuple[str, int] | None
#: What an outcome can be.
ALLOWS, DENIES, STOPS, PASSES, NEAR, ABSENT = "allows", "denies", "stops", "passes", "near", "absent"


@dataclass(frozen=True, slots=True)
class Step:
    """One box of the chain caller → source → thing.

    kind: a kind of caller or thing, the code of a source, limit or deny, or `none`. hidden: the asker may not view it.
    """

    label: object
    kind: str
    origin: Origin = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one source, deny or limit had to say.

    outcome: `allows`; `denies`; `stops` (a limit that bites); `passes` (a limit that does not); `near` (it reaches the
    thing but does not give this, or gives it elsewhere); `absent` (the caller has nothing from it).
    """

    code: str
    label: object
    outcome: str
    sentence: Sentence
    origin: Origin = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with everything that was weighed. needed: what would make a no a yes, each way with its code."""

    decision: Decision
    chain: list[Step] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    needed: list[Sentence] = field(default_factory=list)

    @property
    def allowed(self) -> bool:
        return self.decision.allowed


def explain(look: Look, wanted: str | Permission, thing: Model | Ref, asker: Look | None = None) -> Explanation:
    """Why this caller may or may not do this on this thing.

    asker: who asks, when it is not the caller; links of the chain that the asker may not view are named without detail.
    """
    explanation = explain_decision(look.decide(wanted, thing))
    return explanation if asker is None or asker.actor == look.actor else _veiled(explanation, asker)


def explain_decision(decision: Decision) -> Explanation:
    """The explanation of a decision at hand; asks the database nothing."""
    scope, thing = decision.scope, decision.thing
    if scope is None or thing is None:
        return Explanation(decision, needed=[sentences.CHECK_NAME])
    outcomes = [*_sources(decision, scope, thing), *_denies(decision, scope, thing), *_limits(decision, scope, thing)]
    needed = [] if decision else _needed(decision, scope, thing)
    return Explanation(decision, _chain(decision, thing), outcomes, needed)


def _veiled(explanation: Explanation, asker: Look) -> Explanation:
    """The same explanation with what the asker may not view named without detail."""
    origins = {outcome.origin for outcome in explanation.outcomes} | {step.origin for step in explanation.chain}
    hidden = hidden_origins(origins, asker)
    outcomes = [_veil_outcome(outcome, hidden) for outcome in explanation.outcomes]
    chain = [_veil_step(step, hidden) for step in explanation.chain]
    stopped_by = explanation.decision.verdict.origin
    needed = [sentences.LIFT(link=cannot_see(stopped_by))] if stopped_by in hidden else explanation.needed
    return Explanation(explanation.decision, chain, outcomes, needed)


def _sources(decision: Decision, scope: Scope, thing: Thing) -> list[Outcome]:
    outcomes = []
    for code, label in SOURCES.items():
        have = [entitlement for entitlement in scope.allows_list if entitlement.source == code]
        giving = [entitlement for entitlement in have if entitlement.gives(decision.permission, thing)]
        if giving:
            outcomes += [Outcome(code, label, ALLOWS, e.sentence.alone(), e.origin) for e in giving]
        else:
            outcomes += _near(code, label, have, decision.permission, thing)
    return outcomes


def _near(code: str, label: object, have: list[Entitlement], wanted: Permission, thing: Thing) -> list[Outcome]:
    """Why a source gives nothing here: at most a few of its nearest entitlements."""
    if not have:
        return [Outcome(code, label, ABSENT, sentences.NOTHING_FROM_HERE)]
    reaching = [entitlement for entitlement in have if entitlement.reach.covers(thing)]
    capped = [entitlement for entitlement in reaching if entitlement.permissions.has(wanted)]
    if capped:
        return [Outcome(code, label, NEAR, sentences.CAPPED(why=e.sentence.alone()), e.origin) for e in capped[:3]]
    if reaching:
        less = [(sentences.GIVES_LESS(why=e.sentence.alone(), permission=wanted), e.origin) for e in reaching[:3]]
        return [Outcome(code, label, NEAR, sentence, origin) for sentence, origin in less]
    if any(entitlement.permissions.has(wanted) for entitlement in have):
        return [Outcome(code, label, NEAR, sentences.GIVES_ELSEWHERE(permission=wanted))]
    return [Outcome(code, label, ABSENT, sentences.NEITHER)]


def _denies(decision: Decision, scope: Scope, thing: Thing) -> list[Outcome]:
    label = sentences.DENY_RULES
    found = [deny for deny in scope.denies if deny.gives(decision.permission, thing)]
    if found:
        return [Outcome("deny", label, DENIES, deny.sentence.alone(), deny.origin) for deny in found]
    return [Outcome("deny", label, PASSES, sentences.NO_DENY)]


def _limits(decision: Decision, scope: Scope, thing: Thing) -> list[Outcome]:
    dead = scope.dead
    away = wrong_address(scope.networks, decision.actor.address)
    alive = dead[1] if dead and dead[0] == "alive" else away
    outcomes = [_limit("alive", alive, sentences.IS_ALIVE)]
    if decision.actor.acting is not None:
        operate = dead[1] if dead and dead[0] == "operate" else None
        outcomes.append(_limit("operate", operate, sentences.MAY_OPERATE))
    for limit in scope.limits:
        outcomes.append(_limit(limit.code, limit.stops(decision.permission, thing), sentences.LETS_THROUGH))
    if (figure := decision.clipped_by) is not None:
        told = _last_days(figure.days, figure.of)
        outcomes.append(Outcome("history", LIMITS["history"], PASSES, told, figure.origin))
    return outcomes


def _last_days(days: int, of: Sentence | str) -> Sentence:
    return (sentences.LAST_DAY if days == 1 else sentences.LAST_DAYS)(days=days, of=of)


def _limit(code: str, stopped: Sentence | None, passes: Sentence) -> Outcome:
    return Outcome(code, LIMITS[code], STOPS if stopped else PASSES, stopped.alone() if stopped else passes)


def _chain(decision: Decision, thing: Thing) -> list[Step]:
    actor, scope, verdict = decision.actor, decision.scope, decision.verdict
    caller = Step(scope.label if scope else "", actor.type, (actor.type, actor.id) if actor.type in MODELS else None)
    end = Step(thing.name, thing.kind, ("item" if thing.is_item else thing.kind, thing.id))
    if verdict.by is None:
        return [caller, Step(sentences.NOTHING_BETWEEN, "none"), end]
    by = verdict.by
    steps = [caller, Step(SOURCES[by.source], by.source, by.origin)]
    if not verdict.allowed:
        steps.append(Step(verdict.stopped, verdict.code, verdict.origin))
    return [*steps, end]


def hidden_origins(origins: set[Origin], asker: Look) -> set[Origin]:
    """The rows among these that the asker may not view."""
    hidden: set[Origin] = set()
    for kind in {origin[0] for origin in origins if origin}:
        wanted = [origin for origin in origins if origin and origin[0] == kind]
        view = ANY_ITEM_VIEW if kind == "item" else f"{kind}:view"
        rows = asker.visible(view, MODELS[kind]._default_manager.filter(pk__in=[row for _, row in wanted]))
        seen = set(rows.values_list("pk", flat=True))
        hidden |= {origin for origin in wanted if origin[1] not in seen}
    return hidden


def cannot_see(origin: Origin) -> Sentence:
    """How a link of the chain is called to somebody who may not view it."""
    if not origin or origin[0] == "item":
        return sentences.UNSEEN_THING
    kind = catalogue.KINDS[origin[0]].label
    return (sentences.UNSEEN_LINK_VOWEL if kind[0] in "AEIOU" else sentences.UNSEEN_LINK)(kind=sentences.lowered(kind))


def _veil_outcome(outcome: Outcome, hidden: set[Origin]) -> Outcome:
    if outcome.origin not in hidden:
        return outcome
    link = cannot_see(outcome.origin)
    if outcome.code == "history":
        told = _last_days(outcome.sentence.parts["days"], link)
        return Outcome(outcome.code, outcome.label, outcome.outcome, told)
    through = sentences.THROUGH(link=link)
    return Outcome(outcome.code, outcome.label, outcome.outcome, through.alone())


def _veil_step(step: Step, hidden: set[Origin]) -> Step:
    return step if step.origin not in hidden else Step(cannot_see(step.origin), step.kind, hidden=True)


def _needed(decision: Decision, scope: Scope, thing: Thing) -> list[Sentence]:
    """What would turn this no into a yes, in sentences that say what to do."""
    verdict, wanted = decision.verdict, decision.permission
    if verdict.code in ("alive", "operate"):
        return [sentences.LIFT_FIRST(why=verdict.stopped)]
    if verdict.code == "deny":
        return [sentences.TAKE_DENY_AWAY(why=verdict.stopped)]
    if verdict.code in ("token_type", "token_rules"):
        return [sentences.A_TOKEN_ENTRY(permission=wanted)]
    return _ways(decision, scope, thing)


def _ways(decision: Decision, scope: Scope, thing: Thing) -> list[Sentence]:
    wanted, ways = decision.permission, []
    named = {"thing": thing.name, "caller": scope.label, "permission": wanted}
    if any(one.source in IN_PERSON for one in scope.allows_list):
        ways.append(sentences.AN_ENTRY)
    if thing.is_item and decision.actor.type == "user" and scope.account in thing.path:
        codes = [code for code in catalogue.RIGHTS if rights_permissions((code,)).has(wanted)]
        if codes and len(codes) < len(catalogue.RIGHTS):
            rights = sentences.quoted(gettext_lazy(catalogue.RIGHTS[code].label) for code in codes)
            ways.append(sentences.A_ROLE(rights=rights, thing=thing.name))
        else:
            ways.append(sentences.A_SHARE(**named))
        ways.append(sentences.A_PROJECT(**named))
    levels = ["read", *catalogue.LEVELS_ON_ITEMS]
    fitting = next((level for level in levels if level_permissions(level).has(wanted)), None)
    if fitting and scope.account not in thing.path:
        ways.append(sentences.A_GRANT(grantor=thing.account_name, level=fitting))
    if wanted.is_create and scope.account != thing.account:
        ways.append(sentences.A_CREATE_GRANT(thing=thing.name, kind=wanted.kind))
    return ways or [sentences.ONLY_ABOVE(account=thing.account_name or sentences.ACCOUNT_ABOVE, permission=wanted)]
