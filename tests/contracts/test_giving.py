"""Every act that gives asks how long and how deep its actor may give (access model §11): one statement, found here by
walking the acts. An act that gives nothing stands in the table below with its reason; a new one fails until it does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

import pytest

from tests.contracts.calls import Module, defined, modules

pytestmark = pytest.mark.checklist("E02")

SERVICES = "accesscontrol.services."
#: The one statement, and what makes an act one: its transaction or its line in the log.
STATEMENT = f"{SERVICES}frame.own_ends.OwnEnds"
WRITES = {f"{SERVICES}frame.acts.{name}" for name in ("act", "record", "record_all")}

TAKES_AWAY = "takes away, and no deny goes with it"
ANSWERS = "takes, or declines, what somebody else gave; whoever gave it was asked"
ONESELF = "is about the session of whoever acts"
OWN_FACTORS = "is about one's own sign-in, in person"
CONTENT = "writes what stands in an item, which gives nobody anything"
LINE = "writes lines of the log"
OPENS = "opens what nobody is in, within the quotas and the depth of the account above"
MAIL = "writes to oneself, in person"
PART = "is a part of acts that ask"
GIVES_NOTHING = {
    "accounts.entries.enter_tree": "for an hour and for oneself, in person; an entry is no end",
    "accounts.entries.leave_tree": TAKES_AWAY,
    "accounts.accounts.create_accounts": OPENS,
    "accounts.accounts.open_account": OPENS,
    "joining.invitations.withdraw_invitation": TAKES_AWAY,
    "joining.invitations.invite_first_owner": "the platform operator, whose entries are no end; in person",
    "joining.proving.ask_new_address": MAIL,
    "joining.proving.ask_own_proof": MAIL,
    "world.joining.bring_proven": "says of an address that it answered; the platform operator only",
    "world.joining.bring_policies": "asks by change_policy",
    "accounts.accounts.close_account": TAKES_AWAY,
    "accounts.accounts.remove_accounts": TAKES_AWAY,
    "accounts.ownership.confirm_ownership": f"{ANSWERS}, and their end is held against that of the new owner again",
    "accounts.ownership.withdraw_ownership": TAKES_AWAY,
    "frame.acts.record": LINE,
    "frame.acts.record_all": LINE,
    "grants.grantees.accept_grant": ANSWERS,
    "grants.grantees.drop_grant": TAKES_AWAY,
    "grants.grants.remove_grants": TAKES_AWAY,
    "grants.grants.revoke_grant": TAKES_AWAY,
    "grants.invitations.withdraw_invitation": TAKES_AWAY,
    "grants.links.end_links": TAKES_AWAY,
    "grants.previews.previews.preview_drop": "tries what takes away, and undoes it",
    "grants.previews.previews.preview_revoke": "tries what takes away, and undoes it",
    "items.assignments.remove_shares": TAKES_AWAY,
    "items.assignments.unassign_items": TAKES_AWAY,
    "items.items.delete_item": TAKES_AWAY,
    "items.items.remove_items": TAKES_AWAY,
    "items.links.remove_links": "takes away; who gains sight of what hangs on no device then is told before (§6)",
    "items.links.unlink_items": "takes away; who gains sight of what hangs on no device then is told before (§6)",
    "items.sections.add_record": CONTENT,
    "items.sections.call_endpoint": CONTENT,
    "items.sections.change_record": CONTENT,
    "items.sections.clear_section": CONTENT,
    "items.sections.delete_record": CONTENT,
    "items.sections.send_command": CONTENT,
    "items.sections.set_output": CONTENT,
    "signing_in.factors.add_app": OWN_FACTORS,
    "signing_in.factors.add_passkey": OWN_FACTORS,
    "signing_in.factors.make_recovery_codes": OWN_FACTORS,
    "signing_in.factors.remove_factor": OWN_FACTORS,
    "signing_in.factors.rename_passkey": OWN_FACTORS,
    "signing_in.live_sessions.end_all_sessions": TAKES_AWAY,
    "signing_in.live_sessions.end_session": TAKES_AWAY,
    "signing_in.lost_factors.ask_reset": TAKES_AWAY,
    "signing_in.lost_factors.object_to_reset": "keeps one's own factors, in person",
    "signing_in.policies.change_policy": "asks more of people, or less of the same; no access comes of it",
    "people.erasing.erase_person": "erases personal values of the log",
    "people.roles.delete_role": f"{TAKES_AWAY}: its users keep its history depth",
    "people.roles.remove_roles": f"{TAKES_AWAY}: their users keep their history depth",
    "signing_in.sessions.record_confirmed": LINE,
    "signing_in.sessions.record_sign_in": LINE,
    "signing_in.sessions.record_sign_out": LINE,
    "signing_in.sessions.start_operating": ONESELF,
    "signing_in.sessions.stop_operating": ONESELF,
    "people.compromised.declare_account_compromised": TAKES_AWAY,
    "people.compromised.declare_compromised": TAKES_AWAY,
    "people.removing.remove_users": TAKES_AWAY,
    "signing_in.new_passwords.set_password": "sets one's own password, in person",
    "people.users.store_users": f"{PART}: create_users and add_light_member",
    "providers.confirming.confirm_by_provider": LINE,
    "providers.providers.remove_provider": TAKES_AWAY,
    "projects.members.accept_membership": ANSWERS,
    "projects.members.decline_membership": ANSWERS,
    "projects.members.withdraw_member_invitation": TAKES_AWAY,
    "tokens.tokens.disable_tokens": TAKES_AWAY,
    "tokens.tokens.remove_tokens": TAKES_AWAY,
    "tokens.tokens.revoke_token": TAKES_AWAY,
    "world.noting.note_links": f"{PART}: what a file says of links that are there",
}


def acts_that_do_not_ask(services: list[Module], statement: str, writes: Iterable[str]) -> set[str]:
    """The public functions that take an actor, write, and do not reach the statement, also not through another."""
    refers = {
        f"{module.name}.{name}": set(module.references(node))
        for module in services
        for node in module.tree.body
        for name in defined(node)
    }
    acts = {
        name
        for module in services
        for name, function in module.functions()
        if function.args.args and function.args.args[0].arg == "actor"
    }
    assert acts, "there are no acts to look at"
    written = {name for name in acts if _closure(name, refers) & set(writes)}
    return {name for name in written if statement not in _closure(name, refers)}


def _closure(name: str, refers: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = {name}
    while waiting:
        found |= waiting
        waiting = {one for known in waiting for one in refers.get(known, ())} - found
    return found


def test_every_act_asks_how_long_and_how_deep_one_may_give_or_says_why_not():
    found = acts_that_do_not_ask(modules("accesscontrol/services"), STATEMENT, WRITES)
    assert {name.removeprefix(SERVICES) for name in found} == set(GIVES_NOTHING)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def give(actor): record(actor)", {"acts.give"}),
        ("def give(actor): ask(actor); record(actor)", set()),
        ("def give(actor): _within(actor)\ndef _within(actor): ask(actor); record(actor)", set()),
        ("def look(actor): ...\ndef _hidden(actor): record(actor)\ndef size(box): record(box)", set()),
    ],
)
def test_an_act_that_does_not_ask_is_found(source: str, found: set[str]):
    module = Module("acts", ast.parse(f"from frame import ask, record\n{source}"))
    assert acts_that_do_not_ask([module], "frame.ask", {"frame.record"}) == found


def test_there_is_one_statement_of_how_long_and_how_deep():
    """Nobody else compares the ends of an actor with those of what they give: the ceilings alone hold the statement."""
    users = {module.name for module in modules("accesscontrol", "portal") if STATEMENT in _all(module)}
    assert users == {f"{SERVICES}frame.ceilings", f"{SERVICES}frame.own_ends"}


def _all(module: Module) -> set[str]:
    return {name for node in module.tree.body for name in module.references(node)} | {
        f"{module.name}.{name}" for node in module.tree.body for name in defined(node)
    }
