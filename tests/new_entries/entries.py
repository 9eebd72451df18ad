"""A pytest plugin: the catalogue as its file would be with one entry more in each list, before anything imports it.

python -m pytest -p tests.new_entries.entries tests/new_entries/walk.py
"""

from __future__ import annotations

import importlib.util
import re
import sys
from importlib.machinery import SourceFileLoader
from types import CodeType

import accesscontrol

NAME = "accesscontrol.catalogue"
#: List of the catalogue → the line that is added to it.
ENTRIES = {
    "_SECTIONS": 'Section("pulses", "Pulses", "hourglass", named=True)',
    "_ITEM_KINDS": '_kind("beacon", "Beacon", TELEMATICS, "pulses vchd, logs v", reached=BY_DEVICE, holds="device", '
    'icon="flag", about="Tells where something is.")',
    "ADDITIONAL_RIGHTS": 'Right("beacon_update", "Beacons", (*_all("beacon"), "beacon.pulses:*"), "Set up.", "flag")',
    "PRESETS": 'Preset("pulsebox", "Pulsebox", "Telemetry alone.", "star", ("view",), {"telemetry": ("view",)})',
}


class WithEntries(SourceFileLoader):
    """Loads a module as if these lines stood in its file."""

    def get_code(self, fullname: str) -> CodeType:
        text = self.get_data(self.path).decode()
        for name, entry in ENTRIES.items():
            text, found = re.subn(
                rf"^({name} = \(\n.*?)^\)", rf"\g<1>    {entry},\n)", text, flags=re.DOTALL | re.MULTILINE
            )
            assert found == 1, f"There is no list {name} in the catalogue."
        return self.source_to_code(text, self.path)


def load() -> None:
    """Put the longer catalogue in the place of the one on disk."""
    assert NAME not in sys.modules, "The catalogue has been read already."
    found = importlib.util.find_spec(NAME)
    assert found is not None and found.origin is not None
    spec = importlib.util.spec_from_file_location(NAME, found.origin, loader=WithEntries(NAME, found.origin))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = accesscontrol.catalogue = module
    spec.loader.exec_module(module)


load()
