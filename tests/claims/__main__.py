"""Print every claim that no test names, and how many do; ends with 1 when a sentence of a source document is bare.

python -m tests.claims
"""

from __future__ import annotations

import sys

from tests.claims import MARKERS, claims, named, partly


def main() -> int:
    bare_sentences = 0
    for marker, lists in MARKERS.items():
        tests = named(marker)
        for name in lists:
            listed = claims(name)
            bare = {key: text for key, text in listed.items() if key not in tests}
            print(f"{name}: {len(listed) - len(bare)} of {len(listed)} have a test")
            for key, text in bare.items():
                print(f"  without a test: {key}  {text}")
            bare_sentences += len(bare) if marker == "seed" else 0
    for key, (missing, brought_by) in partly().items():
        print(f"  met in part: {key}  missing: {missing} ({brought_by})")
    return 1 if bare_sentences else 0


if __name__ == "__main__":
    sys.exit(main())
