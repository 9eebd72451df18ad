"""A line of the audit log as a short sentence: who did what to which thing."""

from __future__ import annotations

import json

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accesscontrol import catalogue
from accesscontrol.audit.models import Event
from portal.frame.shown.parts import Pair, RecordLine
from portal.pages.events.tables import on_what, told_entry, who_acted

#: The act in past tense, by the whole name of the action or by the part after its dot.
_DID = {
    "account.open": gettext_lazy("opened"),
    "account.close": gettext_lazy("closed"),
    "account.block": gettext_lazy("blocked"),
    "account.unblock": gettext_lazy("unblocked"),
    "account.limits": gettext_lazy("changed the limits of"),
    "account.policy": gettext_lazy("changed what is asked for signing in to"),
    "user.sessions.end": gettext_lazy("ended sessions of"),
    "user.factor.reset_asked": gettext_lazy("asked to reset the second factors of"),
    "user.factor.reset_refused": gettext_lazy("objected to the reset of the second factors of"),
    "user.factor.reset": gettext_lazy("reset the second factors of"),
    "account.operate": gettext_lazy("began to act as"),
    "account.operate_stop": gettext_lazy("stopped acting as"),
    "account.enter": gettext_lazy("entered"),
    "account.leave": gettext_lazy("left"),
    "account.offer_ownership": gettext_lazy("offered the ownership of"),
    "account.withdraw_ownership": gettext_lazy("took back the offered ownership of"),
    "account.hand_over": gettext_lazy("handed over the ownership of"),
    "item.link": gettext_lazy("linked"),
    "item.unlink": gettext_lazy("unlinked"),
    "token.leaked": gettext_lazy("found where others can read it, so that it ended:"),
    "token.exposed": gettext_lazy("sent in the open, so that it was refused:"),
    "account.registration": gettext_lazy("changed who may sign up at"),
    "account.provider.add": gettext_lazy("set up the identity provider"),
    "account.provider.remove": gettext_lazy("removed the identity provider"),
    "account.provider": gettext_lazy("changed the identity provider"),
    "user.come": gettext_lazy("came in by the identity provider as"),
    "user.link": gettext_lazy("signed in by the identity provider for the first time as"),
    "user.role_by_provider": gettext_lazy("has another role by the groups at the provider:"),
    "user.invite": gettext_lazy("invited"),
    "user.withdraw_invitation": gettext_lazy("took back the invitation of"),
    "user.join": gettext_lazy("joined as"),
    "user.sign_up": gettext_lazy("signed up as"),
    "user.prove": gettext_lazy("confirmed the address of"),
    "user.ask_address": gettext_lazy("asked for another address of"),
    "user.reset_password": gettext_lazy("chose a new password by mail for"),
    "user.password": gettext_lazy("set the password of"),
    "user.compromised": gettext_lazy("declared compromised, which ended all sessions of"),
    "token.compromised": gettext_lazy("ended the key of"),
    "sign_in": gettext_lazy("signed in:"),
    "sign_out": gettext_lazy("signed out:"),
    "sign_in_confirmed": gettext_lazy("confirmed who they are:"),
    "sign_in_refused": gettext_lazy("was not let in as"),
    "user.factor.add": gettext_lazy("added a second factor of"),
    "user.factor.rename": gettext_lazy("renamed a passkey of"),
    "user.factor.remove": gettext_lazy("removed a second factor of"),
    "user.factor.codes": gettext_lazy("made new recovery codes of"),
    "user.assign": gettext_lazy("assigned something to"),
    "user.unassign": gettext_lazy("took an assignment from"),
    "project.items": gettext_lazy("changed the items of"),
    "project.member.add": gettext_lazy("added a member to"),
    "project.member.change": gettext_lazy("changed a membership of"),
    "project.member.remove": gettext_lazy("ended a membership of"),
    "project.member.accept": gettext_lazy("joined"),
    "project.member.decline": gettext_lazy("declined to join"),
    "project.role.create": gettext_lazy("made a role of"),
    "project.role.change": gettext_lazy("changed a role of"),
    "project.role.delete": gettext_lazy("deleted a role of"),
    "event.erase": gettext_lazy("erased what is known of"),
    "event.archive": gettext_lazy("moved old lines of the log into a file:"),
    "sweep": gettext_lazy("cleared away what had ended"),
    "invite": gettext_lazy("invited somebody to"),
    "withdraw_invitation": gettext_lazy("took back an invitation to"),
    "clear": gettext_lazy("cleared a part of"),
    "assign": gettext_lazy("assigned something to"),
    "create": gettext_lazy("created"),
    "change": gettext_lazy("changed"),
    "delete": gettext_lazy("deleted"),
    "remove": gettext_lazy("removed"),
    "move": gettext_lazy("moved"),
    "give": gettext_lazy("gave to another owner:"),
    "revoke": gettext_lazy("revoked"),
    "drop": gettext_lazy("dropped out of"),
    "accept": gettext_lazy("accepted"),
    "rotate": gettext_lazy("rotated the key of"),
}


#: An act on a section of an item has the section in the middle of its name: item.commands.create.
SECTION_ACTION = 3
_TO_SECTION = {
    "create": gettext_lazy("added to the %(section)s of"),
    "change": gettext_lazy("changed the %(section)s of"),
    "delete": gettext_lazy("deleted from the %(section)s of"),
    "clear": gettext_lazy("cleared the %(section)s of"),
}


def did(event: Event) -> str:
    """What was done, in past tense. A part of an item that was written to is named: “added to the commands of”."""
    found = _DID.get(event.action)
    parts = event.action.split(".")
    if found is None and parts[0] == "item" and len(parts) == SECTION_ACTION:
        verb = _TO_SECTION.get(parts[2], _TO_SECTION["change"])
        return verb % {"section": catalogue.SECTIONS[parts[1]].label.lower() if parts[1] in catalogue.SECTIONS else ""}
    found = found or _DID.get(parts[-1])
    return str(found) if found else _("did something to")


def sentence(event: Event) -> str:
    """Who did what to which thing."""
    if event.action in ("sign_in", "sign_out", "sign_in_confirmed"):
        return f"{who_acted(event)} {str(_DID[event.action]).rstrip(':')}"
    if event.action == "account.enter" and (told := told_entry(event)):
        return f"{who_acted(event)} {did(event)} {on_what(event)} {told}"
    if event.action in ("account.operate", "account.operate_stop"):
        return f"{who_acted(event).partition(' → ')[0]} {did(event)} {on_what(event)}"
    return f"{who_acted(event)} {did(event)} {on_what(event)}"


def record_of(event: Event) -> RecordLine:
    """A line as components/records.html shows it: when, the sentence, from where, what changed."""
    detail = getattr(event, "detail", None)
    pairs: list[Pair] = [{"label": _("from"), "value": detail.address}] if detail is not None and detail.address else []
    if event.entry_id is not None:
        pairs.append({"label": _("under entry"), "value": event.entry_id})
    changes = detail.changes if detail is not None else {}
    text = json.dumps(changes, indent=2, ensure_ascii=False) if changes else ""
    return {"time": event.at, "label": sentence(event), "pairs": pairs, "json": text}
