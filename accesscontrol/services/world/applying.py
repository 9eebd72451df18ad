"""Applies a plan through the services' bulk acts, in one transaction, in an order in which each finds what it needs.

First goes what is removed inside accounts (it frees room in quotas), then accounts, roles, users, items, links, shares,
projects, grants and tokens, and last the accounts that close. What a service refuses is told with the file's line.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import Account
from accesscontrol.grants.models import Grant
from accesscontrol.services.accounts import accounts
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.grants import grants
from accesscontrol.services.grants.grantees import accept_grant
from accesscontrol.services.items import assignments, items, links
from accesscontrol.services.items.specs import LinkSpec, ShareSpec
from accesscontrol.services.people import roles, users
from accesscontrol.services.projects import projects
from accesscontrol.services.tokens import tokens
from accesscontrol.services.world.building import SpecBuilder
from accesscontrol.services.world.noting import links_to_note, note_links
from accesscontrol.services.world.planning import Plan
from accesscontrol.services.world.reading import Fault
from accesscontrol.services.world.rows import Rows, key_of, noun_of, stored_links, stored_shares

#: Things an act: enough to be fast, few enough for the bar to move.
PIECE = 4000
#: From so many changes on, the database counts its rows anew.
ANALYZED_FROM = 1000
#: Called with the number of things done since the last call.
Progress = Callable[[int], None]
_REMOVE: dict[str, Callable[..., Any]] = {
    "grant": grants.remove_grants,
    "project": projects.remove_projects,
    "token": tokens.remove_tokens,
    "item": items.remove_items,
    "user": users.remove_users,
    "role": roles.remove_roles,
}
_CREATE: dict[str, Callable[..., Any]] = {
    "account": accounts.create_accounts,
    "role": roles.create_roles,
    "user": users.create_users,
    "item": items.create_items,
    "project": projects.create_projects,
    "grant": grants.create_grants,
}
_CHANGE: dict[str, Callable[..., Any]] = {
    "account": accounts.change_accounts,
    "role": roles.change_roles,
    "user": users.change_users,
    "item": items.change_items,
    "project": projects.change_projects,
    "grant": grants.change_grants,
    "token": tokens.change_tokens,
}


class Refused(Exception):
    """A service refused a part of the file, so nothing was applied."""

    def __init__(self, faults: list[Fault]):
        super().__init__(" ".join(fault.sentence for fault in faults))
        self.faults = faults


def apply(
    actor: Actor,
    plan: Plan,
    progress: Progress = lambda _done: None,
    keep_secrets: Callable[[dict[str, str]], None] = lambda _secrets: None,
) -> dict[str, str]:
    """Make the installation what the plan's file says, wholly or not at all; gives the keys of new tokens by name.

    keep_secrets: called with these keys before the transaction ends, so that none is lost when they cannot be stored.
    Raises Refused.
    """
    with transaction.atomic():
        application = _Application(actor, plan, progress)
        application.run()
        keep_secrets(application.secrets)
        if plan.size >= ANALYZED_FROM:
            with connection.cursor() as cursor:  # both databases choose plans by figures that a bulk load leaves behind
                cursor.execute("ANALYZE")
    return application.secrets


class _Application:
    def __init__(self, actor: Actor, plan: Plan, progress: Progress):
        self.actor, self.plan, self.progress = actor, plan, progress
        self.rows = Rows(plan)
        self.builder = SpecBuilder(plan.checked.state, self.rows)
        self.secrets: dict[str, str] = {}
        self.gone: set[str] = set()  # users already removed, each with an heir

    def run(self) -> None:
        self._remove_all()
        self._change_accounts()
        self._create("account")
        self._move_accounts()
        self._create("role")
        self._change("role")
        self._change_users()
        self._create("item")
        self._change("item")
        self._link()
        self._share()
        for noun in ("project", "grant"):
            self._create(noun)
            self._change(noun)
        self._accept()
        self._run(note_links, links_to_note(self.plan), 0)
        self._create_tokens()
        self._change("token")
        self._close_accounts()

    # --- The frame of every act

    @contextmanager
    def _told_with_lines(self) -> Any:
        """Turns what a service refuses into faults of the file."""
        try:
            yield
        except Invalid as error:
            faults = [Fault(self._line(problem.about, problem.field), problem.sentence) for problem in error.problems]
            raise Refused(sorted(set(faults))) from error
        except (AccessDenied, Conflict) as error:
            raise Refused([Fault(1, str(error))]) from error

    def _line(self, about: Any, field: str) -> int:
        if isinstance(about, Model):
            noun, key = noun_of(about), key_of(about)
        else:
            noun, key = self.builder.origins.get(id(about), ("", ""))
        return self.plan.checked.line_of(noun, key, field) if noun in self.plan.checked.sources else 1

    def _run(self, act: Callable[..., Any], things: Sequence[Any], done: int | None = None) -> list[Any]:
        with self._told_with_lines():
            found = act(self.actor, things)
        self.progress(len(things) if done is None else done)
        return list(found or ())

    def _pieces(self, things: Iterable[Any]) -> Iterable[list[Any]]:
        listed = list(things)
        return (listed[start : start + PIECE] for start in range(0, len(listed), PIECE))

    def _remove_all(self) -> None:
        """What goes inside accounts; items that stay in the file outlive the developer who owned them."""
        for noun, remove in _REMOVE.items():
            if noun == "user":
                self._remove_owners()
            keys = [key for key in self.plan.removed[noun] if noun != "user" or key not in self.gone]
            for piece in self._pieces(keys):
                self._run(remove, [self.rows.get(noun, key) for key in piece])

    def _remove_owners(self) -> None:
        items, leaving = set(self.plan.removed["item"]), set(self.plan.removed["user"])
        for key, record in self.plan.stored["item"].items() if leaving else ():
            name = record["owner"]
            if name in leaving and name not in self.gone and key not in items:
                self.gone.add(name)
                owner = self.rows.get("user", name)
                self._run(functools.partial(users.remove_users, hand_items_to=owner.account), [owner])

    def _create(self, noun: str, keys: Iterable[str] | None = None) -> None:
        for piece in self._pieces(self.plan.created[noun] if keys is None else keys):
            specs = [self.builder.spec(noun, key) for key in piece]
            made = self._run(_CREATE[noun], specs)
            self.rows.add(noun, zip(piece, made, strict=True))
            self.builder.forget()

    def _change(self, noun: str, keys: Iterable[str] | None = None, **kept: Any) -> None:
        for piece in self._pieces(self.plan.changed[noun] if keys is None else keys):
            pairs = [(self.rows.get(noun, key), self.builder.changed(noun, key, **kept)) for key in piece]
            self.rows.add(noun, zip(piece, self._run(_CHANGE[noun], pairs), strict=True))
            self.builder.forget()

    # --- Accounts: limits from above to below, then new ones, then moves, and closing at the very end

    def _change_accounts(self) -> None:
        by_depth: dict[int, list[str]] = {}
        for key, changes in self.plan.changed["account"].items():
            if changes.keys() - {"parent"}:
                by_depth.setdefault(self.rows.get("account", key).level, []).append(key)
        for _, keys in sorted(by_depth.items()):
            self._change("account", keys, stays=True)

    def _move_accounts(self) -> None:
        for key, changes in self.plan.changed["account"].items():
            if "parent" in changes:
                self._change("account", [key])

    def _close_accounts(self) -> None:
        if self.plan.removed["account"]:
            closing = [self.rows.get("account", key) for key in self.plan.removed["account"]]
            self._run(accounts.remove_accounts, closing)

    # --- Users: whoever stops being an owner first, so that there is never a second one

    def _change_users(self) -> None:
        changed = self.plan.changed["user"]
        state = self.plan.checked.state["user"]
        becoming = [key for key in changed if state[key]["authority"] == "owner"]
        self._change("user", [key for key in changed if key not in set(becoming)])
        self._change("user", becoming)
        self._create("user")

    # --- Links and shares: what differs from what there is

    def _link(self) -> None:
        wanted, gone = [], []
        for key, record in self._touched("item"):
            before = set(self.plan.stored["item"][key]["links"]) if key in self.plan.changed["item"] else set()
            wanted += [(key, container) for container in record["links"] if container not in before]
            gone += [(key, container) for container in before.difference(record["links"])]
        if gone:
            self._run(links.remove_links, stored_links(gone), 0)
        for piece in self._pieces(wanted):
            specs = [
                self.builder.named(LinkSpec(member=self.rows.get("item", member),
                                            container=self.rows.get("item", container)), "item", member)
                for member, container in piece
            ]  # fmt: skip
            self._run(links.create_links, specs)
            self.builder.forget()

    def _touched(self, noun: str) -> Iterable[tuple[str, Any]]:
        state = self.plan.checked.state[noun]
        return ((key, state[key]) for keys in (self.plan.created[noun], self.plan.changed[noun]) for key in keys)

    def _share(self) -> None:
        new, gone, later = [], [], []
        for name, record in self._touched("user"):
            before = self.plan.stored["user"][name]["shares"] if name in self.plan.changed["user"] else {}
            for pair, until in record["shares"].items():
                if pair not in before:
                    new.append((name, *pair, until))
                elif before[pair] != until:
                    later.append((name, *pair))
            gone += [(name, *pair) for pair in before if pair not in record["shares"]]
        stored = stored_shares({name for name, *_ in (*gone, *later)})
        if gone:
            self._run(assignments.remove_shares, [stored[one] for one in gone if one in stored], 0)
        for piece in self._pieces(later):
            self._run(assignments.change_shares, [(stored[one], self._share_spec(*one)) for one in piece], 0)
        for piece in self._pieces(new):
            self._run(assignments.create_shares, [self._share_spec(*one[:3]) for one in piece])
            self.builder.forget()

    def _share_spec(self, name: str, item: str, codename: str) -> ShareSpec:
        until = self.plan.checked.state["user"][name]["shares"][item, codename]
        spec = ShareSpec(user=self.rows.get("user", name), item=self.rows.get("item", item), codename=codename,
                         expires_at=until)  # fmt: skip
        return self.builder.named(spec, "user", name)

    # --- Grants that some grantees have accepted and others not

    def _accept(self) -> None:
        pairs = []
        for key, record in self._touched("grant"):
            before = self.plan.stored["grant"][key]["to"] if key in self.plan.changed["grant"] else {}
            if not all(record["to"].values()):
                accepting = [one for one, accepted in record["to"].items() if accepted and not before.get(one)]
                pairs += [(self.rows.get("grant", key), self.rows.get("account", one)) for one in accepting]
        self._run(_accept_grants, pairs, 0)

    # --- Tokens: one that lists a token made after it is brought to its spec once more

    def _create_tokens(self) -> None:
        for piece in self._pieces(self.plan.created["token"]):
            made = self._run(tokens.create_tokens, [self.builder.spec("token", key) for key in piece])
            self.rows.add("token", ((key, issued.token) for key, issued in zip(piece, made, strict=True)))
            self.secrets |= {key: issued.secret for key, issued in zip(piece, made, strict=True)}
            self.builder.forget()
        self._change("token", self.builder.incomplete)


def _accept_grants(actor: Actor, pairs: Sequence[tuple[Grant, Account]]) -> None:
    for grant, account in pairs:
        accept_grant(actor, grant, account)
