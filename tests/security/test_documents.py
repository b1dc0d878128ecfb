"""What is written about security is there, holds the numbers of the code, and names each place that needs it."""

import json
import re
from pathlib import Path

import pytest
from allauth.account import app_settings
from django.conf import settings

from accounts.identity.hashing import Argon2
from accounts.identity.sessions import SEEN_RESOLUTION_S
from accounts.identity.site_words import LEFT_LENGTH, SHORTEST, WORDS
from accounts.limits import passwords
from accounts.sign_up.invitations import LIFETIME_DAYS
from accounts.tokens import DEFAULT_LIFETIME
from config import plain_http
from ml.decoding import pdf, photographs
from ml.sheets import decoding, files
from predictions.models.sheets import MAX_PAGES

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("SECURITY.md", "docs/asvs.md", "docs/security.md")
USES_CRYPTOGRAPHY = re.compile(
    r"^(?:import|from) (?:hashlib|hmac|secrets|jwt|cryptography|fido2|argon2)\b"
    r"|\b(?:salted_hmac|django\.core\.signing|get_random_string|allauth\.mfa\.webauthn\.internal)\b",
    re.M,
)


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _words(path: str) -> str:
    return " ".join(_read(path).split())


def _sections(path: str) -> dict[str, str]:
    """Return the text of each section by the anchor that links name."""
    parts = re.split(r"^#+ (.+)$", _read(path), flags=re.M)
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-"): text
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
    }


@pytest.mark.parametrize("page", PAGES)
def test_each_decision_is_written_down(page):
    links = set(re.findall(r"\]\(((?!https?:)[^)\s]+)\)", _read(page)))
    assert links
    for link in links:
        path, _, anchor = link.partition("#")
        file = (ROOT / page).parent / path
        assert file.exists(), f"{page}: {link}"
        if anchor:
            section = _sections(str(file.resolve().relative_to(ROOT))).get(anchor, "")
            assert len(section) > 200, f"{page}: nothing stands at {link}"


def _default(name: str) -> int:
    return int(re.search(rf"^{name}=(\d+)$", _read(".env.example"), re.M)[1])


def test_numbers_are_those_of_the_settings():
    page = _words("docs/security.md")
    for said in (
        f"| {_default('SESSION_DAYS')} days (`SESSION_DAYS`) | {_default('STAFF_SESSION_HOURS')} hours",
        f"| {_default('SESSION_IDLE_HOURS')} hours (`SESSION_IDLE_HOURS`)",
        f"| {_default('STAFF_SESSION_IDLE_MINUTES')} minutes (`STAFF_SESSION_IDLE_MINUTES`)",
        f"counts for {app_settings.REAUTHENTICATION_TIMEOUT // 60} minutes",
        f"works once, for {settings.PASSWORD_RESET_TIMEOUT // 3600} hours",
        f"At least {LEFT_LENGTH} characters",
        f"if they have at least {SHORTEST} letters",
        f"| an image | {_default('UPLOAD_LIMIT_BYTES') // 10**6} MB",
        f"| {_default('IMAGE_LIMIT_PIXELS') // 10**6} million; JPEG",
        f"; JPEG {_default('IMAGE_LIMIT_JPEG_PIXELS') // 10**6} million",
        f"| {_default('IMAGE_LIMIT_SIDE_PX')} px",
        f"| {_default('BATCH_ITEMS_LIMIT')} images, {_default('BATCH_LIMIT_BYTES') // 10**6} MB",
        f"| {_default('STROKES_LIMIT')}, {_default('POINTS_LIMIT')} |",
        f"| {_default('KEPT_LIMIT_BYTES') // 10**9} GB",
        f"Argon2id, {Argon2.memory_cost // 1024} MiB",
    ):
        assert said in page, said
    assert SEEN_RESOLUTION_S == 300 and "noted every five minutes" in page
    limits = _sections("docs/deploy.md")["limits-on-guesses"]
    (low, low_s), (high, high_s) = passwords.LOW, passwords.HIGH
    assert high_s == 3_600
    assert f"| {low} in {low_s // 60} minutes |" in limits
    assert f"| {high} an hour |" in limits
    assert f"{_default('SIGN_UPS_PER_MINUTE')} |" in limits
    assert f"for {LIFETIME_DAYS} days" in _words("docs/asvs.md")
    assert f"after {DEFAULT_LIFETIME.days} days" in _words("SECURITY.md")


def test_limits_of_pages_are_those_of_the_code():
    page = _words("docs/security.md")
    for said in (
        f"photograph | {files.MAX_FILE_BYTES // 10**6} MB, {files.MAX_PIXELS // 10**6} million pixels, "
        f"{files.MAX_SIDE_PX} px a side",
        f"| {files.MAX_FILE_BYTES // 10**6} MB, {files.MAX_PDF_PAGES} pages, each rendered at {pdf.DPI} dpi",
        f"at most {photographs.SIDE_PX} px a side",
        f"| {MAX_PAGES} files, {_default('BATCH_LIMIT_BYTES') // 10**6} MB",
        f"within {decoding.MEMORY_BYTES // 10**6} MB, {decoding.IMAGE_CPU_S} s of CPU (a PDF {decoding.PDF_CPU_S} s)",
        f"and {decoding.WALL_S:g} s in all",
    ):
        assert said in page, said


def test_the_words_of_the_site_are_listed():
    listed = re.search(r"^((?:> .+\n)+)", _sections("docs/security.md")["passwords"], re.M)[1]
    assert sorted(re.findall(r"\w+", listed)) == sorted(WORDS)


def test_every_module_that_uses_cryptography_is_in_the_inventory():
    inventory = _sections("docs/security.md")["cryptography"]
    using = {
        str(path.relative_to(ROOT))
        for folder in ("accounts", "config", "predictions", "ml")
        for path in (ROOT / folder).rglob("*.py")
        if USES_CRYPTOGRAPHY.search(path.read_text(encoding="utf-8")) and "migrations" not in path.parts
    }
    assert len(using) > 20
    listed = set(re.findall(r"`([\w/.]+)`", inventory))
    assert {path for path in using if path not in listed and not path.startswith("ml/")} == set()


def test_no_weak_algorithm_is_used():
    weak = re.compile(r"\b(?:md5|sha1|hmac-sha1|des|rc4|blowfish|MODE_ECB|PKCS1v15)\b", re.I)
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for folder in ("accounts", "config", "predictions", "ml")
        for path in (ROOT / folder).rglob("*.py")
        for match in weak.finditer(
            re.sub(r'""".*?"""|#.*|_\("[^"]*"\)', "", path.read_text(encoding="utf-8"), flags=re.S)
        )
    ]
    assert found == []
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "accounts").rglob("*.py"))
    calls = re.findall(r"salted_hmac\((?:[^()]|\([^()]*\))*\)", text)
    assert calls
    assert [call for call in calls if 'algorithm="sha256"' not in call] == []  # Django's own default is SHA-1


def test_the_proxy_offers_current_tls_alone():
    conf = _read("docker/proxy/https.conf")
    assert re.findall(r"ssl_protocols (.*);", conf) == ["TLSv1.2 TLSv1.3"]
    [suites] = re.findall(r"ssl_ciphers (.*);", conf)
    assert len(suites.split(":")) > 3
    assert [
        suite
        for suite in suites.split(":")
        if not re.fullmatch(r"ECDHE-(RSA|ECDSA)-(AES.*-GCM-SHA\d+|CHACHA20-POLY1305)", suite)
    ] == []
    assert "ssl_session_tickets off" in conf


def test_the_proxy_refuses_the_api_over_http_as_the_site_does():
    plain = _read("docker/proxy/https.conf").split("listen 8443")[0]
    status, body = re.findall(r"location /api/ .*?return (\d+) '(.*?)';", plain, re.S)[0]
    assert (status, json.loads(body)) == ("403", {"error": {"code": "https_required", "message": plain_http.MESSAGE}})


def test_scripts_write_only_fields_of_fixed_names():
    """What is received could name `__proto__`: arrays of numbers aside, each write by a name in brackets is known."""
    known = {
        "passkeys.js: list": "from a list in the script",
        "passkeys.js: part": "from a list in the script",
        "replay.js: name": "from a list in the script",
        "picture_crop.js: edge": "from a list in the script",
        "review/keys.js: action": "of the form's own fields",
    }
    scripts = [path for path in (ROOT / "static/js").rglob("*.js") if "preview" not in path.parts]  # pixels
    found = {
        f"{path.relative_to(ROOT / 'static/js')}: {name}"
        for path in scripts
        for name in re.findall(r"[\w\])]\[([A-Za-z_]+)\]\s*=[^=>]", path.read_text(encoding="utf-8"))
    }
    assert len(scripts) > 30
    assert found == set(known)
    code = "".join(path.read_text(encoding="utf-8") for path in scripts)
    assert re.findall(r"__proto__|Object\.assign\([^)]*(?:json|parse)|\.\.\.(?:await )?\w*\.json\(", code, re.I) == []


def test_an_image_holds_named_folders_alone():
    lines = [line for line in _read(".dockerignore").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    assert let_in & {".git", "tests", "bench", "local", "secrets", ".env", "backups"} == set()


def test_logs_go_nowhere_else():
    assert set(settings.LOGGING["handlers"]) == {"stderr"}
    code = "".join(
        path.read_text(encoding="utf-8")
        for top in ("accounts", "predictions", "config")
        for path in (ROOT / top).rglob("*.py")
    )
    assert (
        re.findall(r"\b(?:FileHandler|RotatingFileHandler|SysLogHandler|SMTPHandler|HTTPHandler|sentry_sdk)\b", code)
        == []
    )
