"""The docs page of the API: public, complete, and within the Content-Security-Policy."""

import json
import re

from predictions.api.schema.docs_page import FILE


def test_the_page_is_public_and_shows_every_operation(client, db):
    response = client.get("/api/docs/")
    assert response.status_code == 200
    page = response.content.decode()
    for operations in json.loads(FILE.read_text())["paths"].values():
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in page


def test_the_page_keeps_the_content_security_policy(client, db):
    response = client.get("/api/docs/")
    policy, page = response["Content-Security-Policy"], response.content.decode()
    assert "unsafe" not in policy
    assert not re.findall(r"<style|\sstyle=|\son[a-z]+=", page)
    assert {src.split("/")[1] for src in re.findall(r'(?:src|href)="(/[^"]*)"', page)} <= {
        "static",
        "accounts",
        "api",
        "manifest.webmanifest",
        "model",
        "",
    }
    assert not re.findall(r'(?:src|href)="https?:', page)


def test_backquoted_words_are_shown_as_code(client, db):
    page = client.get("/api/docs/").content.decode()
    assert "<code>wait=N</code>" in page
    assert "`" not in page
