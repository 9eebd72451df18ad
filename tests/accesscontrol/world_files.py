"""A world file in which every noun and field occurs, and the commands as the tests of world files call them."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command

from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item
from tests.contracts.source import ROOT

SEEDS = str(ROOT / "tests" / "seeds" / "seeds.yaml")
Write = Callable[..., str]

FULL = """\
world: 1
accounts:
  - key: northwind
    name: "Northwind: Telematics \\u00d7 #1"
    limits: {device: 100, developer: 5, history_days: 365}
    policy: {second_factor: managers, provider_only: true, networks: [203.0.113.0/24, "2001:db8::/32"],
             idle_minutes: 20, absolute_minutes: 300, whole_branch: true}
    roles:
      - {key: dispatcher, name: Dispatcher, rights: [zone_update, reports], history_days: 90}
    items:
      - {key: hub-1, kind: channel, name: MQTT hub}
      - {key: group-a, kind: group, name: "no"}
      - key: truck-7
        kind: device
        name: 'Truck "7"'
        ident: "350 123-456"
        owner: dev.anna
        settings: {interval: 30, ratio: 1.5, big: 1.0e+20, on: "yes", list: [1, null, true, "007"]}
        links: [hub-1, group-a]
        history_days: 30
      - {key: trips-may, kind: report, name: Trips in May, made_by: sam}
    users:
      - {username: nora, authority: owner, email: nora@northwind.example, verified: true}
      - {username: dev.anna, authority: developer, email: anna@northwind.example, external_id: "0017", expires_at: 2031-01-01T01:00:00+01:00}
      - username: sam
        authority: user
        email: sam@northwind.example
        role: dispatcher
        history_days: 30
        assigned: [truck-7, {item: hub-1, expires_at: 2027-03-01T00:00:00Z}]
        shares: [{item: hub-1, permissions: [change_item, logs_item]}]
      - {username: off, authority: user, enabled: false, verified: false}
    tokens:
      - key: trackit-7
        type: acl
        user: null
        expires_at: 2027-12-31T00:00:00Z
        idle_ttl: 2592000
        allowed_addresses: [10.0.0.0/8]
        rules:
          - {kind: device, items: [truck-7], verbs: [view], sections: {messages: [view], telemetry: [view]}}
          - {kind: device, items: all, verbs: [view], sections: all}
          - {kind: device, items: {in_groups: [group-a]}, verbs: [view, change]}
          - {kind: token, items: [trackit-7, later], verbs: [view]}
          - {kind: user, items: [sam], verbs: [view]}
        topics: [{filter: "fleet/#", actions: [subscribe]}]
      - {key: later, type: standard, user: dev.anna, idle_ttl: 600, enabled: false}
    projects:
      - key: pilot
        name: Pilot with Contoso
        owner: dev.anna
        items: [truck-7]
        roles: [{key: viewer, allow: [{permissions: ["*:view", "*.*:view"]}]}]
        members:
          - user: guest.lee
            roles: [viewer]
            starts_at: 2026-03-31T00:00:00Z
            expires_at: 2027-03-31T00:00:00Z
            allow: [{kind: device, item: truck-7, permissions: ["device.commands:create"]}]
            deny: [{item: truck-7, permissions: ["device.messages:view"]}]
          - {user: sam, accepted: false, allow: [{permissions: ["*:view"]}]}
    accounts:
      - {key: below, name: Below, blocked: true}
  - key: contoso
    name: Contoso
    users: [{username: guest.lee, authority: user}]
  - {key: fabrikam, name: Fabrikam}
grants:
  - key: hub-for-contoso
    from: northwind
    to: [contoso]
    covers: {items: [hub-1]}
    levels: [edit, command]
    expires_at: 2027-06-30T00:00:00Z
    note: "Shared MQTT hub\\nsecond line"
  - {key: waiting, from: northwind, to: [contoso, fabrikam, below], covers: {kind: device}, accepted: [fabrikam]}
  - {key: whole, from: contoso, to: [fabrikam], covers: account, include_subaccounts: true, levels: [create-device, operate-as], accepted: false, enabled: false}
"""  # noqa: E501


def writer(folder: Path) -> Write:
    """Writes files into a folder and gives their path."""

    def write_file(content: str, name: str = "world.yaml") -> str:
        path = folder / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    return write_file


def run(*arguments: str, told: StringIO | None = None) -> str:
    output = StringIO()
    call_command("world", *arguments, stdout=output, stderr=told or StringIO())
    return output.getvalue()


def exit_code(*arguments: str) -> int:
    """What `manage.py world …` would end with."""
    try:
        run(*arguments)
    except CommandError as error:
        return error.returncode
    except SystemExit as end:
        return end.code
    return 0


def exported(*arguments: str) -> str:
    return run("export", *arguments)


def empty_the_installation(write) -> None:
    run("apply", write("world: 1\n", "empty.yaml"), "--prune")
    assert (Account.objects.count(), User.objects.count(), Item.objects.count()) == (0, 0, 0)
