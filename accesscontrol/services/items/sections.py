"""Acts on the sections of an item: records of messages, commands, properties, outputs, files …

Each asks `<kind>.<section>:<verb>`. Settings stand in the item itself (`items.change_settings`), links in `links`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.doors.records import of_seen_devices
from accesscontrol.items.models import Item, Record
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import act_on_items, caller, difference, record
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.revisions import join
from accesscontrol.services.items.specs import RecordSpec

ENTRY_GONE = Wording("entry_gone", _("The entry has been deleted meanwhile. Reload the page."))
NO_RECORDS = Wording("no_records", _("“%(section)s” are %(elsewhere)s, not records. Change them there."))

#: Sections whose contents are no records.
_ELSEWHERE = {"settings": "the item's settings", "items": "the item's links"}


def record_spec(row: Record) -> RecordSpec:
    """The state of an entry as a spec."""
    return RecordSpec(data=row.data, name=row.name)


def check_section(kind: str, section: str, verb: str) -> str:
    """The permission for a verb on a section's records. Raises Invalid for what the catalogue does not have."""
    sections = catalogue.KINDS[kind].sections
    findings = Findings()
    findings.known("section", [section], tuple(sections), f"a section of {kind}")
    if section in sections:
        findings.known("verb", [verb], sections[section], f"something that can be done in {kind}.{section}")
    if section in _ELSEWHERE:
        findings.add("section", NO_RECORDS(section=section, elsewhere=_ELSEWHERE[section]))
    findings.stop()
    return f"{kind}.{section}:{verb}"


def add_record(
    actor: Actor, item: Item, section: str, *, data: dict[str, Any], name: str = "", at: datetime | None = None,
    device: Item | None = None,
) -> Record:  # fmt: skip
    """Add an entry to a section: a message, a file, a property … device: the device that the entry names."""
    permission = check_section(item.kind, section, "create")
    with act_on_items([item]):
        engine.require(actor, permission, item)
        if device is not None:
            engine.require(actor, "device:view", device)
        return _add(actor, item, section, data=data, name=name, at=at or timezone.now(), device=device)


def send_command(actor: Actor, item: Item, data: dict[str, Any], *, name: str = "") -> Record:
    """Send a command to a device: it is queued until the platform delivers it."""
    permission = check_section(item.kind, "commands", "create")
    with act_on_items([item]):
        engine.require(actor, permission, item)
        return _add(actor, item, "commands", data=data, name=name, at=timezone.now(), state=Record.State.QUEUED)


def call_endpoint(actor: Actor, item: Item, data: dict[str, Any]) -> Record:
    """Call an endpoint: the call is queued until the platform makes it."""
    permission = check_section(item.kind, "calls", "create")
    with act_on_items([item]):
        engine.require(actor, permission, item)
        return _add(actor, item, "calls", data=data, at=timezone.now(), state=Record.State.QUEUED)


def _add(actor: Actor, item: Item, section: str, **values: Any) -> Record:
    _check(**{name: values[name] for name in ("data", "name", "at") if name in values})
    row = Record.objects.create(item=item, section=section, made_by=caller(actor).user, **values)
    changes = {"section": section, "record": row.pk, "name": row.name}
    record(actor, f"item.{section}.create", item, item.account_id, changes, counted=())
    return row


def set_output(actor: Actor, item: Item, name: str, data: dict[str, Any]) -> Record:
    """Switch an output of a device; one without a record yet gets one."""
    permission = check_section(item.kind, "outputs", "change")
    with act_on_items([item]):
        engine.require(actor, permission, item)
        findings = Findings()
        findings.name("name", name)
        findings.stop()
        rows = Record.objects.filter(of_seen_devices(engine.look(actor), item), item=item, section="outputs", name=name)
        row = rows.order_by("-at", "-pk").first()
        if row is None:
            return _add(actor, item, "outputs", data=data, name=name, at=timezone.now())
        return _change(actor, row, item, data=data, at=timezone.now())


def change_record(actor: Actor, item: Item, row: Record, **changes: Any) -> Record:
    """Change the data or the name of an entry of an item's section."""
    permission = check_section(item.kind, row.section, "change")
    with act_on_items([item]):
        engine.require(actor, permission, item)
        unknown = sorted(changes.keys() - {"data", "name"})
        if unknown:
            raise Invalid({name: [f"“{name}” of a record cannot be changed. Valid: data, name."] for name in unknown})
        return _change(actor, row, item, **changes)


def _change(actor: Actor, row: Record, item: Item, **changes: Any) -> Record:
    current = _present(actor, row, item)
    at = changes.pop("at", current.at)
    wanted = join(actor, current, record_spec(current), changes)
    values = {"data": wanted.data, "name": wanted.name, "at": at}
    differing = difference({name: getattr(current, name) for name in values}, values)
    _check(**{name: value for name, (_old, value) in differing.items()})  # what stays may be of another time
    for name in differing:
        setattr(current, name, values[name])
    if differing:
        current.save(update_fields=list(differing))
    told = {"section": current.section, "record": current.pk}
    changed = {name: pair for name, pair in differing.items() if name != "at"}
    record(actor, f"item.{current.section}.change", item, item.account_id, told | changed, counted=[current])
    return current


def delete_record(actor: Actor, item: Item, row: Record) -> None:
    """Delete an entry of an item's section."""
    permission = check_section(item.kind, row.section, "delete")
    with act_on_items([item]):
        engine.require(actor, permission, item)
        current = _present(actor, row, item)
        changes = {"section": current.section, "record": current.pk, "name": [current.name, None]}
        record(actor, f"item.{current.section}.delete", item, item.account_id, changes, counted=[current])
        current.delete()


def clear_section(actor: Actor, item: Item, section: str, *, before: datetime | None = None) -> int:
    """Delete all entries of a section (or those before a time) but those of devices that the actor may not view; gives
    their number."""
    permission = check_section(item.kind, section, "delete")
    with act_on_items([item]):
        engine.require(actor, permission, item)
        rows = Record.objects.filter(of_seen_devices(engine.look(actor), item), item=item, section=section)
        if before is not None:
            rows = rows.filter(at__lt=before)
        number, _ = rows.delete()
        told = {"section": section, "records": [number, 0], "before": before.isoformat() if before else None}
        record(actor, f"item.{section}.clear", item, item.account_id, told, counted=())
    return number


def _check(**values: Any) -> None:
    """Check what an entry is given: `data`, `name`, `at`."""
    findings = Findings()
    if "data" in values:
        findings.data("data", values["data"])
    findings.name("name", values.get("name", ""), required=False)
    findings.moment("at", values.get("at"))
    findings.stop()


def _present(actor: Actor, row: Record, item: Item) -> Record:
    """The entry as it is now; one of another item does not exist here, and one that names a device needs its view."""
    current = Record.objects.filter(pk=row.pk, item=item, section=row.section).first()
    if current is None:
        raise Conflict(ENTRY_GONE())
    if current.device is not None:
        engine.require(actor, "device:view", current.device)
    return current
