"""gunicorn with our configuration, as clients on the same machine reach it."""

import pytest
import requests

from tests.config.gunicorn_site import open_gunicorn


@pytest.fixture(scope="module")
def echo(tmp_path_factory):
    """Return the address of an application that tells what gunicorn passes on."""
    with open_gunicorn(tmp_path_factory.mktemp("echo")) as (port, _):
        yield f"http://127.0.0.1:{port}/accounts/login/"


@pytest.mark.parametrize(
    "headers",
    [
        {"Script_Name": "/accounts"},
        {"SCRIPT_NAME": "/nothing"},
        {"Path_Info": "/admin/"},
        {"Remote_User": "root"},
        {"X-Forwarded-Proto": "https"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_headers_of_a_client_on_this_machine_move_no_path_and_name_nobody(echo, headers):
    answer = requests.get(echo, headers=headers, timeout=5)
    assert answer.status_code == 200
    assert answer.text == " /accounts/login/ http None 0 bytes"
