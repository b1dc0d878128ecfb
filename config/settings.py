"""Every setting that the environment decides, each read once. Those of `fixed_settings` are the same everywhere."""

import sys
from importlib.util import find_spec
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import env, redis_urls, secret_keys
from config.fixed_settings import *  # noqa: F403
from config.logs import lines
from config.postgres import connections

ENV_PROBLEMS, SECRET_FILES = env.problems, env.secret_files

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY", "only-for-development" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Give every process the same long random text: "
        'python -c "import secrets; print(secrets.token_urlsafe(50))"'
    )
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", "")

# --- The public address: https decides cookies, HSTS and the redirect -----------------------------------------------
PUBLIC_URL = env.text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
_public = urlsplit(PUBLIC_URL)
if _public.scheme not in {"http", "https"} or not _public.hostname:
    env.problems.append(
        env.Problem("PUBLIC_URL", f"{PUBLIC_URL!r} is not an address.", "Write PUBLIC_URL=https://digits.example.org")
    )
IS_HTTPS = _public.scheme == "https"
_is_public = not DEBUG and _public.hostname not in {"127.0.0.1", "localhost", "::1"}
SECRET_KEY_WEAKNESS = secret_keys.why_weak(SECRET_KEY)
if _is_public and SECRET_KEY_WEAKNESS:
    raise ImproperlyConfigured(
        f"SECRET_KEY {SECRET_KEY_WEAKNESS}. Make a random one: "
        'python -c "import secrets; print(secrets.token_urlsafe(50))", and keep the former one in SECRET_KEY_FALLBACKS '
        "until `manage.py rotate_keys` has run."
    )
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", f"{_public.hostname},localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if _public.hostname else []
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0, most=10)
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_HTTPS
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = IS_HTTPS, True, "Lax"
_host = "__Host-" if IS_HTTPS else ""  # browsers then take a cookie from this host alone, over https, for all its paths
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_host}sessionid", f"{_host}csrftoken"
DEVICE_COOKIE_NAME, MESSAGES_COOKIE_NAME = f"{_host}inkling_device", f"{_host}messages"
LANGUAGE_COOKIE_NAME, THEME_COOKIE_NAME = f"{_host}django_language", f"{_host}inkling_theme"
HISTORY_VIEW_COOKIE_NAME = f"{_host}history_view"
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS")
SECURE_HSTS_PRELOAD = env.flag("HSTS_PRELOAD")
CONTENT_SECURITY_POLICY["DIRECTIVES"]["upgrade-insecure-requests"] = IS_HTTPS  # noqa: F405

# --- Static files: WhiteNoise serves them from STATIC_ROOT with hashed names, or from their sources -------------------
STATIC_ROOT = env.text("STATIC_ROOT") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
_hashed, _plain = "whitenoise.storage.CompressedManifestStaticFilesStorage", "django.contrib.staticfiles.storage."
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": _hashed if STATIC_ROOT else _plain + "StaticFilesStorage"},
}

# --- Postgres: the only durable state -------------------------------------------------------------------------------
DATABASE_URL = env.text("DATABASE_URL", "postgres://inkling@127.0.0.1:5432/inkling")
DATABASE_DIRECT_URL = env.text("DATABASE_DIRECT_URL")  # if DATABASE_URL leads to a pgbouncer: the server itself
DATABASE_POOL_SIZE = env.number("DATABASE_POOL_SIZE", 0, least=0, most=1_000)  # 0: one connection per thread
PREPARED_STATEMENTS = env.flag("PREPARED_STATEMENTS", not DATABASE_DIRECT_URL)
DATABASE_FOLDER = env.text("DATABASE_FOLDER")
DATABASE_SESSION = connections.SESSION_SETTINGS
DATABASES = {
    "default": connections.describe(
        DATABASE_URL,
        pool_size=DATABASE_POOL_SIZE,
        prepares=PREPARED_STATEMENTS,
        is_direct=not DATABASE_DIRECT_URL,
    )
}
DIRECT_DATABASE = connections.describe(DATABASE_DIRECT_URL) if DATABASE_DIRECT_URL else {}

# --- The queue: Redis only wakes workers ----------------------------------------------------------------------------
_given = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
REDIS_URL = redis_urls.without_tls_options(_given)
if _given != REDIS_URL:
    env.problems.append(
        env.Problem("REDIS_URL", "its ssl_ options are not used.", "Set REDIS_CA_FILE, or REDIS_CERTIFICATE=unchecked.")
    )
REDIS_IS_CHECKED = env.choice("REDIS_CERTIFICATE", "checked", ("checked", "unchecked")) == "checked"
REDIS_TLS = redis_urls.tls_options(REDIS_URL, env.text("REDIS_CA_FILE"), is_checked=REDIS_IS_CHECKED)
CELERY_BROKER_URL = redis_urls.broker_url(REDIS_URL)
CELERY_BROKER_USE_SSL = REDIS_TLS or None

# --- Accounts -------------------------------------------------------------------------------------------------------
SIGN_UP = env.choice("SIGN_UP", "open", ("open", "invitation", "closed"))
ACCOUNT_EMAIL_VERIFICATION = env.choice("EMAIL_VERIFICATION", "optional", ("none", "optional", "mandatory"))
_email_field = {"none": [], "optional": ["email"], "mandatory": ["email*"]}[ACCOUNT_EMAIL_VERIFICATION]
ACCOUNT_SIGNUP_FIELDS = ["username*", *_email_field, "password1*", "password2*"]
SIGN_UPS_PER_MINUTE = env.number("SIGN_UPS_PER_MINUTE", 20, least=1, most=10_000)
REQUIRE_SECOND_FACTOR = env.choice("REQUIRE_SECOND_FACTOR", "nobody", ("nobody", "staff", "everybody"))
_argon2 = ["accounts.identity.hashing.Argon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
_is_old = env.choice("PASSWORD_HASHER", "argon2", ("argon2", "pbkdf2")) == "pbkdf2"
PASSWORD_HASHERS = _argon2[::-1] if _is_old else _argon2  # the first one hashes, both are read
COMMON_PASSWORDS_FILE = env.text("COMMON_PASSWORDS_FILE")
PASSWORD_WORDS = env.words("PASSWORD_WORDS")
SESSION_DAYS = env.number("SESSION_DAYS", 30, least=1, most=90)  # after the log-in
SESSION_IDLE_HOURS = env.number("SESSION_IDLE_HOURS", 336, least=1, most=2_160)
STAFF_SESSION_HOURS = env.number("STAFF_SESSION_HOURS", 24, least=1, most=2_160)
STAFF_SESSION_IDLE_MINUTES = env.number("STAFF_SESSION_IDLE_MINUTES", 60, least=15, most=43_200)
SESSION_COOKIE_AGE = SESSION_DAYS * 86_400
SECURITY_CONTACT = env.text("SECURITY_CONTACT")
TOKENS_LIMIT = env.number("TOKENS_LIMIT", 20, least=1, most=1_000)

# --- Single sign-on by OpenID Connect ---------------------------------------------------------------------------------
OIDC_URL = env.text("OIDC_URL").rstrip("/")
OIDC_NAME = env.text("OIDC_NAME", "single sign-on")
_app = {
    "provider_id": "sso",
    "name": OIDC_NAME,
    "client_id": env.text("OIDC_CLIENT_ID"),
    "secret": env.text("OIDC_CLIENT_SECRET"),
    "settings": {"server_url": OIDC_URL},
}
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [_app] if OIDC_URL else []}}
if OIDC_URL:  # browsers follow no redirect of a form to where it may not be sent
    _oidc = urlsplit(OIDC_URL)
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append(f"{_oidc.scheme}://{_oidc.netloc}")  # noqa: F405

# --- Mail: queued in the request's transaction, sent by a delivery worker --------------------------------------------
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", f"Inkling <inkling@{_public.hostname or 'localhost'}>")
EMAIL_HOST = env.text("MAIL_HOST")
EMAIL_PORT = env.number("MAIL_PORT", 587, least=1, most=65_535)
EMAIL_HOST_USER = env.text("MAIL_USER")
EMAIL_HOST_PASSWORD = env.text("MAIL_PASSWORD")
_security = env.choice("MAIL_SECURITY", "starttls", ("starttls", "tls", "none"))
EMAIL_USE_TLS, EMAIL_USE_SSL = _security == "starttls", _security == "tls"
EMAIL_TIMEOUT = 60  # seconds per reply; a server that accepts a mail only after a timeout gets it again
EMAIL_FILE_PATH = env.text("MAIL_FOLDER") or None
_backend = "smtp" if EMAIL_HOST else "filebased" if EMAIL_FILE_PATH else "console"
POST_OFFICE = {
    "BACKENDS": {"default": f"django.core.mail.backends.{_backend}.EmailBackend"},
    "MAX_RETRIES": 8,  # the wait doubles from one minute, so the last try is about four hours after the first
}

# --- The API and its limits -----------------------------------------------------------------------------------------
UPLOAD_LIMIT_BYTES = env.number("UPLOAD_LIMIT_BYTES", 25_000_000, least=1_000, most=100_000_000)
STROKES_LIMIT_BYTES = env.number("STROKES_LIMIT_BYTES", 2_000_000, least=1_000, most=100_000_000)
IMAGE_LIMIT_PIXELS = env.number("IMAGE_LIMIT_PIXELS", 16_000_000, least=784, most=178_000_000)
IMAGE_LIMIT_JPEG_PIXELS = env.number("IMAGE_LIMIT_JPEG_PIXELS", 50_000_000, least=784, most=178_000_000)
IMAGE_LIMIT_SIDE_PX = env.number("IMAGE_LIMIT_SIDE_PX", 8_192, least=28, most=65_535)
STROKES_LIMIT = env.number("STROKES_LIMIT", 500, least=1)
POINTS_LIMIT = env.number("POINTS_LIMIT", 20_000, least=1)
BATCH_ITEMS_LIMIT = env.number("BATCH_ITEMS_LIMIT", 100, least=1, most=100)
BATCH_LIMIT_BYTES = env.number("BATCH_LIMIT_BYTES", 25_000_000, least=1_000, most=200_000_000)
WAIT_LIMIT_S = env.number("WAIT_LIMIT_S", 10, least=0, most=60)
WAITERS_LIMIT = env.number("WAITERS_LIMIT", 56, least=0, most=1_000)  # of a web process with 64 threads
RATE_LIMIT_PER_S = env.number("RATE_LIMIT_PER_S", 100, least=1)
IN_FLIGHT_LIMIT = env.number("IN_FLIGHT_LIMIT", 500, least=1)
SHEET_CELLS_LIMIT = env.number("SHEET_CELLS_LIMIT", 10_000, least=300)
INTERACTIVE_SHARE = env.number("INTERACTIVE_SHARE", 32, least=1)
QUEUE_LIMIT = env.number("QUEUE_LIMIT", 30_000, least=1)
WEBHOOK_PRIVATE_ADDRESSES = env.flag("WEBHOOK_PRIVATE_ADDRESSES")
KEPT_LIMIT_BYTES = env.number("KEPT_LIMIT_BYTES", 5_000_000_000, least=1_000, most=2**60)
REVIEW_SAMPLE_SHARE = env.share("REVIEW_SAMPLE_SHARE", 0.02)
REVIEW_TWICE_SHARE = env.share("REVIEW_TWICE_SHARE", 0.1)
REVIEW_KNOWN_SHARE = env.share("REVIEW_KNOWN_SHARE", 0.0)
GUESTS = env.flag("GUESTS", True)
GUEST_LIMIT_PER_MINUTE = env.number("GUEST_LIMIT_PER_MINUTE", 30, least=1, most=10_000)
GUEST_ADDRESS_LIMIT_PER_MINUTE = env.number("GUEST_ADDRESS_LIMIT_PER_MINUTE", 600, least=1, most=1_000_000)
_multipart_overhead = 100_000  # bytes
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT_BYTES + _multipart_overhead
FILE_UPLOAD_MAX_MEMORY_SIZE = max(UPLOAD_LIMIT_BYTES, BATCH_LIMIT_BYTES) + _multipart_overhead

# --- Recognition ----------------------------------------------------------------------------------------------------
RUNTIME = env.choice("RUNTIME", "auto", ("auto", "litert", "tensorflow"))
NETWORK_THREADS = env.number("NETWORK_THREADS", 1, least=1, most=64)
BATCH_LIMIT = env.number("BATCH_LIMIT", 32, least=1, most=256)
GPU_BATCH_LIMIT = env.number("GPU_BATCH_LIMIT", 128, least=1, most=2048)
BULK_BATCH_LIMIT = env.number("BULK_BATCH_LIMIT", 8, least=1, most=256)
MAX_ATTEMPTS = env.number("MAX_ATTEMPTS", 3, least=1, most=20)
LEASE_S = env.number("LEASE_S", 6, least=2, most=600)
WATCHDOG_S = env.number("WATCHDOG_S", 20, least=2, most=600)
LOOK_EVERY_MS = env.number("LOOK_EVERY_MS", 1_000, least=50, most=60_000)
WORKER_NAME = env.text("WORKER_NAME")
TRAINING_DATA = env.text("TRAINING_DATA")
TRAINING_LIMIT_S = env.number("TRAINING_LIMIT_S", 7_200, least=60, most=86_400)
TRAINING_THREADS = env.number("TRAINING_THREADS", 1, least=1, most=64)
RETRAIN_EVERY_DAYS = env.number("RETRAIN_EVERY_DAYS", 0, least=0, most=365)
RETENTION_DAYS = env.number("RETENTION_DAYS", 0, least=0, most=3_650)
TESTING = env.flag("TESTING")
READER = env.text("READER", "ml.recognition.reader.Reader")
if READER != "ml.recognition.reader.Reader" and not TESTING:
    env.problems.append(env.Problem("READER", "only tests may use another reader.", "Unset READER."))
    READER = "ml.recognition.reader.Reader"
HEARTBEAT_FILE = env.text("HEARTBEAT_FILE")
STATUS_TOKEN = env.text("STATUS_TOKEN")
METRICS_PORT = env.number("METRICS_PORT", 0, most=65_535)  # of a worker; 0: none
METRICS_HOST = env.text("METRICS_HOST", "127.0.0.1")
BACKUPS_KEPT_DAYS = env.number("BACKUPS_KEPT_DAYS", 30, least=1, most=3_650)
WEB_URL = env.text("WEB_URL").rstrip("/")
BACKUPS_FOLDER = env.text("BACKUPS_FOLDER")
BACKUPS_DUE_HOURS = env.number("BACKUPS_DUE_HOURS", 26, least=0, most=8_760)
CODE_VERSION = env.text("CODE_VERSION", "dev")

# --- Logs and traces ------------------------------------------------------------------------------------------------
LOG_FORMAT = env.choice("LOG_FORMAT", "json", lines.FORMATS)  # what nobody set must not break who collects the lines
TRACES_URL = env.text("TRACES_URL")
TRACES_SHARE = env.share("TRACES_SHARE", 1.0)
_traces = urlsplit(TRACES_URL)
if TRACES_URL and (_traces.scheme not in {"http", "https"} or not _traces.hostname):
    env.problems.append(
        env.Problem("TRACES_URL", "it is not an address.", "Write TRACES_URL=http://collector:4318/v1/traces")
    )
    TRACES_URL = ""
if TRACES_URL and not (find_spec("opentelemetry") and find_spec("opentelemetry.sdk")):
    env.problems.append(
        env.Problem("TRACES_URL", "OpenTelemetry is not installed.", "Install requirements/traces.txt: docs/logs.md.")
    )
    TRACES_URL = ""
lines.configure()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "refusals": {"()": "config.middleware.RefusalsInOneLine"},
        "who": {"()": "config.logs.lines.WhoWasRefused"},
    },
    "formatters": {
        "line": {"()": "config.logs.lines.Lines", "kind": LOG_FORMAT},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "stream": sys.stderr,
            "formatter": "line",
            "filters": ["refusals", "who"],
        }
    },
    "root": {
        "handlers": ["stderr"],
        "level": env.choice("LOG_LEVEL", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR")),
    },
    "loggers": {
        "predictions": {"level": "INFO"},
        "accounts": {"level": "INFO"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # answered with 400, not logged
        "opentelemetry": {"level": "ERROR"},  # a collector that is gone: one line a batch, not one a try
        "post_office": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},  # replaces its own handler
    },
}
