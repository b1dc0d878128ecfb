"""The service worker: what it keeps, the page that it shows while offline, and that nothing kept is outdated."""

import re
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from local import venv
from local.options import RunOptions
from local.paths import ROOT
from local.run import is_answering, services
from tests.browser.conftest import Account, OpenPage
from tests.browser.outages import Faults, cached_in, kept_on
from tests.browser.person import Stroke, arrive, dark_share, draw, log_in, read_it
from tests.site import Site, free_port

pytestmark = pytest.mark.preview

OFFLINE = "You're offline"
HASHED = re.compile(r"/static/.+\.[0-9a-f]{12}\.(js|css|svg|png|txt)")
NETWORK = re.compile(r"/model/[0-9a-f]{64}/browser-\d+\.bin")
ROWS = "SELECT count(*) FROM predictions_submission WHERE canvas = %s"
READY = "() => navigator.serviceWorker.ready.then(() => !!navigator.serviceWorker.controller)"
ONE: Stroke = [(0.5, 0.2), (0.5, 0.8)]


@pytest.fixture
def faults() -> list[str]:
    """Return the errors of the console but for those of an outage."""
    return Faults()


@pytest.fixture
def carol(service: Site, make_account: Account) -> Iterator[tuple[str, str]]:
    """Return the account of carol, whose drawings are previewed."""
    choose = "UPDATE accounts_user SET reads_live = %s WHERE username = 'carol' RETURNING 1"
    service.query(choose, True)
    yield make_account("carol")
    service.query(choose, False)


@pytest.fixture(scope="module")
def hashed_url(service: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a web process of the same site that serves static files under hashed names; return its address."""
    folder = str(tmp_path_factory.mktemp("static"))
    options = RunOptions(host="127.0.0.1", port=free_port(), workers=0, web_workers=1)
    env = service.env | {"STATIC_ROOT": folder, "PUBLIC_URL": options.public_url}
    collect = [str(venv.PYTHON), "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env=env, check=True)
    web = next(one for one in services(options, env) if one.name == "web")
    web.name = "hashed-web"
    service.supervisor.start(web)
    service.supervisor.wait_for(lambda: is_answering(options), web, 60)
    yield options.public_url
    web.restarts = False
    service.kill("hashed-web")
    assert web.process is not None
    web.process.wait()
    service.supervisor.services.remove(web)


def _open(new_page: OpenPage, url: str, **options: object) -> Page:
    """Open a page under the control of its service worker."""
    page = new_page(service_workers="allow", **options)
    page.goto(url)
    page.wait_for_function(READY)
    return page


def _log_in(new_page: OpenPage, url: str, account: tuple[str, str]) -> Page:
    page = new_page(service_workers="allow")
    log_in(page, url, *account)
    page.wait_for_function(READY)
    return page


@pytest.mark.long  # visits every page: 14 s
def test_only_what_is_the_same_for_everybody_is_kept(
    hashed_url: str, carol: tuple[str, str], new_page: OpenPage
) -> None:
    page = _log_in(new_page, hashed_url, carol)
    draw(page)
    read_it(page)
    for path in ("history/", "model/", "accounts/profile/", "api/docs/", "api/v1/submissions/"):
        page.goto(f"{hashed_url}/{path}")
    page.goto(hashed_url)
    page.wait_for_function("() => caches.open('inkling-networks').then(c => c.keys()).then(k => k.length === 1)")
    found = cached_in(page)
    strange = [
        path for _, path in found if not (path == "/offline/" or HASHED.fullmatch(path) or NETWORK.fullmatch(path))
    ]
    assert strange == []
    assert len([path for _, path in found if NETWORK.fullmatch(path)]) == 1
    assert len({name for name, _ in found}) == 2
    offline = page.evaluate("async () => (await caches.match('/offline/', {ignoreSearch: true})).text()")
    assert "carol" not in offline and "csrf" not in offline.lower()


@pytest.mark.long  # 8 s
def test_a_reload_while_offline_shows_a_page_on_which_one_can_draw_on(
    hashed_url: str, service: Site, carol: tuple[str, str], new_page: OpenPage
) -> None:
    page = _log_in(new_page, hashed_url, carol)
    page.wait_for_function("() => caches.open('inkling-networks').then(c => c.keys()).then(k => k.length === 1)")
    draw(page)
    ink = dark_share(page)
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name=OFFLINE)).to_be_visible()
    assert abs(dark_share(page) - ink) < 0.02  # the drawing of this tab
    expect(page.get_by_text("Looks like 7")).to_be_visible()  # by the preview
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("region", name="Kept on this device: 1 drawing")).to_be_visible()
    canvas = kept_on(page)[0]["drawing"]["canvas"]
    page.goto(f"{hashed_url}/history/")
    expect(page.get_by_role("region", name="Kept on this device: 1 drawing")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    page.context.set_offline(False)
    arrive(page, "History")  # once it was sent, the page that was asked for came by itself
    assert (service.query(ROWS, canvas), kept_on(page)) == ([(1,)], [])
    assert page.evaluate("reports") == []


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_the_offline_page_says_what_holds_now(
    hashed_url: str, service: Site, carol: tuple[str, str], new_page: OpenPage
) -> None:
    page = _log_in(new_page, hashed_url, carol)
    page.context.set_offline(True)
    page.goto(f"{hashed_url}/history/")
    draw(page)
    answer, kept = page.locator("[data-answer]"), page.get_by_role("region", name="Kept on this device: 1 drawing")
    page.get_by_role("button", name="Keep it").click()
    expect(answer).to_contain_text("Kept on this device.")
    page.reload()
    expect(answer).to_contain_text("Kept on this device.")  # it is on the paper still
    kept.get_by_role("button", name="Delete").click()
    expect(answer).not_to_contain_text("Kept on this device.")
    page.get_by_role("button", name="Keep it").click()
    expect(answer).to_contain_text("Kept on this device.")
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="You're back online")).to_be_visible()
    expect(page.get_by_role("region", name="Sent: 1 drawing")).to_be_visible()
    shown = page.get_by_role("main").inner_text()
    assert not re.search("offline|Keep it|then keep|Kept on this device", shown)
    page.get_by_role("link", name="Go to the drawing page").click()
    arrive(page, "Draw a digit")
    assert dark_share(page) > 0


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_a_new_version_takes_over_without_a_reload(hashed_url: str, new_page: OpenPage) -> None:
    page = _open(new_page, hashed_url)
    page.evaluate(
        "caches.open('inkling-files-older').then((cache) => cache.put('/static/old.js', new Response('old')))"
    )
    page.evaluate("window.isSame = true")
    page.evaluate(
        """async () => {
            const registration = await navigator.serviceWorker.ready;
            await registration.unregister();
            await navigator.serviceWorker.register("/service-worker.js");
        }"""
    )
    page.wait_for_function("() => caches.keys().then((names) => !names.includes('inkling-files-older'))")
    page.wait_for_timeout(500)
    assert page.evaluate("window.isSame") is True
    draw(page)
    assert "7" in read_it(page)


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_without_hashed_names_a_kept_file_is_used_only_while_offline(service: Site, new_page: OpenPage) -> None:
    page = _open(new_page, service.url)
    ask = "() => fetch('/static/js/strokes.js', {cache: 'no-store'}).then((response) => response.text())"
    page.evaluate(
        """async () => {
            for (const name of await caches.keys()) {
                const [cache, path] = [await caches.open(name), "/static/js/strokes.js"];
                if (await cache.match(path)) await cache.put(path, new Response("old"));
            }
        }"""
    )
    assert page.evaluate(ask) != "old"
    page.context.set_offline(True)
    assert page.evaluate(ask) == "old"
    page.goto(f"{service.url}/model/")
    expect(page.get_by_role("heading", name=OFFLINE)).to_be_visible()


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_logging_out_while_offline_says_that_it_did_not_happen(
    hashed_url: str, make_account: Account, new_page: OpenPage
) -> None:
    page = _log_in(new_page, hashed_url, make_account("bob"))
    page.context.set_offline(True)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name=OFFLINE)).to_be_visible()
    expect(page.get_by_text("You are still logged in")).to_be_visible()


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_after_a_log_out_nothing_of_the_person_is_found_offline(
    hashed_url: str, make_account: Account, new_page: OpenPage
) -> None:
    page = _log_in(new_page, hashed_url, make_account("bob"))
    draw(page)
    read_it(page)
    page.get_by_role("link", name="History", exact=True).click()
    arrive(page, "History")
    page.get_by_role("link", name="Read as 7").first.click()
    arrive(page, "Read as 7")
    item = page.url
    page.get_by_role("button", name="Log out").click()
    arrive(page, "Log in")
    page.context.set_offline(True)
    for _ in range(3):
        page.go_back()
        expect(page.get_by_role("heading", name=OFFLINE)).to_be_visible()
        assert "bob" not in page.content() and item.split("/")[-2] not in page.content()
    for path in ("/", "/history/", "/accounts/profile/"):
        page.goto(f"{hashed_url}{path}")
        expect(page.get_by_role("heading", name=OFFLINE)).to_be_visible()
        expect(page.locator("[data-canvas]")).to_be_hidden()
    for path in (f"{item}thumbnail.png", item):
        assert (
            page.evaluate("url => fetch(url, {cache: 'force-cache'}).then(() => 'found', () => 'nothing')", path)
            == "nothing"
        )
    left = page.evaluate("({...localStorage, ...sessionStorage})")
    assert (left, kept_on(page)) == ({}, [])
    assert all("bob" not in path for _, path in cached_in(page))
