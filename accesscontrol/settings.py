"""All settings, from the environment (or `.env` beside manage.py); `.env.example` explains each one.

Every value is safe for a real installation unless the environment says otherwise; wrong combinations are
refused by accesscontrol/checks.py with a sentence that says what to set.
A variable NAME may also be given as NAME_FILE: the path of a file that holds the value.
"""

from pathlib import Path

import environ

from accesscontrol.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
ENV_FILE = BASE_DIR / ".env"

env = environ.FileAwareEnv()
if env.bool("READ_ENV_FILE", default=True) and ENV_FILE.is_file():
    env.read_env(ENV_FILE)

# --- What kind of installation this is

DEBUG = env.bool("DEBUG", default=False)
INSECURE_HTTP = env.bool("INSECURE_HTTP", default=False)  # plain http: only for a demo on this machine
SECURE = not INSECURE_HTTP

SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
AUDIT_KEY = env.str("AUDIT_KEY", default="")  # keys the chain of events
AUDIT_HEADS_FILE = env.str("AUDIT_HEADS_FILE", default="")  # where the heads of its chains are published
AUDIT_HEADS_COMMAND = env.str("AUDIT_HEADS_COMMAND", default="")  # gets them on its input
AUDIT_HEADS_EVERY = env.int("AUDIT_HEADS_EVERY", default=1000)  # events of a chain
TOKEN_PEPPER = env.str("TOKEN_PEPPER", default="")  # keys the stored digests of tokens

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if INSECURE_HTTP else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])  # networks whose X-Forwarded-For is believed

# --- What it is made of

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "mptt",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "django_tables2",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "accesscontrol.accounts",
    "accesscontrol.items",
    "accesscontrol.roles",
    "accesscontrol.tokens",
    "accesscontrol.grants",
    "accesscontrol.projects",
    "accesscontrol.subscriptions",
    "accesscontrol.jobs",
    "accesscontrol.joining",
    "accesscontrol.audit",
    "accesscontrol.access",
    "portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.actors.ActorMiddleware",
    "portal.bodies.BodyMiddleware",
    "portal.confirming.ConfirmMiddleware",
    "portal.errors.ErrorMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "accesscontrol.wsgi.application"
ASGI_APPLICATION = "accesscontrol.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.frame.menu.frame",
            ],
            "builtins": ["portal.templatetags.icons"],
        },
    },
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # our own fields: templates/django/forms

# --- Database and cache

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
DATABASES["default"]["ATOMIC_REQUESTS"] = False  # on SQLite every GET would take the write lock
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Measured: with the default DEFERRED a third of parallel writers got "database is locked", so none here.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # As long as SQLite's: who waits longer for a change of somebody else is told so.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c lock_timeout=20s")
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# The limits of signing in count in the cache, so all workers share it: a table of the database. The calls of the REST
# interface are counted by each worker for itself: a gateway asks often, and no decision waits for a write.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
    "calls": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "calls",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}

# Jobs: their queue is a table of the database, so that an act and its job are stored together or not at all.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

# --- Who signs in, and how

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accesscontrol.access.doors.backend.EngineBackend"]  # has_perm asks the engine, nobody else
ANONYMOUS_USER_NAME = None  # guardian makes no anonymous user
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # guardian's own backend would say yes where the engine says no

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accesscontrol.services.signing_in.passwords.LongEnough"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accesscontrol.services.signing_in.passwords.HardToGuess"},
    {"NAME": "accesscontrol.services.people.breached.NotBreached"},
]
PASSWORD_BREACH_FILE = env.str("PASSWORD_BREACH_FILE", default="")  # passwords known from breaches, by hash
PASSWORD_MIN_LENGTH = env.int("PASSWORD_MIN_LENGTH", default=15)  # 8 where a second factor is asked for
PASSWORD_RESET_TIMEOUT = 3600

FRESH_SIGN_IN_SECONDS = env.int("FRESH_SIGN_IN_SECONDS", default=15 * 60)  # then what weighs most asks once more
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
ACCOUNT_EMAIL_VERIFICATION = "none"  # users are entered by administrators; sign-up has its own rules
ACCOUNT_SESSION_REMEMBER = True  # no box to tick: SESSION_COOKIE_AGE counts
ACCOUNT_ADAPTER = "portal.pages.sign_in.account_adapter.AccountAdapter"
ACCOUNT_RATE_LIMITS = {
    "login_failed": "30/m/ip,5/5m/key",  # codes and passwords of somebody who is known by then
    "sign_in": "10/m/ip,5/5m/key",  # by network, and by person in a network
    "sign_in_of_person": "100/d/key",  # from wherever; browsers in which they signed in before count for themselves
    "sign_in_from_device": "10/5m/key",
}
# Of whom a second factor is asked whatever their accounts say: nobody, managers (owners, administrators), everybody.
SECOND_FACTOR_FOR = env.str("SECOND_FACTOR_FOR", default="nobody" if DEBUG else "managers")
ACCOUNT_REAUTHENTICATION_TIMEOUT = FRESH_SIGN_IN_SECONDS
MFA_ADAPTER = "portal.signed_in.factor_adapter.FactorAdapter"
MFA_FORMS = {
    "authenticate": "portal.code_forms.SecondStepForm",
    "authenticate_webauthn": "portal.passkey_forms.SecondStepForm",
    "login_webauthn": "portal.passkey_forms.AloneForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_PERIOD = 30
MFA_TOTP_TOLERANCE = 1  # a code counts one step longer, and one early; services/signing_in/factors.py: once
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}  # there is nothing to guess
MFA_ALLOW_UNVERIFIED_EMAIL = True  # whose address is proven is this portal's own matter
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

# An identity provider of the installation itself, for people who exist; accounts have their own on a page.
PROVIDER_ISSUER = env.str("PROVIDER_ISSUER", default="")
PROVIDER_CLIENT_ID = env.str("PROVIDER_CLIENT_ID", default="")
PROVIDER_CLIENT_SECRET = env.str("PROVIDER_CLIENT_SECRET", default="")
PROVIDER_NAME = env.str("PROVIDER_NAME", default="your company")  # what its button says: “Sign in with …”
PROVIDER_DOMAINS = env.list("PROVIDER_DOMAINS", default=[])  # mail domains of those whom it speaks for
# Hosts, with their port where they have one, that are believed though they stand inside one's own network.
PROVIDER_HOSTS_INSIDE = [host.lower() for host in env.list("PROVIDER_HOSTS_INSIDE", default=[])]

SESSION_COOKIE_AGE = env.int("SESSION_IDLE_SECONDS", default=30 * 60)
SESSION_ABSOLUTE_SECONDS = env.int("SESSION_ABSOLUTE_SECONDS", default=12 * 3600)
SESSION_ENGINE = "portal.signed_in.session_store"  # the 30 minutes count from the last request, to the minute
SESSION_EXPIRE_AT_BROWSER_CLOSE = False
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
DEVICE_COOKIE_NAME = "__Host-device" if SECURE else "device"  # names a browser in which somebody signed in before
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_FAILURE_VIEW = "portal.errors.csrf_refused"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = SECURE
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

# --- What browsers are told

# https or not is the server's word: gunicorn believes X-Forwarded-Proto only from FORWARDED_ALLOW_IPS.
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^access/v1/"]  # an API call over http is refused, not redirected
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- REST interface

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    # A view that does not stand on portal/api/base.py lets nobody in.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "portal.problems.api_exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.str("THROTTLE_ANON", default="60/min"),
        "user": env.str("THROTTLE_USER", default="1200/min"),
        "token": env.str("THROTTLE_TOKEN", default="1200/min"),
    },
    "NUM_PROXIES": env.int("TRUSTED_PROXY_COUNT", default=0),
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Access control portal",
    "DESCRIPTION": "Who may do what, on which thing, and why.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENFORCE_NON_BLANK_FIELDS": True,  # what may not be empty says so
    "SCHEMA_PATH_PREFIX": r"/api/v1|/access/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.api.frame.finishing.finish_document",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ItemKind": "accesscontrol.catalogue.ITEM_KIND_CHOICES",
        "TokenType": "accesscontrol.tokens.models.Token.Type",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": False},  # it would put links into buttons, which no keyboard reaches
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("REQUEST_BODY_BYTES", default=2_500_000)
# Pages send what changes, never whole long lists; this is room for what somebody chooses one by one.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# --- This project's own

TOKENS_MAY_BE_ENDLESS = env.bool("TOKENS_MAY_BE_ENDLESS", default=False)  # tokens without any end
TOKEN_LONGEST_DAYS = env.int("TOKEN_LONGEST_DAYS", default=0)  # the latest end a token may have; 0 = any
TOKEN_REFUSALS_A_MINUTE = env.int("TOKEN_REFUSALS_A_MINUTE", default=30)  # bad keys from one address, then 429
TREE_DEPTH_LIMIT = env.int("TREE_DEPTH_LIMIT", default=16)  # levels of accounts below a top-level account

# What tokens of a preset open. address: of a tool elsewhere, with {key} behind `#`; empty = the portal's own pages.
TOOLS = env.json(
    "TOOLS",
    default=[
        {"name": "Toolbox", "preset": "toolbox", "address": "", "description": "Messages and logs of devices."},
        {"name": "Setbox", "preset": "setbox", "address": "", "description": "Settings of devices."},
        {"name": "TrackIt", "preset": "trackit", "address": "", "description": "Tracks and telemetry of devices."},
    ],
)

# --- Language, time, mail, logs

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# A demo keeps its mail in files, and shows it on a page of its own.
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="filemail:" if DEBUG else "consolemail:")
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL_CONFIG["EMAIL_HOST"]
EMAIL_PORT = EMAIL_CONFIG["EMAIL_PORT"] or 25
EMAIL_HOST_USER = EMAIL_CONFIG["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = EMAIL_CONFIG["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = EMAIL_CONFIG.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL_CONFIG.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = BASE_DIR / (EMAIL_CONFIG.get("EMAIL_FILE_PATH") or "mail")
EMAIL_TIMEOUT = 15
MAIL_APART = True  # who asks for a reset does not wait for its mail, so the time tells nothing
MAIL_REACHES_NOBODY = [f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy")]
# Where links in mails lead: the portal's own address, never what a request says.
PORTAL_ADDRESS = env.str("PORTAL_ADDRESS", default="").rstrip("/")
if not PORTAL_ADDRESS:
    _host = next((host for host in ALLOWED_HOSTS if host not in ("*", "localhost")), "localhost")
    PORTAL_ADDRESS = f"https://{_host}" if SECURE else f"http://{_host}:8000"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="portal@localhost")

LOGGING = logging_config(level=env.str("LOG_LEVEL", default="INFO"))

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
