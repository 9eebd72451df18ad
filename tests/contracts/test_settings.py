"""Settings: a real installation is safe by default, and a dangerous one is refused with what to do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from accesscontrol import checks
from tests.contracts.source import ROOT

PRODUCTION = {
    "READ_ENV_FILE": "false",
    "DJANGO_SETTINGS_MODULE": "accesscontrol.settings",
    "SECRET_KEY": "3vQx8sVb0Yc5LkT2rNf7hJw9ZmPq4uEaGd6RoXi1tB5yHn8CsKe2",
    "AUDIT_KEY": "p8KzT1uWc6Nf3Yb0QxJr5hVm9LsE2aGd7RoXi4vQ",
    "TOKEN_PEPPER": "Zm4Pq9uEa2Gd7RoX5iv1Qx8sVb3Yc6LkT0rNf4hJ",
    "ALLOWED_HOSTS": "portal.example.org",
    "DATABASE_URL": "sqlite://:memory:",
}
SHOWN = (
    "DEBUG SESSION_COOKIE_NAME SESSION_COOKIE_SECURE SESSION_COOKIE_HTTPONLY SESSION_COOKIE_SAMESITE CSRF_COOKIE_NAME "
    "CSRF_COOKIE_SECURE SECURE_HSTS_SECONDS SECURE_HSTS_INCLUDE_SUBDOMAINS SECURE_CROSS_ORIGIN_OPENER_POLICY"
).split()


def run_python(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own with these settings only: nothing of the test run's own environment reaches it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.checklist("C01")
def test_production_settings_pass_the_deployment_check():
    result = run_python(["manage.py", "check", "--deploy", "--fail-level", "WARNING"], **PRODUCTION)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.checklist("S08")
@pytest.mark.checklist("W08")
def test_production_cookies_and_headers_are_the_strict_ones():
    program = f"import json; from django.conf import settings as s; print(json.dumps([getattr(s, n) for n in {SHOWN}]))"
    result = run_python(["-c", program], **PRODUCTION)
    assert dict(zip(SHOWN, json.loads(result.stdout), strict=True)) == {
        "DEBUG": False,
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "CSRF_COOKIE_SECURE": True,
        "SECURE_HSTS_SECONDS": 63_072_000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
    }


@pytest.mark.checklist("C02")
def test_a_server_without_keys_does_not_start_and_names_each():
    result = run_python(["-c", "import accesscontrol.wsgi"], **{**PRODUCTION, "SECRET_KEY": "", "AUDIT_KEY": ""})
    assert result.returncode == 1
    assert "SECRET_KEY is not set" in result.stderr
    assert "AUDIT_KEY is not set" in result.stderr
    assert "TOKEN_PEPPER is not set" not in result.stderr


@pytest.mark.checklist("C02")
def test_manage_without_keys_says_which_are_missing():
    result = run_python(["manage.py", "check"], **{**PRODUCTION, "SECRET_KEY": ""})
    assert result.returncode == 1
    assert "SECRET_KEY is not set" in result.stderr


@pytest.mark.checklist("C02")
def test_a_key_may_come_from_a_file(tmp_path):
    (tmp_path / "key").write_text(PRODUCTION["SECRET_KEY"])
    environment = {name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"}
    program = "from django.conf import settings; print(settings.SECRET_KEY)"
    result = run_python(["-c", program], **environment, SECRET_KEY_FILE=str(tmp_path / "key"))
    assert result.stdout.strip() == PRODUCTION["SECRET_KEY"]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("SECRET_KEY", "short", ["accesscontrol.E002"]),
        ("AUDIT_KEY", "", ["accesscontrol.E001"]),
        ("TOKEN_PEPPER", "a" * 64, ["accesscontrol.E002"]),
        ("TOKEN_PEPPER", "django-insecure-0123456789abcdef0123456789", ["accesscontrol.E002"]),
        ("SECRET_KEY_FALLBACKS", ["changeme"], ["accesscontrol.E002"]),
        ("ALLOWED_HOSTS", [], ["accesscontrol.E010"]),
        ("ALLOWED_HOSTS", ["*"], ["accesscontrol.E011", "accesscontrol.E012"]),
        ("ALLOWED_HOSTS", ["portal.example.org"], ["accesscontrol.E012"]),
        ("TRUSTED_PROXIES", ["proxy"], ["accesscontrol.E013", "accesscontrol.E014"]),
        ("TRUSTED_PROXIES", ["10.0.0.0/8"], ["accesscontrol.E014"]),
        ("AUTHENTICATION_BACKENDS", ["guardian.backends.ObjectPermissionBackend"], ["accesscontrol.E030"]),
        ("ANONYMOUS_USER_NAME", "AnonymousUser", ["accesscontrol.E031"]),
        ("SESSION_COOKIE_AGE", 10**6, ["accesscontrol.E032"]),
        ("AUTH_PASSWORD_VALIDATORS", [], ["accesscontrol.E033"]),
        ("PASSWORD_MIN_LENGTH", 14, ["accesscontrol.E033"]),
    ],
)
def test_a_wrong_setting_is_refused_with_its_id_and_a_hint(settings, name, value, found):
    setattr(settings, name, value)
    messages = [message for check in checks.SETTINGS_CHECKS for message in check()]
    assert [message.id for message in messages] == found
    assert all(message.hint for message in messages)
    with pytest.raises(ImproperlyConfigured) as refused:
        checks.refuse_unsafe_settings()
    assert found[0] in str(refused.value)


def test_sqlite_that_would_fail_parallel_writers_is_refused(settings, monkeypatch):
    loose = {"ENGINE": checks.SQLITE, "ATOMIC_REQUESTS": True}
    monkeypatch.setitem(settings.DATABASES, "default", loose)
    assert [message.id for message in checks.check_database()] == ["accesscontrol.E020", "accesscontrol.E021"]


def test_two_keys_of_the_same_value_are_refused(settings):
    settings.AUDIT_KEY = settings.TOKEN_PEPPER
    assert [message.id for message in checks.check_keys()] == ["accesscontrol.E003"]


def test_the_settings_of_the_tests_are_refused_nowhere():
    assert [message for check in checks.SETTINGS_CHECKS for message in check()] == []


def test_every_setting_of_the_environment_is_explained_in_the_example():
    named = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "accesscontrol" / "settings.py").read_text()))
    explained = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named - {"READ_ENV_FILE"} - explained == set()
    assert explained - named == {"FORWARDED_ALLOW_IPS"}  # gunicorn's own


def test_every_language_that_can_be_chosen_exists():
    """English stands in the code; every other language needs its catalogue."""
    catalogues = {path.parents[1].name for path in ROOT.glob("locale/*/LC_MESSAGES/django.po")}
    assert {code for code, _name in settings.LANGUAGES} == {"en", *catalogues}
