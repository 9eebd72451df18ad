"""The law in words: every sentence of sources, limits, denies, decisions and explanations stands here, by its code.

Parts are names of rows, permissions and other sentences. What stands without a capital is said after “because”.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from accesscontrol.sentences import Sentence, Wording


def _lower(text: str) -> str:
    return gettext(text).lower()


#: A name of the catalogue in the middle of a sentence.
lowered = lazy(_lower, str)

# --- Sources (access model §3, 1–9)

IN_BRANCH = Wording("in_branch", _("it is in the branch of %(account)s"))
OF_ACCOUNT = Wording("of_account", _("it belongs to %(account)s"))
RECEIVED = Wording("received", _("%(account)s received this grant"))
RECEIVED_BELOW = Wording("received_below", _("an account below %(account)s received this grant"))
GRANTED = Wording("granted", _("%(grantor)s granted it to %(account)s"))
ROLE_ABOVE = Wording("role_above", _("a role of an account above %(account)s may be given to its users"))
OPERATOR = Wording("operator", _("%(user)s is the platform operator, who opens and names top-level accounts"))
ENTERED = Wording("entered", _("%(user)s entered %(account)s as the platform operator, until %(end)s UTC"))
CONSOLE = Wording("console", _("the console is the platform operator's"))()
OWNER = Wording("owner", _("%(user)s is the owner of the account"))
TOKEN_OF_OWNER = Wording("token_of_owner", _("it is a token of %(user)s, the owner"))
DEVELOPER = Wording("developer", _("%(user)s is a developer of the account"))
OWNED = Wording("owned", _("%(user)s owns it"))
BY_RIGHTS = Wording("by_rights", _("%(reached)s, and %(given_by)s allows it"))
IN_ACCOUNT = Wording("in_account", _("%(given_by)s allows it in the account"))
THE_ROLE = Wording("the_role", _("the role %(role)s"))
BASIC_RIGHTS = Wording("basic_rights", _("the basic rights"))()
ASSIGNED = Wording("assigned", _("it is assigned to the user"))()
DEVICE_ASSIGNED = Wording("device_assigned", _("a device assigned to the user is linked to it"))()
MADE_WITHOUT_DEVICE = Wording("made_without_device", _("the user made it and no device is linked to it yet"))()
WITHOUT_DEVICE = Wording("without_device", _("no device is linked to it"))()
HOLDS_ASSIGNED = Wording("holds_assigned", _("something assigned to the user is in it"))()
FOR_ALL = Wording("for_all", _("it is there for all users of the account"))()
MADE = Wording("made", _("the user made it"))()
SHARED = Wording("shared", _("it is shared with %(user)s (%(share)s)"))
ONESELF = Wording("oneself", _("everybody may see and change themselves"))()
OWN_ACCOUNT = Wording("own_account", _("everybody may see their own account"))()
MEMBER = Wording("member", _("%(user)s is a member of %(project)s"))
RULE_ALLOWS = Wording("rule_allows", _("%(rule)s of the project %(project)s allows it"))
PROJECT_ROLE = Wording("project_role", _("the project role %(role)s"))
A_RULE = Wording("a_rule", _("a rule"))()

# --- Denies (10)

RULE_DENIES = Wording("rule_denies", _("%(rule)s of the project %(project)s denies it"))
A_DENY_RULE = Wording("a_deny_rule", _("a deny rule"))()

# --- Limits (11–13)

NO_MANAGEMENT = Wording(
    "no_management", _("a standard token leaves out access management, and %(permission)s is access management")
)
ENTRIES_ELSEWHERE = Wording(
    "entries_elsewhere", _("the token's entries allow %(permission)s, but not on this %(kind)s")
)
NO_ENTRY = Wording("no_entry", _("no entry of the token allows %(permission)s"))
ACCOUNT_BLOCKED = Wording("account_blocked", _("the account %(account)s is blocked"))
USER_DISABLED = Wording("user_disabled", _("the user %(user)s is disabled"))
USER_UNVERIFIED = Wording("user_unverified", _("the e-mail address of %(user)s is not verified"))
USER_ENDED = Wording("user_ended", _("the access of %(user)s ended on %(end)s UTC"))
TOKEN_DISABLED = Wording("token_disabled", _("the token is disabled"))()
TOKEN_ENDED = Wording("token_ended", _("the token ended on %(end)s UTC"))
TOKEN_IDLE = Wording("token_idle", _("the token has not been used for longer than its idle time"))()
TOKEN_WITHOUT_USER = Wording("token_without_user", _("the token's user may no longer have tokens"))()
ADDRESS_UNKNOWN = Wording("address_unknown", _("the token is bound to addresses and the caller's address is unknown"))()
ADDRESS_UNREADABLE = Wording(
    "address_unreadable", _("the token is bound to addresses and the caller's address cannot be read")
)()
ADDRESS_ELSEWHERE = Wording("address_elsewhere", _("the call does not come from one of the token's addresses"))()
MAY_NOT_OPERATE = Wording("may_not_operate", _("%(caller)s may not operate as %(account)s"))

# --- Callers

THE_CONSOLE = Wording("the_console", _("the console"))()
OPERATING = Wording("operating", _("%(caller)s as %(account)s"))

# --- Decisions

HAS = Wording("has", _("%(caller)s has %(permission)s on %(thing)s: %(why)s."))
HAS_THROUGH = Wording("has_through", _("%(caller)s has %(permission)s on %(thing)s through %(link)s."))
HAS_NOT = Wording("has_not", _("%(caller)s does not have %(permission)s on %(thing)s: %(why)s."))
HAS_NOT_BY = Wording("has_not_by", _("%(caller)s does not have %(permission)s on %(thing)s because of %(link)s."))
NO_ACCESS = Wording("no_access", _("%(caller)s has no access at all: %(why)s."))
SILENCE = Wording("silence", _("Nothing gives %(caller)s %(permission)s on %(thing)s."))
UNSEEN = Wording("unseen", _("There is no such %(kind)s here, or nothing gives %(permission)s on it."))

# --- Questions that are not decided: who may not ask learns no more than of what does not exist

NO_SUBJECT = Wording("no_subject", _("There is no such %(kind)s here, or you may not ask about it."))
NO_ACCOUNT = Wording("no_account", _("There is no such account to operate as, or nothing lets this caller do so."))()
NO_TOPIC = Wording("no_topic", _("A topic holds no NUL and no half of a surrogate pair."))()

# --- Explanations: what each source, deny and limit said

NOTHING_FROM_HERE = Wording("nothing_from_here", _("Nothing from here."))()
CAPPED = Wording("capped", _("%(why)s It would, but the account behind does not have this itself, or is blocked."))
GIVES_LESS = Wording("gives_less", _("%(why)s But it does not give %(permission)s."))
GIVES_ELSEWHERE = Wording("gives_elsewhere", _("It gives %(permission)s on other things, not on this one."))
NEITHER = Wording("neither", _("It neither reaches this thing nor gives this permission."))()
DENY_RULES = Wording("deny_rules", _("Deny rules of projects"))()
NO_DENY = Wording("no_deny", _("No deny rule is about this."))()
IS_ALIVE = Wording("is_alive", _("The caller is alive."))()
MAY_OPERATE = Wording("may_operate", _("The caller may operate as the account named."))()
LETS_THROUGH = Wording("lets_through", _("The token lets it through."))()
LAST_DAYS = Wording("last_days", _("Only the last %(days)s days are shown, by the history depth of %(of)s."))
LAST_DAY = Wording("last_days", _("Only the last day is shown, by the history depth of %(of)s."))
THE_TOKEN = Wording("the_token", _("the token %(token)s"))
THE_GRANT = Wording("the_grant", _("the grant from %(grantor)s"))
THE_MEMBERSHIP = Wording("the_membership", _("the membership in %(project)s"))
ABOVE = Wording("above", _("an account above %(account)s"))
NOTHING_BETWEEN = Wording("nothing_between", _("Nothing in between"))()

# --- Topics

MANY_TOPICS = Wording("many_topics", _("A message is published to one topic; + and # are for subscriptions."))()
BROKERS_TOPIC = Wording("brokers_topic", _("Topics that begin with $ are the broker's own."))()
TOPIC_UNSEEN = Wording("topic_unseen", _("No such topic is open to this caller."))()
TOPIC_TOO_WIDE = Wording(
    "topic_too_wide",
    _(
        "“%(filter)s” also matches topics of items, items/…, and %(caller)s may not view all of these. "
        "Subscribe to names of your own, such as fleet/#."
    ),
)
TOPIC_OF_ITEMS = Wording("topic_of_items", _("%(caller)s may view all that %(filter)s matches."))
FREE_TOPIC = Wording("free_topic", _("%(caller)s uses every free topic of the account."))
TOPIC_RULE = Wording("topic_rule", _("The topic rule %(rule)s of %(caller)s allows it."))

# --- Links of a chain that whoever asks may not view

UNSEEN_LINK = Wording("unseen_link", _("a %(kind)s you cannot see"))
UNSEEN_LINK_VOWEL = Wording("unseen_link", _("an %(kind)s you cannot see"))
UNSEEN_THING = Wording("unseen_link", _("a thing you cannot see"))()
THROUGH = Wording("through", _("through %(link)s"))
AN_OPERATOR = Wording("an_operator", _("it is open to them"))()
SOMEBODY = Wording("somebody", _("somebody of this account has it"))()

# --- What would be needed for a yes

CHECK_NAME = Wording("check_name", _("Check the name: nothing like this is here for this caller."))()
LIFT = Wording("lift", _("Lift what stops it: %(link)s."))
LIFT_FIRST = Wording("lift_first", _("First: %(why)s. Lift that, and ask again."))
TAKE_DENY_AWAY = Wording("take_deny_away", _("Take the deny rule away: %(why)s."))
A_TOKEN_ENTRY = Wording(
    "token_entry",
    _("A token that holds %(permission)s: add it to the token's entries, or use another token."),
)
A_ROLE = Wording("role", _("A role with the right %(rights)s, and an assignment of %(thing)s."))
A_SHARE = Wording(
    "share",
    _("An assignment or a direct share of %(thing)s to %(caller)s, if its rights name %(permission)s."),
)
A_PROJECT = Wording("project", _("A project with %(thing)s whose rules allow %(permission)s to %(caller)s."))
AN_ENTRY = Wording("entry", _("Enter the tree that it is in, with a reason: Top-level accounts, then Enter."))()
A_GRANT = Wording("grant", _("A grant from %(grantor)s at level “%(level)s” to the caller's account."))
A_CREATE_GRANT = Wording("grant", _("A grant of the whole account %(thing)s with “create-%(kind)s”."))
ONLY_ABOVE = Wording("only_above", _("Only %(account)s, or an account above it, has %(permission)s here."))
ACCOUNT_ABOVE = Wording("account_above", _("an account above"))()
_QUOTED = Wording("quoted", _("“%(name)s”"))
_EITHER = Wording("either", _("%(first)s or %(last)s"))


def quoted(names: Iterable[object]) -> Sentence:
    """Names to choose from: “Devices” or “Alerts”."""
    return reduce(lambda first, last: _EITHER(first=first, last=last), [_QUOTED(name=name) for name in names])
