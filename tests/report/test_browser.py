"""The report in a browser, as a reader uses it. Skipped where there is no Chromium with its driver."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from headless import browsing, needs_browser
from report_run import HOSTILE, write_run
from report_sweep import write_sweep
from talks_run import TOOLS, write_talks

from rlvr.data.lint import lint, show
from rlvr.environments.worlds.generate import Recipe, generate
from rlvr.files import read_log
from rlvr.report import page, sweep
from rlvr.training.run_folder import RunFolder

pytestmark = [
    pytest.mark.slow,
    needs_browser,
]

Browser = Any


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = write_run(tmp_path_factory.mktemp("runs") / "run", steps=30, rows=20, hostile=HOSTILE)
    page.write(folder.path)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing("1280,900") as driver:
        yield driver


@pytest.fixture
def opened(browser: Browser, run: RunFolder) -> Iterator[Browser]:
    """The report at its first screen; the browser must have had nothing to complain of when the test is done."""
    browser.get("about:blank")
    browser.get(run.report.as_uri())
    until(lambda: browser.execute_script("return document.body.dataset.ready === 'yes'"))
    yield browser
    assert browser.get_log("browser") == []
    assert browser.execute_script("return window.hacked") is None


def until(holds: Callable[[], Any], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "the page did not get there"
        time.sleep(0.05)


def find(browser: Browser, selector: str) -> list[Browser]:
    found: list[Browser] = browser.find_elements("css selector", selector)
    return found


def text(browser: Browser, selector: str) -> str:
    return str(find(browser, selector)[0].text)


def go(browser: Browser, place: str) -> None:
    browser.execute_script("location.hash = arguments[0]", place)
    view = place.lstrip("#").split("?")[0]
    until(lambda: find(browser, f"#{view}")[0].is_displayed())


def press(browser: Browser, keys: str) -> None:
    browser.switch_to.active_element.send_keys(keys)


def test_nothing_that_is_absent_is_shown_as_a_word(opened: Browser) -> None:
    for place in ("#overview", "#training", "#groups"):
        go(opened, place)
        lines = find(opened, ".view:not([hidden])")[0].text.splitlines()
        assert not {"null", "undefined", "NaN"} & set(lines)


def test_the_first_screen_says_what_changed_and_links_to_the_rows(opened: Browser, run: RunFolder) -> None:
    assert "GRPO is better than base" in text(opened, "h1")
    assert "GRPO alone, after SFT: tool-call reward " in text(opened, ".card .key:last-child")
    assert [card.text.split()[0] for card in find(opened, ".card h2")] == ["same_tools", "unseen_tools"]
    cell = find(opened, ".confusion a")[0]
    n = int(cell.find_element("css selector", "b").text)
    cell.click()
    until(lambda: find(opened, "#groups")[0].is_displayed())
    until(lambda: text(opened, ".count").startswith(f"{n} of 20 row"))
    assert len(find(opened, ".row")) == n


def test_the_curves_are_drawn_when_they_are_looked_at(opened: Browser) -> None:
    assert not opened.execute_script("return 'Plotly' in window")
    go(opened, "#training")
    until(lambda: find(opened, ".js-plotly-plot .scatterlayer"))
    assert text(opened, "figure h3") == "Reward"
    shown = opened.execute_script("return document.querySelector('.js-plotly-plot').data[0].y")
    logged = opened.execute_script("return report.overview.logged.grpo.reward.values")
    assert shown == logged
    assert "Sampled against trained log-probability" in [title.text for title in find(opened, "figure h3")]


def test_groups_are_filtered_and_searched(opened: Browser, run: RunFolder) -> None:
    go(opened, "#groups?source=grpo")
    assert text(opened, ".count") == "240 groups"
    assert 0 < len(find(opened, ".row")) < 40, "only what is in view is there"
    set_value(opened, "#f-behavior", "clarify")
    n = opened.execute_script(
        "const g = report.groups;"
        "return g.group.step.filter((step, i) => step !== null && g.expected(i) === 'clarify').length"
    )
    assert text(opened, ".count") == f"{n} of 240 groups"
    assert {badge.text for badge in find(opened, ".row .badge")} == {"clarify"}
    set_value(opened, "#f-behavior", "")
    set_value(opened, "#f-from", "3")
    set_value(opened, "#f-to", "4")
    assert text(opened, ".count") == "16 of 240 groups"
    set_value(opened, "#f-outcome", "teaches")
    set_value(opened, "#f-min", "0.5")
    assert all(0.5 <= float(mean.text) < 1 for mean in find(opened, ".row .mean"))
    go(opened, "#groups?source=grpo&q=window.hacked")
    until(lambda: text(opened, ".count") == "1 of 240 groups")
    go(opened, "#groups?source=grpo&q=nowhere+in+it")
    until(lambda: "No group matches" in text(opened, ".detail"))


def set_value(browser: Browser, selector: str, value: str) -> None:
    browser.execute_script(
        "const input = document.querySelector(arguments[0]); input.value = arguments[1];"
        "input.dispatchEvent(new Event('input')); input.dispatchEvent(new Event('change'))",
        selector,
        value,
    )


def test_hostile_completions_are_shown_as_text(opened: Browser, run: RunFolder) -> None:
    go(opened, "#groups?source=grpo&q=window.hacked")
    until(lambda: text(opened, ".count") == "1 of 240 groups")
    shown = opened.execute_script(
        "return [...document.querySelectorAll('.completion')].map((each) => each.textContent)"
    )
    expected = [HOSTILE[0], HOSTILE[1], HOSTILE[2], HOSTILE[3], "\ufffd half a pair \ufffd", "(wrote nothing)"]
    assert shown[:6] == expected
    assert find(opened, ".detail img, .detail script, .detail svg") == []


def test_a_group_shows_prompt_expectation_candidates_and_reasons(opened: Browser, run: RunFolder) -> None:
    go(opened, "#groups?source=unseen_tools&behavior=execute")
    until(lambda: text(opened, ".count").endswith("of 20 rows"))
    index = int(text(opened, ".row[aria-selected=true] .meta .dim").removeprefix("row "))
    saved = {stage: read_log(run.evaluation(stage, "unseen_tools"))[index] for stage in ("base", "sft", "grpo")}
    detail = text(opened, ".detail")
    assert saved["base"]["prompt"][-1]["content"] in detail
    for tool in saved["base"]["tools"]:
        assert tool["function"]["name"] in detail
    for record in saved.values():
        assert all(reason["text"] in detail for reason in record["reasons"])
        assert f"{record['reward']:.3f}" in detail
    assert text(opened, ".detail .call .callname") in saved["base"]["expected"]["ground_truth"]


def test_conversations_are_shown_turn_by_turn(browser: Browser, tmp_path: Path) -> None:
    folder = write_talks(tmp_path / "talks")
    page.write(folder.path)
    browser.get(folder.report.as_uri())
    until(lambda: browser.execute_script("return document.body.dataset.ready === 'yes'"))
    assert [each.text for each in find(browser, ".panel h3")][1:3] == [
        "Goals reached, by kind of task",
        "A conversation",
    ]
    assert "pass^2" in text(browser, "#overview")
    assert "EpisodeReward" in text(browser, ".facts")
    go(browser, "#groups?source=grpo&g=0")
    until(lambda: find(browser, ".talk"))
    conversations = {tuple(each.text.split(", ")) for each in find(browser, ".talk > p")}
    assert ("3 turns", "3 calls", "3 errors") in conversations
    assert len(find(browser, ".bubble.tool.error")) >= 3
    assert any("<img src=x onerror=window.hacked=1>" in each.text for each in find(browser, ".bubble .call dd"))
    cancelling = next(each for each in generate(Recipe(TOOLS, rows=10)) if "'cancelled'" in str(each.options["goal"]))
    go(browser, f"#groups?source=worlds&q={quote_plus(cancelling.prompt[-1]['content'])}")
    until(lambda: find(browser, ".changes li"))
    assert "changed: status='cancelled'" in text(browser, ".changes li")
    assert browser.execute_script("return window.hacked") is None
    assert browser.get_log("browser") == []


def test_the_keyboard_is_enough(opened: Browser) -> None:
    press(opened, "3")
    until(lambda: find(opened, "#groups")[0].is_displayed())
    press(opened, "j")
    press(opened, "j")
    press(opened, "k")
    until(lambda: find(opened, "#row-1[aria-selected=true]"))
    press(opened, "/")
    until(lambda: opened.switch_to.active_element.get_attribute("id") == "f-q")
    press(opened, "weather")
    assert find(opened, "#f-q")[0].get_attribute("value") == "weather"
    until(lambda: " of 240 groups" in text(opened, ".count"))
    press(opened, "\ue00c")  # Escape
    until(lambda: opened.switch_to.active_element.get_attribute("role") == "listbox")
    press(opened, "?")
    until(lambda: find(opened, "#help")[0].is_displayed())
    press(opened, "?")
    until(lambda: not find(opened, "#help")[0].is_displayed())
    before = opened.execute_script("return getComputedStyle(document.body).backgroundColor")
    press(opened, "t")
    assert opened.execute_script("return getComputedStyle(document.body).backgroundColor") != before


def test_a_phone_shows_the_list_then_the_group(opened: Browser) -> None:
    phone = {"width": 390, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        for place in ("#overview", "#training", "#groups"):
            go(opened, place)
            assert opened.execute_script("return document.documentElement.scrollWidth") <= 390
            shown = "return getComputedStyle(document.querySelector('.view:not([hidden])'), '::before').content"
            assert opened.execute_script(shown) == '"run"', "the run's name"
        go(opened, "#overview")
        clipped = (
            "return [...document.querySelectorAll('.confusion')]"
            ".filter((table) => table.offsetWidth > table.parentNode.clientWidth).length"
        )
        assert opened.execute_script(clipped) == 0
        go(opened, "#groups")
        assert not find(opened, ".detail")[0].is_displayed()
        find(opened, ".row")[1].click()
        until(lambda: find(opened, ".detail")[0].is_displayed())
        find(opened, ".back")[0].click()
        until(lambda: find(opened, ".list")[0].is_displayed())
    finally:
        opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_lint_s_page_fits_a_phone_and_a_desk(browser: Browser, width: int, scheme: str, tmp_path: Path) -> None:
    tool = {"name": "find_the_patient_s_appointments", "parameters": {"type": "object"}}
    truth = {"ground_truth": json.dumps([{"name": "find_the_patient_s_appointment", "arguments": {}}])}
    row = {"prompt": [{"role": "user", "content": "Find it"}], "tools": [tool], "reward_model": truth}
    rows = tmp_path / "rows_of_the_clinic_of_last_november.jsonl"
    rows.write_text((json.dumps(row) + "\n") * 3)
    lint_page = tmp_path / "lint.html"
    lint_page.write_text(show.to_html(lint(rows)), encoding="utf-8")
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        browser.get(lint_page.as_uri())
        assert browser.execute_script("return innerWidth") == width
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        light = browser.execute_script(
            "const style = getComputedStyle(document.body);"
            "const sum = (color) => color.match(/\\d+/g).reduce((total, part) => total + Number(part), 0);"
            "return [sum(style.color), sum(style.backgroundColor)]"
        )
        assert (light[0] > light[1] + 400) if scheme == "dark" else (light[1] > light[0] + 400)
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_search_says_whole_what_it_searches(opened: Browser) -> None:
    opened.execute_script("location.hash = 'groups'")
    until(lambda: opened.execute_script("return document.querySelector('[type=search]').clientWidth > 0"))
    needed, room = opened.execute_script(
        "const input = document.querySelector('[type=search]'), style = getComputedStyle(input);"
        "const pen = document.createElement('canvas').getContext('2d'); pen.font = style.font;"
        "return [pen.measureText(input.placeholder).width, input.clientWidth - 2 * parseFloat(style.paddingLeft)]"
    )
    assert needed <= room


def test_every_control_has_a_name(opened: Browser, run: RunFolder) -> None:
    unnamed = """
        return [...document.querySelectorAll('input, select, button, a')].filter((each) =>
            !each.textContent.trim() && !each.getAttribute('aria-label') && !(each.labels && each.labels.length))
            .map((each) => each.outerHTML)"""
    assert opened.execute_script(unnamed) == []
    assert Path(run.report).stat().st_size < 10e6


def test_a_sweep_s_page_ranks_its_runs_and_plots_its_options(browser: Browser, tmp_path: Path) -> None:
    report = sweep.write(write_sweep(tmp_path / "rates <b>"), None, 0.95)
    browser.get("about:blank")
    browser.get(report.as_uri())
    until(lambda: browser.execute_script("return document.body.dataset.ready === 'yes'"))
    assert browser.find_element("css selector", "h1").text.startswith("Highest: learning_rate=0.0001")
    rows = [row.text for row in browser.find_elements("css selector", "tbody tr")]
    assert [row.split()[1] for row in rows] == ["base", "learning_rate=0.0001", "learning_rate=1e-06"]
    assert "no <i>memory</i>" in browser.find_element("css selector", "main").text
    place = "document.querySelector('.plot[data-title=learning_rate]')"
    browser.execute_script(f"{place}.scrollIntoView()")
    until(lambda: browser.execute_script(f"return !!{place}.data"))
    assert browser.execute_script(f"return {place}.layout.xaxis.type") == "log"
    ticks = browser.find_elements("css selector", ".plot[data-title=learning_rate] .xtick text")
    assert {tick.text for tick in ticks} == {"1e-6", "1e-4"}, "the values that were tried, and no others"
    assert browser.execute_script(f"return {place}.data[0].y") == [0.5, 0.52, 0.7, 0.72]
    assert browser.get_log("browser") == []
