"""The tables of items: what people decide by, one column of the kind's own, whose it is, since when."""

from __future__ import annotations

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from accesscontrol.items.models import Item
from portal.addresses import address
from portal.frame.lists.tables import ListTable, MenuColumn, PersonColumn, ThingColumn, TimeColumn
from portal.frame.shown.parts import Action


class ItemTable(ListTable):
    """Items of one kind. Listing gives it marks, grant tags and who may be named."""

    name = ThingColumn(tags=True, verbose_name=_("Name"), order_by=("name_order", "id"))
    owner = PersonColumn(verbose_name=_("Owner"), order_by=("seen_owner", "id"))
    created_at = TimeColumn(verbose_name=_("Created"), order_by=("created_at", "id"))
    menu = MenuColumn()

    def menu_of(self, record: Item) -> list[Action]:
        """Rename and delete, as far as the caller may."""
        marks = self.marks.get(record.pk, ())
        wanted = (("change", _("Change"), "edit", False), ("delete", _("Delete"), "trash", True))
        return [
            {"label": label, "url": address(record, verb), "icon": icon, "dialog": dialog}
            for verb, label, icon, dialog in wanted
            if verb in marks
        ]

    class Meta(ListTable.Meta):
        sequence: tuple[str, ...] = ("name", "...", "owner", "created_at", "menu")


class IdentColumn(tables.Column):
    """The IMEI, serial or name on the wire."""

    def __init__(self) -> None:
        super().__init__(verbose_name=_("Ident"), orderable=False, empty_values=("",), default="")


class IdentTable(ItemTable):
    """Items that may carry an ident."""

    ident = IdentColumn()

    class Meta(ItemTable.Meta):
        sequence = ("name", "ident", "owner", "created_at", "menu")


class DeviceTable(ItemTable):
    """Devices, with the time of the last message for who may read messages."""

    ident = IdentColumn()
    last_message = TimeColumn(verbose_name=_("Last message"), orderable=False, empty=_("none seen"))

    def render_last_message(self, record: Item, column: TimeColumn) -> str:
        return column.render(self.last_times.get(record.pk))

    class Meta(ItemTable.Meta):
        sequence = ("name", "ident", "last_message", "owner", "created_at", "menu")


class ContainerTable(ItemTable):
    """Things that devices are linked to, with the number of those that the caller may view."""

    devices = tables.Column(verbose_name=_("Devices"), empty_values=(), orderable=False)

    def render_devices(self, record: Item) -> str:
        return str(self.device_counts.get(record.pk, 0))

    class Meta(ItemTable.Meta):
        sequence = ("name", "devices", "owner", "created_at", "menu")
