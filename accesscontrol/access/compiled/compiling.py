"""Compiling: from facts to the scope of one caller, and the scopes of the accounts behind it."""

from __future__ import annotations

from datetime import datetime

from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.fresh.facts import AccountFacts, Facts, TokenFacts, UserFacts
from accesscontrol.access.law import history, sentences, topics
from accesscontrol.access.law.belonging import role_of
from accesscontrol.access.law.limits import dead_account, dead_token, dead_user, of_token
from accesscontrol.access.law.operating import may_operate, ways_to_operate
from accesscontrol.access.law.operators import CONSOLE, IN_PERSON
from accesscontrol.access.law.sources import ACCOUNT_SOURCES, USER_SOURCES, project_denies
from accesscontrol.accounts.life import is_begun, is_in_time, is_over
from accesscontrol.tokens.life import idle_end


class ScopeCompiler:
    """Compiles one caller at a time; notes which trees it looked at and when time alone would change the outcome.

    last: compile what holds throughout from now until then. own_end: whether a token's own end counts on the way.
    """

    def __init__(self, facts: Facts, now: datetime, last: datetime | None = None, *, own_end: bool = True):
        self.facts = facts
        self.now = now
        self.moments: tuple[datetime, ...] = (now,) if last is None else (now, last)
        self._of_token = self.moments if own_end else self.moments[:1]
        self.at: datetime | None = None  # the caller's what-if time
        self.roots: set[int] = {0}
        self.valid_until: datetime | None = None
        self._accounts: dict[int, Scope] = {}

    def compile(self, actor: Actor) -> Scope | None:
        """The scope of a caller; None when there is no such caller, or no such account to act as."""
        self.roots, self.valid_until, self.at, self._accounts = {0}, None, actor.at, {}
        scope = self._caller(actor.itself())
        if scope is not None and actor.acting is not None and actor.acting != scope.account:
            scope = self._operating(actor, scope)
        if scope is not None:
            scope.roots = {root: self.facts.epochs.get(root, 0) for root in self.roots}
            scope.valid_until = self.valid_until
        return scope

    # What sources ask

    def account(self, account: int) -> AccountFacts:
        found = self.facts.accounts[account]
        self.roots |= found.tops
        return found

    def wait_for(self, *edges: datetime | None) -> None:
        """Note the moments at which time alone would change the outcome; those that are past do so no more."""
        for edge in edges:
            if edge is not None and edge > self.now:
                self.valid_until = edge if self.valid_until is None else min(self.valid_until, edge)

    def in_force(self, starts_at: datetime | None, expires_at: datetime | None) -> bool:
        """Whether all moments are within the times."""
        self.wait_for(starts_at, expires_at)
        return all(is_in_time(starts_at, expires_at, moment) for moment in self.moments)

    def ever_in_force(self, starts_at: datetime | None, expires_at: datetime | None) -> bool:
        """Whether any time from the first moment to the last is within the times."""
        self.wait_for(starts_at, expires_at)
        return is_begun(starts_at, self.moments[-1]) and not is_over(expires_at, self.now)

    def account_scope(self, account: int) -> Scope:
        """What an account has; nothing while it is blocked."""
        if account not in self._accounts:
            facts = self.account(account)
            scope = Scope(facts.name, self.now, account=account, history=history.of_account(facts))
            self._accounts[account] = scope
            dead = dead_account(facts)
            scope.dead = ("alive", dead) if dead else None
            for source in ACCOUNT_SOURCES:
                scope.add(source(facts, self))
        return self._accounts[account]

    # Callers

    def _caller(self, actor: Actor) -> Scope | None:
        if actor.type == "system":
            scope = Scope(sentences.THE_CONSOLE, self.now)
            scope.add([CONSOLE])
            return scope
        if actor.type == "account":
            return self.account_scope(actor.id) if actor.id in self.facts.accounts else None
        if actor.type == "user":
            user = self.facts.users.get(actor.id)
            return self._user(user) if user else None
        token = self.facts.tokens.get(actor.id)
        return self._token(token) if token else None

    def imagined(self, user: UserFacts) -> Scope:
        """The scope of somebody who is not there; the facts are those of their account."""
        return self._user(user)

    def _user(self, user: UserFacts) -> Scope:
        scope = Scope(user.name, self.now, account=user.account, users=frozenset([user.id]))
        self.wait_for(user.expires_at)
        dead = next((why for moment in self.moments if (why := dead_user(user, moment))), None)
        if user.account is not None:
            account = self.account(user.account)
            dead = dead or dead_account(account)
            scope.history = history.of_user(user, role_of(user, self), account)
        scope.dead = ("alive", dead) if dead else None
        scope.topics = topics.of_user(user)
        for source in USER_SOURCES:
            scope.add(source(user, self))
        scope.denies = list(project_denies(user, self))
        return scope

    def _token(self, token: TokenFacts) -> Scope:
        user = self.facts.users.get(token.user) if token.user is not None else None
        base = self._user(user) if user else self.account_scope(token.account)
        idle = idle_end(token)
        self.wait_for(token.expires_at, idle)
        if is_over(idle, self.now):
            self.valid_until = self.now  # not to be kept: a use noted late by another process renews no epoch
        dead = next((why for moment in self._of_token if (why := dead_token(token, user, moment))), None)
        scope = Scope(token.name, self.now, account=base.account, users=base.users)
        scope.history = history.least((base.history, history.of_token(token)))
        scope.dead = ("alive", dead) if dead else base.dead
        scope.networks, scope.limits = token.networks, of_token(token, self.at)
        scope.topics = topics.of_token(token, base.topics)
        scope.add(one for one in base.allows_list if one.source not in IN_PERSON)
        scope.denies = base.denies
        return scope

    # Operate as

    def _operating(self, actor: Actor, own: Scope) -> Scope | None:
        """The scope of the account acted as, when the caller is one who may and that account lets them."""
        if actor.acting not in self.facts.accounts:
            return None
        target = self.account(actor.acting)
        acted = self.account_scope(target.id)
        label = sentences.OPERATING(caller=own.label, account=target.name)
        scope = Scope(label, self.now, account=target.id)
        users = (self.facts.users[user] for user in own.users)
        token = self.facts.tokens.get(actor.id) if actor.type == "token" else None
        scope.history = history.of_operating(users, token, ways_to_operate(own, target), target)
        scope.networks = own.networks
        if own.dead is not None:
            scope.dead = own.dead
        elif not may_operate(actor, own, target, self.facts):
            scope.dead = ("operate", sentences.MAY_NOT_OPERATE(caller=own.label, account=target.name))
        else:
            scope.dead = acted.dead
        scope.add(acted.allows_list)
        return scope
