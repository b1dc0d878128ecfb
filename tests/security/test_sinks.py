"""Scripts and templates use nothing that turns text into markup or code, but where it says so here, with a reason."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
SCRIPTS = sorted([*ROOT.glob("static/js/**/*.js"), *ROOT.glob("templates/**/*.js")])
TEMPLATES = sorted(ROOT.glob("templates/**/*.html"))
SINKS = {
    "markup": r"\.(?:innerHTML|outerHTML|srcdoc)\b|\binsertAdjacentHTML\b|\bdocument\.write|\bsetHTMLUnsafe\b"
    r"|\bcreateContextualFragment\b",
    "code": r"\beval\(|\bnew Function\b|\bset(?:Timeout|Interval)\(\s*[\"'`]|\bimportScripts\b|javascript:",
    "handlers as attributes": r"setAttribute\(\s*[\"'`](?:on|style|srcdoc)",
    "parsing and workers": r"\bparseFromString\b|\bcreatePolicy\b|\bnew (?:Shared)?Worker\((?!scriptAddress\()"
    r"|\.register\((?!scriptAddress\()",
    "any origin": r"postMessage\([^)]*[\"']\*[\"']",
}
ALLOWED = {("static/js/trusted.js", "parsing and workers")}  # the doors themselves
IN_TEMPLATES = {
    "a handler": r"<[^>]*\son\w+\s*=",
    "an inline style": r"<[^>]*\sstyle\s*=|<style\b",
    "an inline script": r"<script(?![^>]*\bsrc=)(?![^>]*\btype=\"(?:importmap|application/json)\")",
    "no escaping": r"\|\s*safe\b|\bautoescape off\b|\|\s*safeseq\b",
    "another site": r"(?:src|href|action)=\"(?:https?:)?//",
}
ALLOWED_IN_TEMPLATES = {("_field.html", "no escaping")}  # help texts, which are ours: Django's are lists


@pytest.mark.parametrize("kind", SINKS)
def test_no_script_turns_text_into_markup_or_code(kind):
    found = {path.relative_to(ROOT).as_posix() for path in SCRIPTS if re.search(SINKS[kind], path.read_text())}
    assert found == {path for path, allowed in ALLOWED if allowed == kind}


@pytest.mark.parametrize("kind", IN_TEMPLATES)
def test_no_template_has(kind):
    found = {path.relative_to(ROOT / "templates").as_posix() for path in TEMPLATES if _finds(kind, path.read_text())}
    assert found == {path for path, allowed in ALLOWED_IN_TEMPLATES if allowed == kind}


def _finds(kind, text):
    text = text if kind == "no escaping" else re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
    return re.search(IN_TEMPLATES[kind], text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("markup", "part.innerHTML = text"),
        ("code", "setTimeout('run()', 1)"),
        ("handlers as attributes", "link.setAttribute('onclick', text)"),
        ("parsing and workers", 'new Worker("a.js")'),
        ("any origin", "parent.postMessage(data, '*')"),
    ],
)
def test_a_sink_is_found(kind, text):
    assert re.search(SINKS[kind], text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("a handler", '<a onclick="run()">'),
        ("an inline style", '<p style="color: red">'),
        ("an inline script", "<script>run()</script>"),
        ("no escaping", "{{ name|safe }}"),
        ("another site", '<img src="https://xss.test/a">'),
    ],
)
def test_what_no_template_has_is_found(kind, text):
    assert _finds(kind, text)
