"""The page that describes the API: for everybody, under the policy of every other page, complete."""

import json
import re

from predictions.api.docs import FILE


def test_the_page_is_for_everybody_and_shows_every_operation(client, db):
    answer = client.get("/api/docs/")
    assert answer.status_code == 200
    page = answer.content.decode()
    for operations in json.loads(FILE.read_text())["paths"].values():
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in page


def test_the_page_needs_nothing_that_the_policy_forbids(client, db):
    answer = client.get("/api/docs/")
    policy, page = answer["Content-Security-Policy"], answer.content.decode()
    assert "unsafe" not in policy
    assert not re.findall(r"<style|\sstyle=|\son[a-z]+=", page)
    assert {src.split("/")[1] for src in re.findall(r'(?:src|href)="(/[^"]*)"', page)} <= {
        "static",
        "accounts",
        "api",
        "model",
        "",
    }
    assert not re.findall(r'(?:src|href)="https?:', page)


def test_words_of_the_schema_are_shown_as_words(client, db):
    page = client.get("/api/docs/").content.decode()
    assert "<code>wait=N</code>" in page
    assert "`" not in page
