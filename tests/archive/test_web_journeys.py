"""The page in a real browser: searches, facets, links, previews, basket, downloads, login."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import served
from topmast.sample import DEMO_ACCOUNT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        # Names of other hosts lead nowhere: the page needs none.
        options = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(sample_folder: Path) -> Iterator[str]:
    with served(sample_folder) as url:
        yield url


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A page that fails the test if a script fails, or anything is asked of another host."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: problems.append(asked.url)
            if not asked.url.startswith((address, "blob:", "data:")) else None)  # fmt: skip
    yield page
    context.close()
    assert problems == []


def total(page: Any) -> int:
    text = page.inner_text("#results h1")
    return int(re.match(r"[\d,]+", text)[0].replace(",", ""))  # type: ignore[index]


def observations(page: Any) -> list[str]:
    return page.locator("#rows td a").all_inner_texts()


def search(page: Any, text: str) -> None:
    page.fill("#q", text)
    page.press("#q", "Enter")
    page.wait_for_function("text => document.title.startsWith(text)", arg=text)


def test_a_name_gives_rows_without_a_new_page_and_the_back_button_leads_back(page: Any) -> None:
    page.goto("/")
    everything = total(page)
    page.evaluate("window.same = true")
    search(page, "M101")
    assert "MESSIER 101" in page.inner_text("h1")
    assert (total(page) < everything, page.evaluate("window.same")) == (True, True)
    page.go_back()
    page.wait_for_function("() => document.title.startsWith('Search')")
    assert total(page) == everything


def test_a_facet_narrows_and_its_link_can_be_shared(page: Any, browser: Any) -> None:
    page.goto("/?q=M101")
    before = total(page)
    page.check("input[name=obs_collection][value=GALEX]")
    page.wait_for_function("before => !document.querySelector('h1').textContent.startsWith(before)",
                           arg=f"{before} ")  # fmt: skip
    count = int(page.inner_text("label:has(input[value=GALEX][name=obs_collection]) .count"))
    assert total(page) == count == len(observations(page))
    page.goto(page.url)
    assert total(page) == count
    page.uncheck("input[name=obs_collection][value=GALEX]")
    page.wait_for_function(
        "n => document.querySelector('h1').textContent.startsWith(n)", arg=f"{before} "
    )


def test_columns_sort_both_ways(page: Any) -> None:
    page.goto("/?q=M101")
    for sort in ("t_min", "-t_min"):
        page.click("#rows th:has-text('Date') a")
        page.wait_for_function("sort => location.search.includes('sort=' + sort)", arg=sort)
        dates = [text for text in page.locator("#rows td.t_min").all_inner_texts() if text]
        assert dates == sorted(dates, reverse=sort[0] == "-")


def test_pages_follow_one_another(page: Any) -> None:
    page.goto("/?obs_collection=HST")
    first = observations(page)
    page.click("a[rel=next]")
    page.wait_for_function("() => location.search.includes('page=2')")
    second = observations(page)
    assert (len(first), bool(second), bool(set(first) & set(second))) == (100, True, False)


def test_a_row_lights_its_footprint_and_a_click_on_the_sky_its_row(page: Any) -> None:
    page.goto("/?q=M101&obs_collection=HST")
    page.wait_for_function("() => window.topmastSky && topmastSky.paths.length > 0")
    row = page.locator("#rows tbody tr").first
    row.hover()
    page.wait_for_function("id => topmastSky.lit === id", arg=row.get_attribute("data-id"))
    canvas = page.locator("#sky canvas")
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#rows tr.lit")


def test_the_sky_is_right_across_zero_and_at_the_poles(page: Any) -> None:
    for place in ("0.0 -30.0", "359.999 10", "40 89.9", "10 -89.9"):
        page.goto(f"/?q={place}&radius=5")
        page.wait_for_function("() => window.topmastSky && topmastSky.cells.length > 0")
        field = page.evaluate("topmastSky.field")
        assert field == pytest.approx(15, rel=0.01)


def test_the_sky_moves_by_keyboard_and_wheel(page: Any) -> None:
    page.goto("/?q=M101")
    page.wait_for_function("() => window.topmastSky && topmastSky.paths.length > 0")
    before = page.evaluate("[topmastSky.ra, topmastSky.dec, topmastSky.field]")
    page.focus("#sky canvas")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("+")
    after = page.evaluate("[topmastSky.ra, topmastSky.dec, topmastSky.field]")
    assert after[0] > before[0]
    assert after[1] > before[1]
    assert after[2] < before[2]


def test_copied_python_runs_and_gives_the_same_rows(page: Any, tmp_path: Path) -> None:
    page.goto("/?q=M101&obs_collection=HST&obs_collection=JWST")
    page.click("summary:has-text('Copy as')")
    page.click("h2:has-text('Python') .copy")
    code = page.evaluate("navigator.clipboard.readText()")
    script = tmp_path / "copied.py"
    script.write_text(code + "\nprint(*sorted(table['obs_id']))\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == sorted(observations(page))


def test_the_copied_command_runs_and_gives_the_same_rows(page: Any) -> None:
    page.goto("/?q=M101&obs_collection=GALEX&filters=NUV")
    page.click("summary:has-text('Copy as')")
    page.click("h2:has-text('Command line') .copy")
    text = page.evaluate("navigator.clipboard.readText()")
    command = f"{sys.executable} -m {text} --format csv --columns obs_id"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()[1:]) == sorted(observations(page))


def test_an_observation_shows_its_spectrum(page: Any) -> None:
    page.goto("/?q=M101&obs_collection=JWST&dataproduct_type=spectrum")
    page.click("#rows td a")
    page.wait_for_selector("#series canvas")
    assert page.locator("input[name=uri]").count() > 0


def test_a_fits_image_is_shown_with_another_stretch(page: Any, address: str) -> None:
    page.goto("/?obs_collection=HST&dataproduct_type=image&calib_level=3")
    page.click("#rows td a")
    page.select_option("#stretch select", "log")
    page.wait_for_function("() => document.querySelector('#image').src.includes('stretch=log')")
    page.wait_for_function("() => document.querySelector('#image').naturalWidth > 0")


def test_the_basket_keeps_what_is_put_in_and_gives_a_zip(page: Any) -> None:
    page.goto("/?q=M101&obs_collection=HST")
    page.locator("#rows input[type=checkbox]").first.check()
    page.click("#to-basket")
    assert page.inner_text("#basket-count") == "(1)"
    page.click("#basket-link")
    page.wait_for_url("**/basket?obsid=*")
    assert page.locator("input[name=uri]:checked").count() > 0
    with page.expect_download() as waiting:
        page.click("button:has-text('Download as zip')")
    content = Path(waiting.value.path()).read_bytes()
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    page.click("#empty-basket")
    page.wait_for_selector("#basket-empty")


def test_a_script_for_curl_is_to_be_had(page: Any) -> None:
    page.goto("/?q=M101&obs_collection=HST")
    page.click("#rows td a")
    with page.expect_download() as waiting:
        page.click("button:has-text('script for curl')")
    assert "curl" in Path(waiting.value.path()).read_text()


def test_a_list_of_targets_is_pasted(page: Any) -> None:
    page.goto("/")
    page.click("summary:has-text('A list of targets')")
    page.fill("#targets", "M101\nM8\nno such place here")
    page.click("button:has-text('Search')")
    page.wait_for_selector("#results .problem")
    assert "no such place here" in page.inner_text("#results .problem")
    assert total(page) > 0


def test_what_is_held_is_told(page: Any) -> None:
    page.goto("/?q=M101&obs_collection=HST")
    page.click("#holdings")
    page.wait_for_function(
        "() => document.querySelector('#holdings-text').textContent.includes('HST: ')"
    )


def test_a_wrong_password_is_said_and_a_right_one_logs_in_and_out(
    browser: Any, sample_copy: Path
) -> None:
    with served(sample_copy) as url:
        page = browser.new_page(base_url=url)
        page.goto("/login")
        page.fill("#username", DEMO_ACCOUNT.name)
        page.fill("#password", "wrong")
        page.click("main button")
        page.wait_for_function(
            "() => document.querySelector('#login-problem').textContent.length > 5"
        )
        page.fill("#password", DEMO_ACCOUNT.password)
        page.click("main button")
        page.wait_for_selector("#logout")
        assert DEMO_ACCOUNT.name in page.inner_text("header")
        page.click("#logout")
        page.wait_for_selector("a[href='/login']")
        page.close()


def test_it_works_without_javascript(browser: Any, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.fill("#q", "M101")
    page.press("#q", "Enter")
    page.check("input[name=obs_collection][value=HST]")
    page.click("button:has-text('Apply')")
    assert total(page) == len(observations(page)) > 0
    page.locator("#rows input[type=checkbox]").first.check()
    page.click("#to-basket")
    assert page.locator("input[name=uri]").count() > 0
    with page.expect_download() as waiting:
        page.click("button:has-text('Download as zip')")
    assert zipfile.is_zipfile(waiting.value.path())
    context.close()


@pytest.mark.parametrize("width", [400, 1280, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(
    browser: Any, address: str, width: int, scheme: str
) -> None:
    page = browser.new_page(
        base_url=address, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    for link in ("/", "/?q=M101", "/basket", "/login"):
        page.goto(link)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_the_slash_key_leads_to_the_search_box(page: Any) -> None:
    page.goto("/?q=M101")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"


def test_hostile_words_run_nothing(page: Any) -> None:
    page.goto(
        "/?q=%3Cimg%20src%3Dx%20onerror%3Dwindow.bad%3D1%3E&filters=%3Cscript%3Ewindow.bad%3D1%3C%2Fscript%3E"
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.bad") is None


def test_all_that_the_page_sends_is_small(address: str) -> None:
    import gzip

    static = Path(__file__).parents[2] / "src/topmast/archive/server/web/static"
    sizes = [len(gzip.compress(path.read_bytes())) for path in static.iterdir()]
    assert sum(sizes) < 100_000
