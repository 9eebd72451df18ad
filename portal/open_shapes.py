"""Shapes that Django and REST framework leave open, each under its name: nowhere else is a mapping of anything.

Whose keys are known is a typed mapping or a dataclass (`portal/frame/shown/`); what is JSON that somebody else wrote
is a `JsonObject`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

#: What a form made of what was sent: its fields say under which names, and of which types.
Cleaned: TypeAlias = dict[str, Any]
#: What a serializer made of a body that it found sound: its fields say under which names, and of which types.
Checked: TypeAlias = dict[str, Any]
#: What a serializer makes of a row: its fields say under which names, and of which types.
Answered: TypeAlias = dict[str, Any]
#: What an identity provider says of somebody, believed.
Claims: TypeAlias = dict[str, Any]
#: What Django hands to the template of a widget.
WidgetContext: TypeAlias = dict[str, Any]
#: The attributes of a tag.
Attributes: TypeAlias = dict[str, Any]
#: What a view of a library hands to its template, or REST framework to a serializer or handler.
LibraryContext: TypeAlias = dict[str, Any]
#: The same, only to be read.
GivenContext: TypeAlias = Mapping[str, Any]
#: A piece of an OpenAPI document, as drf-spectacular passes it on.
Schema: TypeAlias = dict[str, Any]
