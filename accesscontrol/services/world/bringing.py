"""The acts that bring a plan about, in an order in which each finds what it needs.

First goes what is removed inside accounts (it frees room in quotas), then accounts, roles, users, items, links, shares,
projects, grants and tokens, and last the accounts that close.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.models import Grant
from accesscontrol.services.accounts import accounts
from accesscontrol.services.grants.grantees import accept_grant
from accesscontrol.services.items import assignments, links
from accesscontrol.services.items.specs import LinkSpec, ShareSpec
from accesscontrol.services.tokens import tokens
from accesscontrol.services.world.building import ACTS, SpecBuilder
from accesscontrol.services.world.joining import (
    ASKS_NOTHING,
    NO_PROVIDER,
    NOBODY_REGISTERS,
    bring_invited,
    bring_policies,
    bring_proven,
    bring_providers,
    bring_registrations,
)
from accesscontrol.services.world.noting import NoteSpec, note_links
from accesscontrol.services.world.planning import Plan
from accesscontrol.services.world.rows import Rows, stored_links, stored_shares
from accesscontrol.services.world.trying import Trial, Wish

#: Things an act: enough to be fast, few enough for the bar to move.
PIECE = 4000
DEVELOPER = User.Authority.DEVELOPER
#: Called with the number of things done since the last call.
Progress = Callable[[int], None]
#: What goes inside accounts, in this order.
_REMOVED = ("grant", "project", "token", "item", "user", "role")


class Bringing:
    """One run of a plan; what acts refuse stands in `trial.faults`, the keys of new tokens in `secrets`."""

    def __init__(self, actor: Actor, plan: Plan, progress: Progress):
        self.plan, self.progress = plan, progress
        self.trial = Trial(actor, plan.checked)
        self.rows = Rows(plan)
        self.builder = SpecBuilder(plan.checked, self.rows)
        self.secrets: dict[str, str] = {}
        self.lost: set[tuple[str, str]] = set()  # links of the file that ended with a grant

    def run(self) -> None:
        self._remove_all()
        for keys in self.plan.accounts_by_depth():
            self._change("account", keys)
            self._create("account", keys)
        self._create("role")
        self._change("role")
        self._change_users()
        self._join()
        self._change("item")
        self._claim("item")
        self._create("item")
        self._share()
        self._change("project")
        self._claim("project")
        self._create("project")
        self._change("grant")
        self._create("grant")
        self._accept()
        self._link()
        self._ask(note_links, self._notes(), 0)
        self._create_tokens()
        self._close_accounts()

    def require_whole(self) -> None:
        """Nothing is passed over in silence: where no act has refused anything, everything is there."""
        if self.trial.faults or self.plan.checked.faults.errors:
            return
        for noun, keys in self.plan.created.items():
            self.rows.every(noun, keys)
        if missing := self.rows.missing():
            raise RuntimeError(f"No act has said why these are missing: {', '.join(missing[:10])}.")

    # --- The frame of every act

    def _ask(self, act: Callable[..., Any], wishes: Sequence[Wish], done: int | None = None) -> list[tuple[Wish, Any]]:
        found = self.trial.ask(act, wishes)
        self.progress(len(wishes) if done is None else done)
        return found

    def _pieces(self, things: Iterable[Any]) -> Iterable[list[Any]]:
        listed = list(things)
        return (listed[start : start + PIECE] for start in range(0, len(listed), PIECE))

    def _remove_all(self) -> None:
        """What goes inside accounts; items that stay in the file outlive the developer who owned them."""
        for noun in _REMOVED:
            for piece in self._pieces(self.plan.removed[noun]):
                self._ask(ACTS[noun].remove, [Wish(noun, key, row=self.rows.leaving[noun][key]) for key in piece])

    def _close_accounts(self) -> None:
        leaving = self.rows.leaving["account"]
        self._ask(accounts.remove_accounts, [Wish("account", key, row=row) for key, row in leaving.items()])

    def _create(self, noun: str, keys: Iterable[str] | None = None) -> None:
        """Make what is new, of these keys or all."""
        stored = self.plan.stored[noun]
        for piece in self._pieces(
            self.plan.created[noun] if keys is None else [key for key in keys if key not in stored]
        ):
            wishes = [Wish(noun, key, spec) for key in piece if (spec := self.builder.new(noun, key)) is not None]
            self.rows.add(noun, ((wish.key, row) for wish, row in self._ask(ACTS[noun].create, wishes)))

    def _change(self, noun: str, keys: Iterable[str] | None = None) -> None:
        """Bring what is there to its record, of these keys or all."""
        changed = self.plan.changed[noun]
        for piece in self._pieces(changed if keys is None else [key for key in keys if key in changed]):
            self._bring(noun, [(key, self.builder.changed(noun, key, changed[key])) for key in piece])

    def _bring(self, noun: str, specs: Iterable[tuple[str, Any]]) -> None:
        wishes = [Wish(noun, key, spec, self.rows.find(noun, key)) for key, spec in specs if spec is not None]
        self.rows.add(noun, ((wish.key, row) for wish, row in self._ask(ACTS[noun].change, wishes)))

    # --- Users: whoever stops being an owner first, so that there is never a second one

    def _change_users(self) -> None:
        state = self.plan.checked.state["user"]
        self._bring("user", [(key, replace(self.builder.changed("user", key, ("external_id",)), external_id=""))
                             for key in self._giving_ids()])  # fmt: skip
        becoming = {key for key in self.plan.changed["user"] if state[key]["authority"] == "owner"}
        self._change("user", [key for key in self.plan.changed["user"] if key not in becoming])
        self._change("user", becoming)
        self._create("user")

    def _giving_ids(self) -> list[str]:
        """Whose id goes on to somebody else of the file: they are without one first."""
        stored = self.plan.stored["user"]
        wanted = {(record["account"], record["external_id"]) for _, record in self._touched("user")}
        changed = [key for key, names in self.plan.changed["user"].items() if "external_id" in names]
        had = {key: (stored[key]["account"], stored[key]["external_id"]) for key in changed}
        return [key for key, one in had.items() if one[1] and one in wanted]

    def _join(self) -> None:
        """How people join and sign in: where the file says so, and it is not so."""
        said, build = self.plan.checked.state["account"], self.builder
        for name, bring, default, wanted in (
            ("registration", bring_registrations, NOBODY_REGISTERS, build.registration),
            ("provider", bring_providers, NO_PROVIDER, build.provider),
            ("policy", bring_policies, ASKS_NOTHING, lambda key: said[key]["policy"]),
        ):
            for key in self._said("account", name, default):  # one at a time: each is told what is wrong with it
                if (row := self.rows.find("account", key)) is not None:
                    self._ask(bring, [Wish("account", key, row=(row, wanted(key)), field=name)], 0)
        for name, prove in (("proven", bring_proven), ("invited", bring_invited)):
            state = self.plan.checked.state["user"]
            found = [(key, state[key][name], self.rows.find("user", key)) for key in self._said("user", name, False)]
            self._ask(prove, [Wish("user", key, row=(row, value), field=name) for key, value, row in found if row], 0)

    def _said(self, noun: str, name: str, default: Any) -> list[str]:
        """The things of which the file says this, and it is not so."""
        before = self.plan.stored[noun]
        said = ((key, record[name]) for key, record in self._touched(noun) if record[name] is not None)
        return [key for key, value in said if value != (before[key][name] if key in before else default)]

    def _claim(self, noun: str) -> None:
        """What the file leaves with somebody who is a developer no longer has gone to the account by now: it is asked
        for once more, so that the act of giving says why it cannot be theirs."""
        state, stored = self.plan.checked.state, self.plan.stored
        gone = {
            name
            for name in self.plan.changed["user"]
            if stored["user"][name]["authority"] == DEVELOPER and state["user"][name]["authority"] != DEVELOPER
        }
        left = [key for key in state[noun].keys() & stored[noun].keys() if state[noun][key]["owner"] in gone]
        self.rows.load(noun, [key for key in left if key not in self.plan.changed[noun]])
        self._bring(noun, [(key, self.builder.changed(noun, key, ("owner",))) for key in sorted(left)])

    # --- Links and shares: what differs from what there is

    def _link(self) -> None:
        wanted, gone = [], []
        for key, record in self._touched("item"):
            before = set(self.plan.stored["item"][key]["links"]) if key in self.plan.changed["item"] else set()
            wanted += [(key, container) for container in record["links"] if container not in before]
            gone += [(key, container) for container in before.difference(record["links"])]
        cut = [Wish("item", link.member.key, row=link, field="links") for link in stored_links(gone)]
        self._ask(links.remove_links, cut, 0)
        self.lost = self._lost_links()
        for piece in self._pieces([*wanted, *sorted(self.lost)]):
            ends = [(key, self.rows.find("item", key), self.rows.find("item", container)) for key, container in piece]
            wishes = [
                Wish("item", key, LinkSpec(member=member, container=container), field="links")
                for key, member, container in ends
                if member is not None and container is not None
            ]
            self._ask(links.create_links, wishes)

    def _lost_links(self) -> set[tuple[str, str]]:
        """Links that were there, and shall be, but ended with a grant that this file changes or removes."""
        if not (self.plan.changed["grant"] or self.plan.removed["grant"]):
            return set()
        state, stored = self.plan.checked.state["item"], self.plan.stored["item"]
        kept = {(key, into) for key in state.keys() & stored.keys() for into in stored[key]["links"]}
        kept = {(key, into) for key, into in kept if into in state[key]["links"]}
        lost = kept - {(link.member.key, link.container.key) for link in stored_links(kept)}
        self.rows.load("item", {key for pair in lost for key in pair})
        return lost

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
                    later.append((name, *pair, until))
            gone += [(name, *pair) for pair in before if pair not in record["shares"]]
        stored = stored_shares({name for name, *_ in (*gone, *later)})
        cut = [Wish("user", one[0], row=stored[one], field="shares") for one in gone if one in stored]
        self._ask(assignments.remove_shares, cut, 0)
        for piece in self._pieces(later):
            self._ask(assignments.change_shares, self._share_wishes(piece, stored), 0)
        for piece in self._pieces(new):
            self._ask(assignments.create_shares, self._share_wishes(piece, {}))

    def _share_wishes(self, wanted: Iterable[tuple[str, str, str, Any]], stored: dict) -> list[Wish]:
        wishes = []
        for name, key, codename, until in wanted:
            user, item = self.rows.find("user", name), self.rows.find("item", key)
            if user is not None and item is not None:
                spec = ShareSpec(user=user, item=item, codename=codename, expires_at=until)
                wishes.append(Wish("user", name, spec, stored.get((name, key, codename)), field="shares"))
        return wishes

    # --- Grants that some grantees have accepted and others not, and links that were made under one

    def _accept(self) -> None:
        wishes = []
        for key, record in self._touched("grant"):
            before = self.plan.stored["grant"][key]["to"] if key in self.plan.changed["grant"] else {}
            accepting = [one for one, accepted in record["to"].items() if accepted and not before.get(one)]
            ends = [(self.rows.find("grant", key), self.rows.find("account", one)) for one in accepting]
            if not all(record["to"].values()):
                wishes += [Wish("grant", key, row=pair) for pair in ends if None not in pair]
        self._ask(_accept_grants, wishes, 0)

    def _notes(self) -> list[Wish]:
        """The links whose grants differ from what the database holds."""
        checked, wishes = self.plan.checked, []
        keys = [*(key for key, _ in self._touched("item")), *(key for key, _ in sorted(self.lost))]
        for key in dict.fromkeys(keys):
            before = self.plan.stored["item"].get(key, {"links_under": {}})["links_under"]
            for container, ends in checked.state["item"][key]["links_under"].items():
                known = before.get(container, {}) if (key, container) not in self.lost else {}
                if known == ends or (key, container) in checked.plain_links:
                    continue
                spec = self._note(key, container, ends, {end for end in ends if known.get(end) != ends[end]})
                wishes += [Wish("item", key, spec, field="links")] if spec is not None else []
        return wishes

    def _note(self, key: str, container: str, ends: dict[str, tuple[str, str]], said: set[str]) -> NoteSpec | None:
        find = self.rows.find
        rows = {end: (find("grant", grant), find("account", grantee)) for end, (grant, grantee) in ends.items()}
        member, into = find("item", key), find("item", container)
        if member is None or into is None or any(None in pair for pair in rows.values()):
            return None
        return NoteSpec(member=member, container=into, ends=rows, said=said)

    # --- Tokens: one that lists a token made after it is brought to its spec once more

    def _create_tokens(self) -> None:
        for piece in self._pieces(self.plan.created["token"]):
            wishes = [Wish("token", key, spec) for key in piece if (spec := self.builder.new("token", key)) is not None]
            made = self._ask(tokens.create_tokens, wishes)
            self.rows.add("token", ((wish.key, issued.token) for wish, issued in made))
            self.secrets |= {wish.key: issued.secret for wish, issued in made}
        late = [key for key in self.plan.created["token"] if key in self.builder.incomplete]
        known = ((key, self.builder.changed("token", key, ("rules",))) for key in late if self.rows.find("token", key))
        self._bring("token", known)
        self._change("token")


def _accept_grants(actor: Actor, pairs: Sequence[tuple[Grant, Account]]) -> None:
    for grant, account in pairs:
        accept_grant(actor, grant, account)
