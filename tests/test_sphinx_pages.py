"""What a reader meets on the pages of the real book: at a desk, on a phone, offline, without a mouse."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).parents[1]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
TOC = parse_toc_yaml(ROOT / "_toc.yml")
PAGES = [TOC.root.docname, *sorted(set(TOC) - {TOC.root.docname})]
CHAPTER = "book/07_dot_product_attention"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
MOUNTED = "[...document.querySelectorAll('.wa-host')].every((point) => point.dataset.widget === 'ready')"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def visit(page, root: str, name: str) -> None:
    page.goto(f"{root}/{name}.html")
    page.wait_for_function(MOUNTED)


@pytest.mark.parametrize("name", [*PAGES, "launch", "search"])
def test_a_page_asks_no_other_host_and_leaves_the_console_clean(served_book, built_book, new_page, name):
    for root in (served_book, built_book.as_uri()):
        page = new_page()
        visit(page, root, name)
        page.wait_for_load_state("networkidle")
        assert page.foreign_requests == []
        assert page.console_problems == []


@pytest.mark.parametrize("name", [*PAGES, "launch"])
@pytest.mark.parametrize("width", [320, 375, 768])
def test_a_page_does_not_scroll_sideways(served_book, new_page, name, width):
    page = new_page(viewport={"width": width, "height": 800})
    visit(page, served_book, name)
    assert page.evaluate(OVERFLOW) <= 0


@pytest.mark.parametrize("name", [*PAGES, "launch", "search"])
@pytest.mark.parametrize("width", [320, 1280])
def test_a_page_has_no_barrier_that_axe_knows(served_book, new_page, name, width):
    page = new_page(viewport={"width": width, "height": 900}, color_scheme="light", reduced_motion="reduce")
    visit(page, served_book, name)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert barriers(page, "axe.run(document)") == []
    # In the dark only the colors are others.
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-theme=dark]")
    assert barriers(page, "axe.run(document, { runOnly: ['color-contrast'] })") == []


def barriers(page, run: str) -> list[tuple[str, str]]:
    return [(one["id"], one["nodes"][0]["html"]) for one in page.evaluate(run)["violations"]]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_described_in_one_language_with_an_icon(built_book, name):
    html = (built_book / f"{name}.html").read_text(encoding="utf-8")
    assert re.search(r'<html[^>]* lang="en"', html)
    assert re.search(
        r'<meta (name="description" content="[^"]{20,}"|content="[^"]{20,}" name="description")', html
    )
    icon = re.search(r'<link rel="icon" href="([^"]+)"', html)[1]
    assert (built_book / f"{name}.html").parent.joinpath(icon).is_file()


def test_formulas_are_readable_where_no_script_runs(served_book, new_page):
    page = new_page(java_script_enabled=False)
    page.goto(f"{served_book}/{CHAPTER}.html")
    page.wait_for_load_state("networkidle")
    formulas = page.locator(".katex")
    assert formulas.count() > 10
    assert formulas.first.locator(".katex-html").bounding_box()["width"] > 5
    assert page.locator(".katex-mathml math").count() == formulas.count()
    loaded = "[...document.fonts].filter((font) => font.status === 'loaded').map((font) => font.family)"
    assert any("KaTeX" in family for family in page.evaluate(loaded))


def test_a_page_loads_nothing_that_it_does_not_use(served_book, page):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    visit(page, served_book, CHAPTER)
    page.wait_for_load_state("networkidle")
    scripts = [path for path in asked if path.endswith(".js")]
    unused = "mathjax|katex|require|thebe|toggle|fontawesome|html-manager|embed|searchindex"
    assert [path for path in scripts if re.search(unused, path, re.IGNORECASE)] == []
    assert not [path for path in asked if path.endswith((".woff", ".ttf"))]


def test_a_wide_formula_scrolls_by_the_arrow_keys_and_a_narrow_one_is_no_stop(served_book, new_page):
    page = new_page(viewport={"width": 320, "height": 800})
    visit(page, served_book, CHAPTER)
    page.wait_for_function(
        "!document.querySelectorAll('.wa-formula').values().every((box) => box.tabIndex === 0)"
    )
    wide = "[...document.querySelectorAll('.wa-formula')].filter((box) => box.scrollWidth > box.clientWidth)"
    stops = "[...document.querySelectorAll('.wa-formula')].filter((box) => box.tabIndex === 0)"
    assert page.evaluate(f"{wide}.length") > 0
    assert page.evaluate(f"{wide}.length") == page.evaluate(f"{stops}.length")
    page.evaluate(f"{wide}[0].focus()")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{wide}[0].scrollLeft > 0")


def test_the_keyboard_reaches_everything_and_the_focus_is_seen(served_book, page):
    visit(page, served_book, CHAPTER)
    # What may take the focus and can be seen, against what the tab key really visits.
    expected = page.evaluate(
        """() => [...document.querySelectorAll(
             'a[href], button, input, select, summary, [tabindex="0"]')]
           .filter((one) => one.checkVisibility({ visibilityProperty: true })
             && one.tabIndex >= 0 && !one.disabled
             // A group of radio buttons is one stop.
             && !(one.type === 'radio' && one.name && one !== document.querySelector(`[name="${one.name}"]`)))
           .map((one, index) => { one.dataset.stop = index; return String(index); })"""
    )
    visited, hidden = set(), []
    for _ in range(2 * len(expected)):
        page.keyboard.press("Tab")
        stop, seen = page.evaluate(
            """() => { const one = document.activeElement, box = one.getBoundingClientRect();
                       return [one.dataset.stop, box.width > 0 && box.height > 0]; }"""
        )
        if stop in visited:
            break
        if stop is not None:
            visited.add(stop)
            if not seen:
                hidden.append(stop)
    assert set(expected) - visited == set()
    assert hidden == []


def test_every_address_of_the_repository_follows_from_the_configuration(served_book, page):
    url, branch = CONFIG["repository"]["url"], CONFIG["repository"]["branch"]
    where = urlsplit(url).path.strip("/")
    visit(page, served_book, CHAPTER)
    links = page.locator(".article-header-buttons a").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('href'))"
    )
    assert f"https://mybinder.org/v2/gh/{where}/{branch}?urlpath=lab/tree/{CHAPTER}.ipynb" in links
    assert f"https://colab.research.google.com/github/{where}/blob/{branch}/{CHAPTER}.ipynb" in links
    assert f"{url}/edit/{branch}/{CHAPTER}.ipynb" in links
    assert any(link.startswith(f"{url}/issues/new?title=") for link in links)
    hub = next(link for link in links if "launch.html#" in link)
    assert parse_qs(hub.partition("#")[2]) == {
        "repo": [url],
        "urlpath": [f"lab/tree/{url.rsplit('/', 1)[1]}/{CHAPTER}.ipynb"],
        "branch": [branch],
    }


HUB = "https://hub.university.test"


def open_launch(new_page, served_book, fragment: str | None = None):
    page = new_page()
    page.route(f"{HUB}/**", lambda route: route.fulfill(body="the hub"))
    if fragment is None:
        visit(page, served_book, CHAPTER)
        href = page.locator(".article-header-buttons a[href*='launch.html#']").get_attribute("href")
        fragment = href.partition("#")[2]
    page.goto(f"{served_book}/launch.html#{fragment}")
    return page


@pytest.mark.parametrize("typed", [HUB, f"{HUB}/", f" {HUB}/hub/home ", f"{HUB}/hub/user-redirect/lab"])
def test_the_launch_page_opens_the_chapter_in_the_readers_hub_and_remembers_it(served_book, new_page, typed):
    page = open_launch(new_page, served_book)
    page.get_by_label("Address of your hub").fill(typed)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{HUB}/**")
    asked = urlsplit(page.url)
    assert asked.path == "/hub/user-redirect/git-pull"
    assert parse_qs(asked.query)["repo"] == [CONFIG["repository"]["url"]]
    assert parse_qs(asked.query)["urlpath"][0].endswith(f"/{CHAPTER}.ipynb")
    page.goto(f"{served_book}/launch.html")
    assert page.get_by_label("Address of your hub").input_value() == HUB


@pytest.mark.parametrize(
    "typed", ["", "hub", "http://hub.university.test", "javascript:alert(1)", "https://a:b@hub.test"]
)
def test_the_launch_page_goes_nowhere_without_a_proper_address(served_book, new_page, typed):
    page = open_launch(new_page, served_book)
    page.get_by_label("Address of your hub").fill(typed)
    page.keyboard.press("Enter")
    assert "beginning with https://" in page.locator(".wa-launch [role=status]").inner_text()
    assert urlsplit(page.url).path == "/launch.html"
    assert page.get_by_label("Address of your hub").get_attribute("aria-invalid") == "true"


def test_the_launch_page_pulls_no_repository_but_its_own(served_book, new_page):
    fragment = "repo=https://evil.test/x&urlpath=lab/tree/x/y.ipynb&branch=main"
    page = open_launch(new_page, served_book, fragment)
    page.get_by_label("Address of your hub").fill(HUB)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{HUB}/**")
    assert "evil" not in page.url
