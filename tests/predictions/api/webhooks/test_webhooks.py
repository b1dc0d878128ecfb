"""Webhooks by the API: made, changed, tried and deleted by their owner alone, as on the page; and their deliveries."""

import uuid

import pytest

from accounts.models import AuditEvent
from predictions.models import WebhookEndpoint, WebhookEvent
from predictions.models.webhooks import ENDPOINTS_LIMIT
from predictions.webhooks import delivering
from predictions.webhooks.endpoints import TESTS_WAITING, add_endpoint, pause_endpoint
from predictions.webhooks.events import queue_event
from tests.factories import make_user
from tests.predictions.webhooks.receiver import open_receiver

pytestmark = pytest.mark.django_db
WEBHOOKS = "/api/v1/webhooks/"
NEW = {"address": "https://example.org/hooks", "events": ["sheet.read"]}
SHEET = uuid.uuid4()


@pytest.fixture
def receiver(settings):
    """Yield a server on loopback, to which webhooks may go."""
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with open_receiver() as found:
        yield found


def send(api, method, path, body=None):
    return getattr(api, method)(path, body, format="json")


def refusal(response):
    return response.status_code, response.data["error"]["code"]


def test_a_webhook_is_made_changed_and_deleted(api, alice):
    made = send(api, "post", WEBHOOKS, NEW)
    assert (made.status_code, made["Location"]) == (201, made.data["url"])
    endpoint = WebhookEndpoint.objects.get(owner=alice)
    assert made.data["secret"] == endpoint.secret
    assert (made.data["address"], made.data["events"], made.data["state"]) == (NEW["address"], ["sheet.read"], "on")
    assert api.get(WEBHOOKS).data == {"results": [api.get(made.data["url"]).data]}
    assert "secret" not in api.get(made.data["url"]).data
    changed = send(api, "patch", made.data["url"], {"events": ["sheet.confirmed", "sheet.read"]})
    assert (changed.data["address"], changed.data["events"]) == (NEW["address"], ["sheet.confirmed", "sheet.read"])
    moved = send(api, "patch", made.data["url"], {"address": "https://example.org/new"})
    assert (moved.data["address"], moved.data["events"]) == ("https://example.org/new", changed.data["events"])
    endpoint.refresh_from_db()
    assert endpoint.secret == made.data["secret"] and "secret" not in moved.data
    assert api.delete(made.data["url"]).status_code == 204
    assert not WebhookEndpoint.objects.exists()
    actions = AuditEvent.objects.filter(actor=alice, action__startswith="webhook.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        *("webhook.added", "webhook.changed", "webhook.changed", "webhook.removed"),
    ]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"address": "https://127.0.0.1/"}, 422, "forbidden_address"),
        ({"address": "https://[::1]/"}, 422, "forbidden_address"),
        ({"address": "https://10.0.0.1/"}, 422, "forbidden_address"),
        ({"address": "http://example.org/"}, 422, "forbidden_address"),
        ({"address": "https://me:pass@example.org/"}, 422, "forbidden_address"),
        ({"address": "x"}, 422, "forbidden_address"),
        ({"address": ""}, 400, "invalid"),
        ({"address": "https://example.org/" + "x" * 500}, 400, "invalid"),
        ({"address": ["https://example.org/"]}, 400, "invalid"),
        ({"events": []}, 400, "invalid"),
        ({"events": "sheet.read"}, 400, "invalid"),
        ({"events": ["test"]}, 400, "invalid"),
        ({"events": ["sheet.read"] * 3}, 400, "invalid"),
        ({"secret": "mine"}, 400, "invalid"),
    ],
)
def test_what_is_wrong_is_refused_when_made_and_when_changed(api, alice, changed, status, code):
    assert refusal(send(api, "post", WEBHOOKS, NEW | changed)) == (status, code)
    endpoint = add_endpoint(alice, NEW["address"], NEW["events"])
    before = WebhookEndpoint.objects.values().get()
    assert refusal(send(api, "patch", f"{WEBHOOKS}{endpoint.pk}/", changed)) == (status, code)
    assert WebhookEndpoint.objects.values().get() == before


def test_messages_are_english_whatever_language_is_asked_for(api):
    api.credentials(HTTP_ACCEPT_LANGUAGE="de", **api._credentials)
    answer = send(api, "post", WEBHOOKS, NEW | {"address": "https://127.0.0.1/"})
    assert answer.data["error"]["message"] == "address: This address is not on the public internet."


def test_no_two_webhooks_have_the_same_address_and_nobody_has_too_many(api, alice):
    first = send(api, "post", WEBHOOKS, NEW).data["url"]
    assert refusal(send(api, "post", WEBHOOKS, NEW)) == (409, "webhook_exists")
    for number in range(1, ENDPOINTS_LIMIT):
        second = add_endpoint(alice, f"https://example.org/{number}", ["sheet.read"])
    assert refusal(send(api, "post", WEBHOOKS, NEW | {"address": "https://example.org/"})) == (409, "too_many_webhooks")
    assert refusal(send(api, "patch", first, {"address": second.url})) == (409, "webhook_exists")


def test_a_new_secret_signs_beside_the_former_one(api, receiver):
    made = send(api, "post", WEBHOOKS, NEW | {"address": receiver.url}).data
    rolled = api.post(f"{made['url']}secret/").data
    assert rolled["secret"] != made["secret"] and rolled["former_secret_until"]
    assert api.post(f"{made['url']}test/").status_code == 202
    assert delivering.send_one()
    [(_, headers, _)] = receiver.received
    assert len(headers["webhook-signature"].split()) == 2


def test_a_test_is_queued_and_followed(api, receiver):
    url = send(api, "post", WEBHOOKS, NEW | {"address": receiver.url}).data["url"]
    asked = api.post(f"{url}test/")
    assert (asked.status_code, asked.data["status"], asked.data["tries"]) == (202, "queued", 0)
    assert delivering.send_one()
    found = api.get(asked["Location"]).data
    assert (found["status"], found["answer"], found["next_try_at"]) == ("succeeded", 204, None)
    assert found["event"] == "test" and found["sheet"] is None
    for _ in range(TESTS_WAITING):
        api.post(f"{url}test/")
    assert refusal(api.post(f"{url}test/")) == (409, "too_many_tests")


def test_what_failed_is_listed_and_sent_again_with_its_id(api, alice, receiver):
    endpoint = add_endpoint(alice, receiver.url, ["sheet.read"])
    url = f"{WEBHOOKS}{endpoint.pk}/"
    queue_event(alice.pk, WebhookEvent.SHEET_READ, SHEET)
    receiver.statuses = [404, 204]
    assert delivering.send_one()
    [failed] = api.get(f"{url}deliveries/?status=failed").data["results"]
    assert (failed["status"], failed["answer"], failed["problem"]) == ("failed", 404, "It refused.")
    assert (failed["sheet"], failed["tries"]) == (str(SHEET), 1)
    again = api.post(f"{failed['url']}retry/")
    assert (again.status_code, again.data["status"], again.data["tries"]) == (202, "queued", 0)
    assert delivering.send_one()
    first, second = receiver.received
    assert first[1]["webhook-id"] == second[1]["webhook-id"] == failed["id"] and first[2] == second[2]
    assert refusal(api.post(f"{failed['url']}retry/")) == (409, "not_failed")
    assert api.get(f"{url}deliveries/?status=failed").data["results"] == []


def test_deliveries_come_in_pages(api, alice):
    endpoint = add_endpoint(alice, NEW["address"], ["sheet.read"])
    for _ in range(3):
        queue_event(alice.pk, WebhookEvent.SHEET_READ, SHEET)
    pages, path = [], f"{WEBHOOKS}{endpoint.pk}/deliveries/?limit=2"
    while path:
        page = api.get(path).data
        pages.append([row["id"] for row in page["results"]])
        path = page["next"]
    newest_first = endpoint.deliveries.order_by("-created_at").values_list("pk", flat=True)
    assert [len(page) for page in pages] == [2, 1]
    assert [id_ for page in pages for id_ in page] == [str(pk) for pk in newest_first]
    assert refusal(api.get(f"{WEBHOOKS}{endpoint.pk}/deliveries/?cursor=abc")) == (400, "invalid_cursor")


def test_a_gone_address_begins_again_by_a_test_and_a_paused_one_does_not(api, alice, receiver):
    endpoint = add_endpoint(alice, receiver.url, ["sheet.read"])
    url = f"{WEBHOOKS}{endpoint.pk}/"
    queue_event(alice.pk, WebhookEvent.SHEET_READ, SHEET)
    receiver.statuses = [410, 204]
    assert delivering.send_one()
    assert api.get(url).data["state"] == "gone"
    assert api.post(f"{url}test/").status_code == 202
    assert api.get(url).data["state"] == "on"
    pause_endpoint(endpoint, make_user("adam"))
    failed = endpoint.deliveries.get(status="failed")
    assert endpoint.deliveries.get(event="test").status == "canceled"
    for path in ("test/", f"deliveries/{failed.pk}/retry/"):
        assert refusal(api.post(f"{url}{path}")) == (409, "paused")
    moved = send(api, "patch", url, {"address": f"{receiver.url}/elsewhere"})
    assert (moved.status_code, moved.data["state"]) == (200, "paused")
    assert queue_event(alice.pk, WebhookEvent.SHEET_READ, SHEET) == 0
    assert not delivering.send_one() and len(receiver.received) == 1


def test_webhooks_of_others_do_not_exist(api):
    theirs = add_endpoint(make_user("bob"), NEW["address"], ["sheet.read"])
    queue_event(theirs.owner_id, WebhookEvent.SHEET_READ, SHEET)
    url, row = f"{WEBHOOKS}{theirs.pk}/", theirs.deliveries.get()
    mine = send(api, "post", WEBHOOKS, NEW).data["url"]
    assert [hook["url"] for hook in api.get(WEBHOOKS).data["results"]] == [mine]
    for method, path in (
        *(("get", url), ("patch", url), ("delete", url), ("post", f"{url}secret/"), ("post", f"{url}test/")),
        *(("get", f"{base}deliveries/{row.pk}/") for base in (url, mine)),
        *(("post", f"{base}deliveries/{row.pk}/retry/") for base in (url, mine)),
        ("get", f"{url}deliveries/"),
    ):
        assert send(api, method, path, {} if method == "patch" else None).status_code == 404, path
    assert WebhookEndpoint.objects.filter(pk=theirs.pk, former_until=None).exists()
