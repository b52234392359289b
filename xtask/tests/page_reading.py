"""What a page is without any server: reading, reviewing, teaching, accessibility, speed, and the book offline."""

import json
import re
import tempfile
import time
import tomllib

from browser import Browser, StaticSite
from harness import ROOT, check, wait
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

DAYS = {day["number"]: day["slug"] for day in tomllib.loads((ROOT / "book/lessons.toml").read_text())["day"]}
# A page is measured as on a mid-range phone on a slow mobile network: the conditions of Lighthouse.
PHONE = {"width": 412, "height": 823}
CPU_SLOWDOWN = 4
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1638.4 * 128, "uploadThroughput": 675 * 128}
FIRST_TEXT_MS_MAX = 1000
LESSON_BYTES_MAX = 600_000
SIZES = {"phone": (390, 844), "laptop": (1366, 768), "projector": (1920, 1080)}


# Notes each place where the keyboard stops, and whether it can be seen there.
KEYBOARD_WATCH = """
window.stops = [];
document.addEventListener("focusin", ({ target }) => {
  const style = getComputedStyle(target);
  stops.push([target, (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none"]);
});
"""
KEYBOARD_LAST = "return stops.slice(-3).map(([node]) => node.outerHTML.slice(0, 100))"
# Of radio buttons with one name Tab reaches one; the arrows reach the others.
KEYBOARD_MISSED = """
const reached = new Set(stops.map(([node]) => node));
const groups = new Set([...reached].filter((node) => node.type === "radio").map((node) => node.name));
const usable = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((node) => node.checkVisibility({ visibilityProperty: true }) && node.getClientRects().length
    && !node.disabled && node.tabIndex >= 0);
const short = (nodes) => nodes.map((node) => node.outerHTML.slice(0, 150));
return [short(usable.filter((node) => !reached.has(node) && !groups.has(node.name))),
  short(stops.filter(([, seen]) => !seen).map(([node]) => node))];
"""


def site_pages():
    """Every page of the book but the one for printing, which repeats the others."""
    skipped = {"print.html", "toc.html", "404.html", "index.html"}
    return sorted(page.name for page in (ROOT / "book/site").glob("*.html") if page.name not in skipped)


def all_pages(browser, site):
    """What must hold for every page of the book."""

    # Themes differ in colors alone, which pages share: in the rarer ones, a third of the pages.
    pages = site_pages()
    themes = {"light": pages, "navy": pages, "rust": pages[::3], "coal": pages[1::3], "ayu": pages[2::3]}
    for theme, pages in themes.items():

        @check(f"no page has a barrier that axe-core finds, theme {theme}: {len(pages)} pages")
        def _():
            browser.open(site.url)
            browser.theme(theme)
            browser.size(*SIZES["laptop"])
            barriers = []
            for page in pages:
                browser.open(site.url + page)
                barriers += [f"{page}: {barrier}" for barrier in browser.barriers()]
            browser.usual_size()
            assert not barriers, f"{len(barriers)}: {'; '.join(barriers[:4])}"

    @check("keyboard: Tab reaches all that a mouse can use, shows where it is, and is caught nowhere")
    def _():
        for page in (f"{DAYS[6]}.html", "review.html", "glossary.html"):
            browser.open(site.url + page)
            # A figure that answers is loaded when it comes into view, which is before a person's focus is there.
            figure = "document.querySelector('.explorable')"
            if browser.js(f"{figure}?.scrollIntoView(); return !!{figure}"):
                wait(lambda: browser.js("return !!document.querySelector('.explorable input')"), "the figure's sliders")
                browser.js("scrollTo(0, 0)")
            browser.js(KEYBOARD_WATCH)
            for _ in range(20):
                browser.press(*[Keys.TAB] * 50)
                if browser.js("return stops.length > 1 && stops.slice(1).some(([node]) => node === stops[0][0])"):
                    break
            else:
                raise AssertionError(f"{page}: 1,000 times Tab, and not around: {browser.js(KEYBOARD_LAST)}")
            missed, unseen = browser.js(KEYBOARD_MISSED)
            assert not missed and not unseen, f"{page}: not reached {missed[:5]}, not seen {unseen[:5]}"

    @check("nothing is wider than the screen, on a phone and on a projector")
    def _():
        wide = []
        for name in ("phone", "projector"):
            browser.size(*SIZES[name])
            for page in site_pages():
                browser.open(site.url + page)
                width, window = browser.js("return [document.documentElement.scrollWidth, innerWidth]")
                if width > window:
                    wide.append(f"{page} is {width} px wide on a {name}")
        browser.usual_size()
        assert not wide, wide

    @check("pages ask nobody else and leave no error in the console")
    def _():
        foreign, errors = browser.foreign_requests(site.host), browser.errors()
        assert not foreign and not errors, (foreign, errors)

    slug = DAYS[6]
    for theme in ("light", "rust", "coal", "navy", "ayu"):
        for name, size in SIZES.items():
            browser.open(site.url)
            browser.theme(theme)
            browser.size(*size)
            browser.open(f"{site.url}{slug}.html#does-the-guard-pay")
            time.sleep(0.3)
            browser.screenshot(f"{name}-{theme}")
    browser.theme("light")
    browser.usual_size()


def lesson(browser, site):
    """The head of a lesson, its words, its quizzes and its plots."""
    slug = DAYS[6]

    @check("a lane shows its parts, stays when the page is opened again, and gives way to a link")
    def _():
        browser.open(f"{site.url}{slug}.html")
        shown = "return [...document.querySelectorAll('main > h2')].filter(h => h.getClientRects().length).map(h => h.innerText)"
        everything = browser.js(shown)
        browser.click(browser.find("input[name=lane][value=skim]"))
        skim = browser.js(shown)
        assert "Break it" in skim and "Summary" in skim and len(skim) < len(everything) / 2, skim
        browser.driver.refresh()
        assert browser.js(shown) == skim
        browser.js("location.hash = 'sources'")
        wait(lambda: browser.js(shown) == everything, "the whole lesson")
        browser.click(browser.find("input[name=lane][value=core]"))
        assert not browser.find(".instructor-notes").is_displayed()
        browser.click(browser.find("input[name=lane][value=workshop]"))

    @check("a word leads to the glossary, which leads back")
    def _():
        word = browser.find("main a[href*='glossary.html#']")
        anchor = word.get_attribute("href").split("#")[1]
        browser.open(word.get_attribute("href"))
        entry = browser.find(f"dt#{anchor} + dd")
        assert entry.find_elements(By.CSS_SELECTOR, f".used a[href='{slug}.html']"), entry.text

    @check("the map of the week and the sources lead to the lessons")
    def _():
        for page in ("week-1.html", "sources.html"):
            browser.open(site.url + page)
            assert browser.find_all(f"main a[href='{slug}.html']"), page

    @check("the search finds words of the text and shows where they are")
    def _():
        browser.open(f"{site.url}introduction.html?search=cuckoo")
        first = wait(lambda: browser.find_all("#mdbook-searchresults a"), "results")[0]
        assert "day-06" in first.get_attribute("href"), first.get_attribute("href")

    @check("answers stand in an order of chance, except those that have an order of their own")
    def _():
        orders = set()
        for _ in range(6):
            browser.open(f"{site.url}{slug}.html")
            orders.add(browser.js("return [...document.querySelectorAll('.quiz fieldset')].map(f => [...f.querySelectorAll('input')].map(i => i.value).join('')).join(' ')"))
        assert len(orders) > 1, orders
        kept = browser.js(
            """
            const make = (...texts) => {
              const item = document.createElement("fieldset");
              texts.forEach((text, i) => item.insertAdjacentHTML("beforeend",
                `<div class="option"><label><input value="${i}"> ${text}</label><span class="why"></span></div>`));
              return item;
            };
            const order = (item) => [...item.querySelectorAll("input")].map((input) => input.value).join("");
            return import("/source/question.js").then(({ question }) =>
              [["1%", "2%", "10 times"], ["Yes, always.", "No.", "Sometimes."], ["a", "b", "Both of these."]]
                .map((texts) => [1, 2, 3, 4, 5, 6, 7].map((seed) => {
                  const item = make(...texts);
                  question(item, { seed, onanswer() {} });
                  return order(item);
                })));
            """
        )
        assert all(order == "012" for orders in kept for order in orders), kept

    @check("every plot has words and a table of its numbers")
    def _():
        plots = browser.js(
            "return [...document.querySelectorAll('.out.plot')].map(p => [p.querySelector('img').alt, p.querySelectorAll('table tbody td').length])"
        )
        assert plots and all(words and numbers >= 4 for words, numbers in plots), plots

    @check("HTML and SVG from a cell can neither run nor reach the page and its token")
    def _():
        attack = "parent.stolen = parent.sessionStorage.getItem('sd35-tokens'); top.stolen = 1"
        html = f"<form action='x'><input></form><script>{attack}</script><img src=x onerror=\"{attack}\"><a href=\"javascript:{attack}\">a</a>"
        svg = f"<svg xmlns='http://www.w3.org/2000/svg' onload=\"{attack}\"><title>t</title><script>{attack}</script></svg>"
        shown = browser.driver.execute_async_script(
            """
            const [html, svg, done] = arguments;
            import("/source/outputs.js").then(({ Outputs }) => {
              const place = document.createElement("div");
              document.querySelector("main").append(place);
              const outputs = new Outputs(place);
              outputs.add("display_data", { data: { "text/html": html } });
              outputs.add("display_data", { data: { "text/html": `<table><tr><td onclick="stolen = 3">1</td></tr></table>` } });
              outputs.add("display_data", { data: { "image/svg+xml": svg } });
              place.insertAdjacentHTML("beforeend", "<img src=x onerror='window.stolen = 2'>");
              setTimeout(() => done([window.stolen ?? null, place.querySelectorAll("iframe[sandbox='']").length,
                place.querySelectorAll("[onclick], svg, script, a").length, place.querySelectorAll("img").length]), 500);
            });
            """,
            html,
            svg,
        )
        # The frame, the cleaned table, the picture, and an image whose handler the policy stopped.
        assert shown == [None, 1, 0, 2], shown
        assert any("Content Security Policy" in error for error in browser.errors())

    @check("who wants less motion gets none")
    def _():
        media = [{"name": "prefers-reduced-motion", "value": "reduce"}]
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
        moving = browser.js(
            "return [...document.querySelectorAll('*')].map(e => getComputedStyle(e))"
            ".filter(s => s.transitionDuration.split(',').some(t => parseFloat(t) > 0) && s.transitionProperty != 'none').length"
        )
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        assert moving == 0, f"{moving} elements move"


def review(browser, site):
    """Missed questions and cards, and the record."""

    @check("a missed question and the cards of a lesson come to the review, with the keyboard alone")
    def _():
        browser.open(f"{site.url}{DAYS[6]}.html")
        browser.js("localStorage.removeItem('sd35:progress')")
        browser.driver.refresh()
        wrong = browser.find(".quiz .option[data-correct=false] input")
        browser.click(wrong)
        browser.click(browser.find(".card-bar button"))
        browser.open(f"{site.url}review.html")
        wait(lambda: "7 to go" in browser.find(".review-status").text, "seven items")
        first = browser.find(".stage").text
        browser.js("document.querySelector('.stage button, .stage input').focus()")
        browser.screenshot("review")
        # The question first, then the cards: one not known, the others known.
        browser.click(browser.find(".stage .option[data-correct=true] input"))
        browser.click(browser.button(browser.find(".stage"), "Next"))
        grades = "133333"
        for grade in grades:
            browser.press(Keys.SPACE)
            wait(lambda: browser.find(".grades").is_displayed(), "the grades")
            browser.press(grade)
        wait(lambda: "1 to go" in browser.find(".review-status").text, "the one that was not known")
        browser.press(Keys.SPACE)
        browser.press("4")
        wait(lambda: "Nothing is due" in browser.find(".review-status").text, "the end")
        dues = [round((entry["due"] / 1000 - time.time()) / 86_400) for entry in browser.record().values() if "sm2" in entry]
        assert dues and set(dues) == {1} and len(dues) == 7, (dues, first)

    @check("the record can be exported, deleted and imported")
    def _():
        kept = browser.record()
        assert len(kept) >= 7
        browser.click(browser.button(browser.find(".record"), "Delete"))
        browser.driver.switch_to.alert.accept()
        wait(lambda: not browser.record(), "an empty record")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"deleted": 0, "records": kept}, file)
            file.flush()
            browser.find(".record input[type=file]").send_keys(file.name)
            wait(lambda: browser.find(".record").text.endswith("Imported."), "the import")
        assert browser.record().keys() == kept.keys(), browser.record()


def teaching(browser, site):
    """Notes beside the lesson, slides, and a window that follows."""

    @check("slides fit a projector of 16:9, every one of every lesson")
    def _():
        browser.size(1280, 720)
        problems = []
        for slug in DAYS.values():
            browser.open(f"{site.url}{slug}.html?view=present")
            wait(lambda: browser.js("return document.documentElement.dataset.view") == "present", "the slides")
            found = browser.driver.execute_async_script(
                """
                const done = arguments[0];
                const main = document.querySelector("main");
                const number = () => document.querySelector(".slide-number").textContent.match(/\\d+/g).map(Number);
                const all = [];
                const next = () => {
                  const [at, count] = number();
                  const box = main.getBoundingClientRect();
                  const cut = [...main.querySelectorAll("pre, table, img, fieldset")].filter((node) =>
                    node.getClientRects().length && node.getBoundingClientRect().right > innerWidth + 1).length;
                  all.push({ at, top: box.top, bottom: innerHeight - box.bottom, right: innerWidth - box.right, cut,
                    page: document.documentElement.scrollHeight - innerHeight, zoom: Number(main.style.zoom) });
                  if (at === count) return done(all);
                  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "PageDown", bubbles: true }));
                  requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(next)));
                };
                // Fonts and figures that come late are fitted too.
                document.fonts.ready.then(() => setTimeout(next, 300));
                """
            )
            problems += [
                (slug, slide) for slide in found
                if min(slide["top"], slide["bottom"], slide["right"]) < -1 or slide["page"] > 0 or slide["cut"]
            ]
            assert len(found) >= 20, f"{slug} has {len(found)} slides"
        browser.screenshot("slide")
        browser.usual_size()
        assert not problems, problems[:5]

    @check("notes stand beside the lesson with a plan that adds up, and a second window follows")
    def _():
        browser.size(1600, 900)
        browser.open(f"{site.url}{DAYS[6]}.html")
        browser.click(browser.button(browser.find(".sd35-toolbar"), "Teach"))
        panel = wait(lambda: browser.find_all(".teach-panel .instructor-notes[open]"), "the notes")[0]
        assert panel.is_displayed() and panel.rect["x"] > browser.find("main > h2").rect["x"] + 300, panel.rect
        plan = browser.js(
            "return [[...document.querySelectorAll('.plan tbody tr')].map(r => Number(r.cells[1].innerText)),"
            " document.querySelector('.plan tfoot td').innerText]"
        )
        assert len(plan[0]) >= 8 and plan[1] == f"{sum(plan[0]) // 60}:{sum(plan[0]) % 60:02}", plan
        browser.screenshot("teach")
        leader = browser.driver.current_window_handle
        others = set(browser.driver.window_handles)
        browser.click(browser.button(browser.find(".teach-panel"), "Audience's window"))
        wait(lambda: len(browser.driver.window_handles) > len(others), "the window")
        follower = (set(browser.driver.window_handles) - others).pop()
        try:
            browser.driver.switch_to.window(follower)
            wait(lambda: browser.js("return document.documentElement.dataset.view") == "audience", "the audience's view")
            assert not browser.find_all(".teach-panel .instructor-notes"), "the audience sees the notes"
            assert not browser.find(".sd35-toolbar").is_displayed()
            before = browser.find("main").text
            browser.driver.switch_to.window(leader)
            for _ in range(3):
                browser.click(browser.button(browser.find(".teach-panel"), "Next"))
            text = browser.find("main .on-slide").text
            browser.driver.switch_to.window(follower)
            wait(lambda: browser.find("main").text != before and text[:40] in browser.find("main").text, "the same slide")
        finally:
            browser.driver.switch_to.window(follower)
            browser.driver.close()
            browser.driver.switch_to.window(leader)
            browser.usual_size()


def speed(site):
    """A first visit from a phone, in a browser that has nothing yet."""

    for day in (max(DAYS, key=lambda day: (ROOT / f"book/site/{DAYS[day]}.html").stat().st_size), 6):
        slug = DAYS[day]

        @check(f"day {day} on a phone: text within {FIRST_TEXT_MS_MAX} ms, {LESSON_BYTES_MAX // 1000} KB in all")
        def _():
            best = None
            for _ in range(3):  # the best of three: other programs may be busy
                browser = Browser()
                try:
                    cdp = browser.driver.execute_cdp_cmd
                    browser.size(*PHONE.values(), mobile=True)
                    cdp("Network.enable", {})
                    cdp("Network.emulateNetworkConditions", NETWORK)
                    cdp("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
                    browser.open(f"{site.url}{slug}.html")
                    first = wait(
                        lambda: browser.js("return performance.getEntriesByName('first-contentful-paint')[0]?.startTime"),
                        "the first text",
                    )
                    size = browser.js(
                        "return performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
                        ".filter(e => !/explorable|\\.wasm/.test(e.name)).reduce((sum, e) => sum + e.transferSize, 0)"
                    )
                finally:
                    browser.close()
                best = min(best or (first, size), (first, size))
                if best[0] < FIRST_TEXT_MS_MAX:
                    break
            print(f"        first text after {best[0]:.0f} ms, {best[1] / 1000:.0f} KB")
            assert best[0] < FIRST_TEXT_MS_MAX, f"the first text came after {best[0]:.0f} ms"
            assert best[1] < LESSON_BYTES_MAX, f"{best[1]} bytes"


def offline(browser):
    """The book after the server is gone."""

    @check("after the first visit the whole book can be read without a network")
    def _():
        site = StaticSite()
        browser.open(f"{site.url}{DAYS[6]}.html")
        wait(lambda: browser.js("return document.documentElement.dataset.offline") == "kept", "a kept book", 60)
        site.stop()
        browser.errors()
        for slug in (DAYS[6], DAYS[3], "glossary", "review"):
            browser.open(f"{site.url}{slug}.html")
            assert len(browser.find("main").text) > 500, f"{slug} is not there"
        assert browser.js("return getComputedStyle(document.querySelector('main')).maxWidth") != "none", "no style sheet"
        browser.open(f"{site.url}introduction.html?search=cuckoo")
        wait(lambda: browser.find_all("#mdbook-searchresults a"), "results of the search")


def run(browser):
    site = StaticSite()
    try:
        all_pages(browser, site)
        lesson(browser, site)
        review(browser, site)
        teaching(browser, site)
        speed(site)
    finally:
        site.stop()
    offline(browser)
