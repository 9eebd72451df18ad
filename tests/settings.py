"""Settings of a test run: the project's own, with fixed keys, a fast password hasher and a cache in memory."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

TEST_KEYS = {
    "READ_ENV_FILE": "false",  # a test never depends on the .env of the machine
    "DEBUG": "false",
    "INSECURE_HTTP": "true",
    "SECRET_KEY": "test-only-secret-key-0123456789abcdef0123456789abcdef",
    "AUDIT_KEY": "test-only-audit-key-0123456789abcdef0123456789abcdef",
    "TOKEN_PEPPER": "test-only-token-pepper-0123456789abcdef0123456789abcdef",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
    "LOG_LEVEL": "WARNING",
    "SECOND_FACTOR_FOR": "nobody",
    "THROTTLE_ANON": "1000000/min",
    "THROTTLE_USER": "1000000/min",
    "THROTTLE_TOKEN": "1000000/min",
    "TOKEN_REFUSALS_A_MINUTE": "1000000",
}
os.environ.update(TEST_KEYS)

from accesscontrol.settings import *  # noqa: E402, F403  (the keys must stand in the environment first)
from accesscontrol.settings import CACHES, DATABASES, INSTALLED_APPS, STORAGES  # noqa: E402

INSTALLED_APPS = [*INSTALLED_APPS, "tests.flushing"]  # lets a transactional test empty the append-only audit log
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {**CACHES, "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MAIL_APART = False
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}

_folder = Path(tempfile.mkdtemp(prefix="accesscontrol-test-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
STATIC_ROOT = _folder / "static"
STATIC_ROOT.mkdir()

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file of its own for each run: threads and processes of a test then meet as they do in real life,
    # and two runs side by side do not meet.
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}
    if "MIGRATED" in os.environ:
        shutil.copyfile(os.environ["MIGRATED"], _folder / "test.sqlite3")
    if "DATABASE_URL" not in os.environ:
        # Where pytest sets no database up (it does not for tests without its database fixtures), this is still not
        # the database of the person who runs the tests.
        DATABASES["default"]["NAME"] = str(_folder / "no-test.sqlite3")
