"""What is said of world files: every fault and doubt, by its code, and the pieces that such sentences are made of."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from django.utils.translation import gettext_noop as _

from accesscontrol.sentences import Sentence, Wording

_LISTED = 40  # so many valid names are listed in full

# --- The text of the file

TOO_DEEP = Wording("too_deep", _("Nested deeper than %(most)s levels."))
NO_NAME = Wording("no_name", _("%(value)s stands where a field's name is wanted; put quotes around it."))
KEY_TWICE = Wording("key_twice", _("“%(key)s” stands twice in this place (first in line %(line)s); keep one of them."))
NO_UTF8 = Wording("no_utf8", _("This is not UTF-8 text; save the file as UTF-8."))
NO_WORLD = Wording("no_world", _("A world file is a mapping that starts with “world: 1”."))
NO_YAML = Wording("no_yaml", _("This is not YAML: %(problem)s."))
NO_YAML_SIGN = Wording("no_yaml_sign", _("This is not YAML: a character that may not stand here."))
ALIAS = Wording("alias", _("“*%(anchor)s” repeats another place; write the values out."))
SECOND_DOCUMENT = Wording("second_document", _("A second document starts here; a file holds one world."))
TAG = Wording("tag", _("The tag %(tag)s has no meaning here; leave it out."))

# --- The shape of its entries

UNKNOWN_FIELD = Wording("unknown_field", _("“%(name)s” is not a field of %(what)s; %(valid)s."))
WRONG_VALUE = Wording("wrong_value", _("“%(name)s” of %(what)s is %(wanted)s, not %(value)s."))
NEEDS_FIELD = Wording("needs_field", _("%(what)s needs the field “%(name)s”."))
WRONG_MOMENT = Wording("wrong_moment", _("“%(name)s” of %(what)s: %(problem)s"))
NO_CHOICE = Wording("no_choice", _("%(value)s is not %(choice)s of %(what)s; %(valid)s."))
NAMED_BY_KEY = Wording("named_by_key", _("“%(name)s” of %(what)s names %(noun)s by its key, not by %(value)s."))
QUOTE_KEY = Wording(
    "named_by_key", _("“%(name)s” of %(what)s names %(noun)s by its key, not by %(value)s (put quotes around it).")
)
WRONG_IN_LIST = Wording("wrong_in_list", _("%(value)s in “%(name)s” of %(what)s is not %(wanted)s."))
TWICE_IN_LIST = Wording("twice_in_list", _("“%(name)s” of %(what)s names “%(key)s” twice; keep one."))
NOT_OF_LIST = Wording("not_of_list", _("%(value)s is not %(wanted)s; %(valid)s."))
NOT_AN_ENTRY = Wording("not_an_entry", _("%(what)s is a mapping of %(fields)s, not %(value)s."))
HOLDS = Wording("holds", _("“%(name)s” of %(what)s holds %(problem)s."))
DIGITS_ONLY = Wording(
    "digits_only",
    _("%(value)s as %(name)s of %(what)s is digits only and could be taken for a row number; add a letter."),
)
NO_SECTION = Wording("no_section", _("“%(section)s” is not a section here; %(valid)s."))
NO_PERMISSION = Wording("no_permission", _("%(value)s is not a permission: use kind:verb or kind.section:verb."))
ROLE_TWICE = Wording("role_twice", _("“%(key)s” is already a role of %(what)s; choose another."))
MEMBER_TWICE = Wording(
    "member_twice", _("“%(user)s” is already a member of %(what)s; put the rules together in one entry.")
)
SHARE_TWICE = Wording(
    "share_twice", _("%(share)s on “%(item)s” stands twice for this user, with different ends; keep one.")
)
TAKEN = Wording(
    "taken",
    _("“%(key)s” is already %(noun)s in line %(line)s; %(name)ss are unique in the installation, so choose another."),
)

# --- What it says of other things

GOES_BY_PRUNE = Wording(
    "goes_by_prune",
    _("The %(noun)s “%(key)s” is not in this file, and --prune removes it; write it into the file or leave out this "
      "reference."),
)  # fmt: skip
ABSENT = Wording("absent", _("There is no %(noun)s “%(key)s” in this file or in the database."))
ABSENT_BUT = Wording("absent", _("There is no %(noun)s “%(key)s” in this file or in the database; %(valid)s."))
NOT_TAKEN_BACK = Wording(
    "not_taken_back",
    _("%(grantee)s has accepted grant %(grant)s, and a file cannot take that back; pause the grant (enabled: false) or "
      "take the grantee out."),
)  # fmt: skip
LINK_NOT_GRANTED = Wording(
    "link_not_granted",
    _("The link of %(member)s to %(container)s: %(grantee)s is no grantee of grant %(grant)s; name one who is."),
)
LINK_NOT_COVERED = Wording(
    "link_not_covered",
    _("The link of %(member)s to %(container)s: grant %(grant)s does not cover %(item)s; name a grant that does, or "
      "the container alone."),
)  # fmt: skip

# --- What gives nothing

STAYS_BELOW = Wording(
    "stays_below",
    _("Account %(account)s stands at the top of the file and below %(above)s in the database; it stays there."),
)
TOKEN_OF_USER = Wording(
    "token_of_user", _("%(user)s is of authority user, who have no tokens: token %(token)s gives nothing.")
)
LEFT_BRANCH = Wording(
    "left_branch", _("%(item)s has left the branch of %(account)s: grant %(grant)s gives nothing on it.")
)
SHARE_STAYS = Wording(
    "share_stays", _("%(share)s on %(item)s for %(user)s stays and gives nothing. %(why)s")
)  # fmt: skip
SHARE_LEFT_OUT = Wording("share_left_out", _("%(share)s on %(item)s for %(user)s is left out. %(why)s"))
LINK_LEFT = Wording(
    "link_left",
    _("The link of %(member)s to %(container)s: %(item)s has left the branch that grant %(grant)s covers."),
)
NOT_OF_OWNER = Wording(
    "not_of_owner",
    _("%(item)s is not owned by %(owner)s, whose project %(project)s is: the project gives nothing on it."),
)
RULE_OF_NOTHING = Wording(
    "rule_of_nothing",
    _("A rule of project %(project)s matches none of its items: %(effect)s %(permissions)s on %(whom)s."),
)

# --- Pieces: what a value should have been

A_LIST = Wording("a_list", _("a list"))
A_MAPPING = Wording("a_mapping", _("a mapping"))
NOTHING = Wording("nothing", _("nothing"))
TEXT = Wording("text", _("text"))
QUOTED_TEXT = Wording("quoted_text", _("text (put quotes around it)"))
STORABLE_TEXT = Wording("storable_text", _("text without NUL or half of a surrogate pair"))
TRUE_OR_FALSE = Wording("true_or_false", _("true or false"))
WHOLE_NUMBER = Wording("whole_number", _("a whole number from %(least)s to %(most)s"))
A_TIME = Wording("a_time", _("a time such as 2027-03-01T00:00:00Z"))
UNSTORABLE = Wording("unstorable", _("a character that cannot be stored (NUL or half of a surrogate pair)"))
TOO_LARGE = Wording("too_large", _("a number that is too large"))
A_NETWORK = Wording("a_network", _("a network such as 10.0.0.0/8"))
VERB_OF = Wording("verb_of", _("a verb of %(kind)s that a token may have"))
VERB_OF_ANY = Wording("verb_of_any", _("a verb of this kind that a token may have"))
VERB_OF_SECTION = Wording("verb_of_section", _("a verb of the section %(section)s"))
ACTION_ON_TOPICS = Wording("action_on_topics", _("an action on topics"))
ALL = Wording("all", _("all"))
ALL_OR_LIST = Wording("all_or_list", _("all, a list of keys or {in_groups: [group-a]}"))
ALL_OR_SECTIONS = Wording("all_or_sections", _("all or a mapping such as {messages: [view]}"))
ROLE_OF = Wording("role_of", _("a role of %(what)s"))
GRANTEE_OF = Wording("grantee_of", _("a grantee of %(what)s"))
FORMAT = Wording("format", _("1, the format that this portal reads"))
LIMITS = Wording("limits", _("a mapping such as {device: 100, history_days: 30}"))
PART_OF_LINK = Wording("part_of_link", _("a mapping such as {grant: hub-for-contoso, grantee: contoso}"))
A_RIGHT = Wording("a_right", _("a right that can be given"))
SHAREABLE = Wording("shareable", _("a permission that can be shared"))
A_LEVEL = Wording("a_level", _("a level of a grant"))
COVERS = Wording("covers", _("account, {kind: device} or {items: [truck-7]}"))
ACCEPTED = Wording("accepted", _("true, false or a list of the grantees who have accepted"))
_VALID = Wording("valid", _("valid: %(names)s"))
_MEANT = Wording("meant", _("did you mean %(close)s?"))
_MEANT_OF = Wording("meant", _("did you mean %(close)s? Valid: %(names)s"))
_OR = Wording("or", _("%(first)s or %(second)s"))


def nearest(name: str, choices: Iterable[str]) -> Sentence:
    """What would be valid: the names like this one, or all of them."""
    known = list(choices)
    listed = ", ".join(known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
    close = difflib.get_close_matches(name, known, n=3)
    if not close:
        return _VALID(names=listed)
    return _MEANT_OF(close=_either(close), names=listed) if len(known) <= _LISTED else _MEANT(close=_either(close))


def _either(names: list[str]) -> Sentence | str:
    """“a” or “b” or “c”."""
    *first, last = (f"“{name}”" for name in names)
    found: Sentence | str = first[0] if first else last
    for name in [*first[1:], last] if first else []:
        found = _OR(first=found, second=name)
    return found
