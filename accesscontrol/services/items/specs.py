"""What items, links and shares shall be; how specs are read stands in `accesscontrol.services`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item


@dataclass(slots=True, kw_only=True)
class ItemSpec:
    """An item. owner: a developer of its account; made_by: the user whose report (or rule, vehicle …) it is.

    ident: its IMEI, serial or name on the wire, where its kind has one; unique within its account.
    """

    PLAIN: ClassVar[tuple[str, ...]] = ("name", "ident", "settings")
    ACCESS: ClassVar[tuple[str, ...]] = ("account", "kind", "key", "owner", "made_by", "history_days")

    account: Account
    kind: str
    name: str
    key: str | None = None
    ident: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    owner: User | None = None
    made_by: User | None = None
    history_days: int | None = None


@dataclass(slots=True, kw_only=True)
class RecordSpec:
    """An entry of a section, as far as it can be changed."""

    PLAIN: ClassVar[tuple[str, ...]] = ("data", "name")
    ACCESS: ClassVar[tuple[str, ...]] = ()

    data: dict[str, Any]
    name: str = ""


@dataclass(slots=True, kw_only=True)
class LinkSpec:
    """A link from a member to its container."""

    member: Item
    container: Item


@dataclass(slots=True, kw_only=True)
class ShareSpec:
    """A guardian row: this user, this item, a codename of `catalogue.SHARE_CODENAMES`, until when.

    `view_item` to a user of authority `user` is an assignment.
    """

    user: User
    item: Item
    codename: str = "view_item"
    expires_at: datetime | None = None
