"""System checks: settings that would make an installation unsafe or wrong, each with what to do about it.

`manage.py` runs them before every command, `accesscontrol/wsgi.py` and `asgi.py` before the first request. Ids:
accesscontrol.E001–E003 keys · E010–E014 addresses · E020–E021 database · E030–E034 access · E040 catalogue ·
E050–E051 tools · E070–E071, I001 heads of the audit log ·
E080–E081 identity provider · W001 cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from accesscontrol import catalogue
from accesscontrol.accounts.addresses import read_network

KEY_NAMES = ("SECRET_KEY", "AUDIT_KEY", "TOKEN_PEPPER")
KEY_BYTES = 32
KEY_DISTINCT_CHARACTERS = 10
PLACEHOLDERS = ("changeme", "change-me", "insecure", "example", "placeholder", "your-")
MAKE_A_KEY = (
    "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))' — "
    "and put it in the environment or in .env (see .env.example). For a try-out `python3 run.py demo` writes them."
)
THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]", ".localhost", "testserver")
SQLITE = "django.db.backends.sqlite3"
PASSWORD_LENGTH = 15
PASSWORD_VALIDATORS = {f"accesscontrol.services.signing_in.passwords.{name}" for name in ("LongEnough", "HardToGuess")}


def _error(number: str, message: str, hint: str) -> Error:
    return Error(message, hint=hint, id=f"accesscontrol.E{number}")


def _value_of_key(name: str) -> str:
    """The key, or "" when it is missing: Django refuses to read an empty SECRET_KEY."""
    try:
        return str(getattr(settings, name, ""))
    except ImproperlyConfigured:
        return ""


def _is_guessable(value: str) -> bool:
    words = any(word in value.lower() for word in PLACEHOLDERS)
    return words or len(value.encode()) < KEY_BYTES or len(set(value)) < KEY_DISTINCT_CHARACTERS


def check_keys(**_: Any) -> list[CheckMessage]:
    """Every key is set, long, no placeholder, and no two are the same."""
    values = {name: _value_of_key(name) for name in KEY_NAMES}
    found: list[CheckMessage] = []
    for name, value in values.items():
        if not value:
            found.append(_error("001", f"{name} is not set.", MAKE_A_KEY))
        elif _is_guessable(value):
            message = f"{name} is a placeholder or shorter than {KEY_BYTES} random bytes."
            found.append(_error("002", message, MAKE_A_KEY))
    given = [value for value in values.values() if value]
    if len(given) != len(set(given)):
        found.append(_error("003", f"Two of {', '.join(KEY_NAMES)} are the same.", f"Give each its own. {MAKE_A_KEY}"))
    found += [
        _error("002", "A value of SECRET_KEY_FALLBACKS is a placeholder or too short.", "Remove it from the list.")
        for value in settings.SECRET_KEY_FALLBACKS
        if _is_guessable(value)
    ]
    return found


def check_addresses(**_: Any) -> list[CheckMessage]:
    """Host names are named; debug pages and plain http never leave this machine; proxies are networks."""
    hosts = settings.ALLOWED_HOSTS
    abroad = [host for host in hosts if host not in THIS_MACHINE]
    found: list[CheckMessage] = []
    if not hosts and not settings.DEBUG:
        found.append(_error("010", "ALLOWED_HOSTS is empty.", "Set it to the portal's host name: portal.example.org."))
    if "*" in hosts:
        found.append(_error("011", "ALLOWED_HOSTS accepts every name.", "Name the portal's own host names instead."))
    for name in ("DEBUG", "INSECURE_HTTP"):
        if getattr(settings, name) and abroad:
            message = f"{name} is on while the portal answers to {', '.join(abroad)}."
            found.append(_error("012", message, f"Turn {name} off, or keep ALLOWED_HOSTS to localhost."))
    for proxy in settings.TRUSTED_PROXIES:
        if not _is_network(proxy):
            hint = "Give networks or addresses: 10.0.0.0/8 or 192.0.2.7."
            found.append(_error("013", f"TRUSTED_PROXIES names {proxy!r}, which is no network.", hint))
    if settings.TRUSTED_PROXIES and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        hint = "Set TRUSTED_PROXY_COUNT to the number of proxies in front of the portal."
        found.append(_error("014", "TRUSTED_PROXIES is set, TRUSTED_PROXY_COUNT is not.", hint))
    return found


def _is_network(text: str) -> bool:
    try:
        read_network(text)
    except ValueError:
        return False
    return True


def check_database(**_: Any) -> list[CheckMessage]:
    """SQLite takes its write lock at the start of an act, and no reading request takes it."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] != SQLITE:
        return []
    found: list[CheckMessage] = []
    if database.get("ATOMIC_REQUESTS"):
        message = "ATOMIC_REQUESTS on SQLite lets every page wait for the write lock."
        found.append(_error("020", message, "Leave it off; services open their own transactions."))
    if database.get("OPTIONS", {}).get("transaction_mode") != "IMMEDIATE":
        message = 'SQLite without transaction_mode IMMEDIATE fails parallel writers with "database is locked".'
        found.append(_error("021", message, 'Set OPTIONS["transaction_mode"] = "IMMEDIATE".'))
    return found


def check_access(**_: Any) -> list[CheckMessage]:
    """The engine is the only one that answers `has_perm`; sign-in rules are not weakened by accident."""
    found: list[CheckMessage] = []
    foreign = [path for path in settings.AUTHENTICATION_BACKENDS if not path.startswith("accesscontrol.")]
    if foreign:
        message = f"AUTHENTICATION_BACKENDS names {', '.join(foreign)}, which decides without the engine."
        found.append(
            _error("030", message, "Remove it: a second source of permissions says yes where the law says no.")
        )
    if settings.ANONYMOUS_USER_NAME is not None or settings.GUARDIAN_MONKEY_PATCH_USER:
        hint = "Set ANONYMOUS_USER_NAME = None and GUARDIAN_MONKEY_PATCH_USER = False."
        found.append(_error("031", "guardian would add an anonymous user or change the user model.", hint))
    if settings.SESSION_COOKIE_AGE > settings.SESSION_ABSOLUTE_SECONDS:
        hint = "Set SESSION_IDLE_SECONDS to at most SESSION_ABSOLUTE_SECONDS."
        found.append(_error("032", "An idle session would live longer than a session may live at all.", hint))
    named = {each["NAME"] for each in settings.AUTH_PASSWORD_VALIDATORS}
    if settings.PASSWORD_MIN_LENGTH < PASSWORD_LENGTH or not named >= PASSWORD_VALIDATORS:
        message = f"Passwords may be shorter than {PASSWORD_LENGTH} characters, or easy to guess."
        hint = f"Set PASSWORD_MIN_LENGTH to {PASSWORD_LENGTH} or more, and leave AUTH_PASSWORD_VALIDATORS as it is."
        found.append(_error("033", message, hint))
    if settings.PASSWORD_BREACH_FILE and not Path(settings.PASSWORD_BREACH_FILE).is_file():
        message = f"There is no file PASSWORD_BREACH_FILE={settings.PASSWORD_BREACH_FILE}."
        found.append(_error("034", message, "Name the list as it was fetched, or leave it out."))
    return found


def check_catalogue(**_: Any) -> list[CheckMessage]:
    """The catalogue of kinds, verbs and rights contradicts itself nowhere."""
    return [_error("040", problem, "Correct accesscontrol/catalogue.py.") for problem in catalogue.check()]


def check_tools(**_: Any) -> list[CheckMessage]:
    """Every tool has a name and a preset of its own, and an address, if any, that hides the key behind `#`."""
    presets = [preset.code for preset in catalogue.PRESETS]
    found: list[CheckMessage] = []
    for entry in settings.TOOLS if isinstance(settings.TOOLS, list) else [settings.TOOLS]:
        if not _is_tool(entry, presets):
            hint = f"Give name, preset ({', '.join(presets)}), address and description, all as text."
            found.append(_error("050", f"TOOLS holds {entry!r}, which is no tool.", hint))
        elif entry.get("address") and not _hides_key(entry["address"]):
            message = f"The address of the tool {entry['name']} would show a key to servers and their logs."
            hint = "Write it as https://tool.example.org/#{key}: https, and {key} once, behind the #."
            found.append(_error("051", message, hint))
    named = [entry["preset"] for entry in settings.TOOLS if not found]
    if len(named) != len(set(named)):
        found.append(_error("050", "Two tools of TOOLS have the same preset.", "Keep one tool for each preset."))
    return found


def _is_tool(entry: Any, presets: Sequence[str]) -> bool:
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        return False
    known = set(entry) <= {"name", "preset", "address", "description"}
    return known and bool(entry.get("name")) and entry.get("preset") in presets


def _hides_key(address: str) -> bool:
    before, _, behind = address.partition("#")
    host = before.removeprefix("https://").partition("/")[0]
    return before.startswith("https://") and bool(host) and "{key}" not in before and behind.count("{key}") == 1


def check_cache(**_: Any) -> list[CheckMessage]:
    """Several workers count rate limits together."""
    if "locmem" not in settings.CACHES["default"]["BACKEND"]:
        return []
    message = "Rate limits are counted in each worker apart."
    return [Warning(message, hint="Use the database cache or another shared one.", id="accesscontrol.W001")]


def check_published_heads(**_: Any) -> list[CheckMessage]:
    """The heads of the audit log go to a folder that is there, after a number of events."""
    found: list[CheckMessage] = []
    if settings.AUDIT_HEADS_EVERY < 1:
        found.append(_error("070", "AUDIT_HEADS_EVERY is no number of events.", "Set it to 1 or more, such as 1000."))
    path = settings.AUDIT_HEADS_FILE
    if path and not Path(path).absolute().parent.is_dir():
        hint = "Make it, writable for the portal, or name another file."
        found.append(_error("071", f"The folder of AUDIT_HEADS_FILE, {path}, is not there.", hint))
    return found


def check_provider(**_: Any) -> list[CheckMessage]:
    """An identity provider of the installation is asked by https, and speaks for somebody."""
    if not settings.PROVIDER_ISSUER:
        return []
    found: list[CheckMessage] = []
    if not settings.PROVIDER_CLIENT_ID or not settings.PROVIDER_DOMAINS:
        hint = "Set PROVIDER_CLIENT_ID and PROVIDER_DOMAINS, such as example.org, or leave PROVIDER_ISSUER empty."
        found.append(_error("080", "PROVIDER_ISSUER is set, and signs nobody in.", hint))
    if not settings.PROVIDER_ISSUER.startswith("https://") and settings.SECURE:
        hint = "Write it as the provider does, beginning with https://."
        found.append(_error("081", f"PROVIDER_ISSUER is {settings.PROVIDER_ISSUER}.", hint))
    return found


def check_heads_are_published(**_: Any) -> list[CheckMessage]:
    """Without heads outside the database the newest events can be cut off unseen."""
    if settings.AUDIT_HEADS_FILE or settings.AUDIT_HEADS_COMMAND:
        return []
    message = "The heads of the audit log are published nowhere."
    return [Info(message, hint="Set AUDIT_HEADS_FILE or AUDIT_HEADS_COMMAND.", id="accesscontrol.I001")]


Check = Callable[..., Sequence[CheckMessage]]
SETTINGS_CHECKS: tuple[Check, ...] = (
    check_keys,
    check_addresses,
    check_database,
    check_access,
    check_catalogue,
    check_tools,
    check_published_heads,
    check_provider,
)


def register_checks() -> None:
    """Put all checks into Django's list; called once, by the app configuration of accesscontrol.access."""
    for check in SETTINGS_CHECKS:
        register(check, Tags.security)
    register(check_cache, Tags.security, deploy=True)
    register(check_heads_are_published, Tags.security, deploy=True)


def refuse_unsafe_settings() -> None:
    """Raise with every problem named, before a server answers its first request."""
    found = [message for check in SETTINGS_CHECKS for message in check()]
    if found:
        lines = [f"{message.id}: {message.msg} {message.hint}" for message in found]
        raise ImproperlyConfigured("The portal does not start with these settings:\n" + "\n".join(lines))
