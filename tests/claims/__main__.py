"""Print every claim that neither a test names nor the list of what is open; ends with 1 when there is one.

python -m tests.claims
"""

from __future__ import annotations

import sys

from tests.claims import MARKERS, claims, deviations, named, partly


def main() -> int:
    bare = 0
    open_rows = partly()
    for marker, lists in MARKERS.items():
        tests = named(marker)
        for name in lists:
            listed = claims(name)
            without = {key: text for key, text in listed.items() if key not in tests}
            print(f"{name}: {len(listed) - len(without)} of {len(listed)} have a test")
            for key, text in without.items():
                if key not in open_rows:
                    print(f"  without a test: {key}  {text}")
                    bare += 1
    tested = named("checklist")
    for key, (missing, brought_by) in open_rows.items():
        print(f"  {'met in part' if key in tested else 'not yet'}: {key}  missing: {missing} ({brought_by})")
    for key, (instead, reason) in deviations().items():
        print(f"  otherwise: {key}  {instead} {reason}")
    return 1 if bare else 0


if __name__ == "__main__":
    sys.exit(main())
