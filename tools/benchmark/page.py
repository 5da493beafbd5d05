"""What the widget costs the page that embeds it, and how soon an answer is on the screen, in a real browser."""

from __future__ import annotations

import gzip
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Request, sync_playwright
from tqdm import tqdm

from botwijzer.article import article
from botwijzer.channels.pages import DIST, LAUNCHER

DEMO = "/webhooks/web/"

VISITS = 5
PAUSE_SECONDS = 1.0
"""Between two questions; who asks faster than people type is asked to wait."""

_WATCH = """window.shift = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) shift += entry.value; })
  .observe({type: 'layout-shift', buffered: true});"""

_UNTIL_SHOWN = """([question]) => new Promise((shown) => {
  const root = document.querySelector('bot-wijzer').shadowRoot.querySelector('bot-wijzer-panel').shadowRoot;
  const log = root.querySelector('.log'), before = log.querySelectorAll('details').length;
  const field = root.querySelector('textarea');
  field.value = question;
  field.dispatchEvent(new Event('input'));
  const watch = new MutationObserver(() => {
    if (log.querySelectorAll('details').length === before) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => shown(performance.now() - start)));  // after it is painted
  });
  watch.observe(log, {childList: true, subtree: true});
  const start = performance.now();
  root.querySelector('form').requestSubmit();
})"""


def sizes() -> dict[str, int]:
    """Bytes over the wire (gzip) of the launcher and of everything."""
    zipped = {path.name: len(gzip.compress(path.read_bytes(), mtime=0)) for path in DIST.glob("*.js")}
    return {"launcher": zipped[LAUNCHER], "all": sum(zipped.values())}


def in_browser(url: str, questions: int) -> dict[str, Any]:
    """Opens the demo page and asks so many questions.

    Returns:
        `before_opening` and `by_opening` with the widget's requests and their bytes, `script_ms` and
        `layout_shift` of the page before opening, and `milliseconds` from Verstuur to each answer.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        requests: list[Request] = []
        page.on("requestfinished", lambda request: requests.append(request))
        page.add_init_script(_WATCH)
        page.goto(url + DEMO, wait_until="networkidle")
        cost = {"before_opening": _cost(requests), "layout_shift": page.evaluate("shift")}
        cost["script_ms"] = _script_milliseconds(browser, url, "") - _script_milliseconds(browser, url, LAUNCHER)
        requests.clear()
        page.get_by_role("button", name="Open de chat").click()
        page.get_by_role("log").get_by_text("Ik ben Botwijzer").wait_for()
        cost["by_opening"] = _cost(requests)
        asked = [passage.question for passage in article().passages.values()]
        turns = [asked[number % len(asked)] for number in range(questions)]
        shown = []
        for turn in tqdm(turns, desc="In the browser", unit="question"):
            shown.append(page.evaluate(_UNTIL_SHOWN, [turn]))
            time.sleep(PAUSE_SECONDS)
        browser.close()
    return {**cost, "milliseconds": shown}


def _script_milliseconds(browser: Browser, url: str, blocked: str) -> float:
    """Time that scripts take on the page until it is quiet, without the blocked file; the median of some visits."""
    seen = []
    for _ in range(VISITS):
        page = browser.new_page()
        if blocked:
            page.route(f"**/{blocked}", lambda route: route.abort())
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        page.goto(url + DEMO, wait_until="networkidle")
        metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
        seen.append(1000 * float(metrics["ScriptDuration"]))
        page.close()
    return statistics.median(seen)


def _cost(requests: list[Request]) -> dict[str, int]:
    ours = [each for each in requests if Path(each.url).suffix == ".js"]
    return {"requests": len(ours), "bytes": sum(each.sizes()["responseBodySize"] for each in ours)}
