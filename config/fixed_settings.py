"""Settings that are the same on every machine; `settings` adds those that the environment decides."""

from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What is installed ----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "accounts",
    "predictions",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "accounts.apps.SessionsConfig",
    "post_office",
    "rest_framework",
    "drf_spectacular",
    "knox",
    "csp",
]
MIDDLEWARE = [
    "config.request_metrics.measure",  # outermost: it takes the time of all that follow
    "config.logs.request_ids.carry_request_id",  # above all that logs
    "config.logs.traces.trace_requests",
    "config.headers.SecurityHeaders",  # above all that answers
    "predictions.health.probes",
    "config.plain_http.refuse_api",
    "predictions.api.fast_path.middleware.fast_path",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.drop_nul_cookies",
    "config.private_pages.keep_private",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.identity.sessions.track_sessions",
    "config.middleware.refuse_nul",  # below everything that its error page needs
    "predictions.pages.errors.not_allowed",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
                "csp.context_processors.nonce",
                "accounts.themes.theme",
                "accounts.sign_up.modes.offers",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LANGUAGE_COOKIE_AGE = 31_536_000
MESSAGE_STORAGE = "config.message_storage.MessageStorage"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"  # times include their zone
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "inkling_cache"}}

# --- What browsers are told -----------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # both are the operator's choice: hard to take back
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY: dict[str, dict[str, Any]] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["inkling"],  # of static/js/trusted.js
    }
}

# --- The queue ------------------------------------------------------------------------------------------------------
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 30,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 5,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # retry forever
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_ACCEPT_CONTENT = CELERY_RESULT_ACCEPT_CONTENT = ["json"]  # a pickled message would run what it holds
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = CELERY_EVENT_SERIALIZER = "json"
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # nothing here needs it, and a message could stop or slow workers
CELERY_DB_REUSE_MAX = 1_000_000  # otherwise every task reconnects
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "predictions.tasks.sweep", "schedule": 30.0, "options": {"expires": 25}},
    "golden": {"task": "predictions.tasks.send_golden", "schedule": 60.0, "options": {"expires": 50}},
}

# --- Accounts -------------------------------------------------------------------------------------------------------
SESSION_ENGINE = "accounts.identity.session_store"
AUTH_USER_MODEL = "accounts.User"
ACCOUNT_CONTENT = "predictions.services.erasure"  # what erases a person's drawings when their account is deleted
AUTHENTICATION_BACKENDS = ["accounts.identity.backend.NameOrAddress"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name}
    for name in (
        "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "django.contrib.auth.password_validation.MinimumLengthValidator",
        "accounts.identity.common_passwords.CommonPasswords",
        "accounts.identity.site_words.SiteWords",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "draw"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # notify users of a changed password or address
ACCOUNT_CHANGE_EMAIL = True  # one address per user; the old one stays until the new one is confirmed
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # an unattended session must not take the account over
ACCOUNT_RATE_LIMITS = dict.fromkeys(  # `accounts.limits` has those of these actions
    (
        *("login", "login_failed", "signup", "reset_password", "reset_password_from_key", "change_password"),
        "reauthenticate",
    ),
    "",
) | {"confirm_email": "20/h/key"}  # mails to one address: a stranger's must not keep back its owner's
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
PASSWORD_RESET_TIMEOUT = 86_400  # seconds; the link's mail may be sent again for four hours
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.identity.reset_tokens.ResetTokens"  # noqa: S105 (a class)
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "add_email": "accounts.forms.AddEmailForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a passkey logs in by itself, so its device must check who holds it
MFA_TOTP_ISSUER = "Inkling"
MFA_TOTP_TOLERANCE = 1  # steps of 30 s before and after, for clocks that are not exact
MFA_RECOVERY_CODE_DIGITS = 10
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # `accounts.factors.policy.may_add` has our rule
MFA_RATE_LIMITS = {"webauthn_login": ""}
MFA_ADAPTER = "accounts.factors.adapter.FactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.factors.forms.AuthenticateForm",
    "reauthenticate": "accounts.factors.forms.ReauthenticateForm",
    "activate_totp": "accounts.factors.forms.ActivateTOTPForm",
    "authenticate_webauthn": "accounts.factors.forms.AuthenticatePasskeyForm",
    "reauthenticate_webauthn": "accounts.factors.forms.ReauthenticatePasskeyForm",
    "login_webauthn": "accounts.factors.forms.LogInByPasskeyForm",
    "add_webauthn": "accounts.factors.forms.AddPasskeyForm",
    "edit_webauthn": "accounts.factors.forms.RenamePasskeyForm",
}
SOCIALACCOUNT_ADAPTER = "accounts.sso.adapter.SingleSignOnAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False  # a name is asked for
SOCIALACCOUNT_FORMS = {"signup": "accounts.sso.forms.SignupForm"}
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # seconds, of each of the provider's answers
KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105 (a model's name)
MIGRATION_MODULES = {"knox": None}  # our ApiToken replaces its table
REST_KNOX = {"TOKEN_MODEL": KNOX_TOKEN_MODEL, "TOKEN_TTL": None, "TOKEN_PREFIX": "ink_"}
EMAIL_BACKEND = "accounts.outbox.Outbox"
DELIVERED_BESIDES_MAIL = ["predictions.webhooks.delivering"]  # modules with send_one and delete_old

# --- The API --------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated", "accounts.scopes.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "predictions.api.errors.handle_exception",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "predictions.api.errors.AlwaysJSON",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Inkling",
    "VERSION": "1",
    "DESCRIPTION": "Reads handwritten digits. Every drawing is stored before the API accepts it.",
    "OAS_VERSION": "3.1.1",
    "AUTHENTICATION_WHITELIST": ["accounts.tokens.TokenAuthentication"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "PREPROCESSING_HOOKS": ["predictions.api.schema.hooks.drop_paths_without_slash"],
    "POSTPROCESSING_HOOKS": ["predictions.api.schema.hooks.finish_schema"],
}
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000  # above BATCH_ITEMS_LIMIT, which has its own error message
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
