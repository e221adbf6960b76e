"""How long a report of many rollouts takes to write and to open: `python benchmarks/report.py [ROLLOUTS]`.

Needs selenium, chromium and chromedriver. Prints seconds and sizes, the median of five openings, each in a browser of
its own: until the first screen is there, and until groups can be filtered; also what parquet saves over lines of JSON.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from report_run import write_run  # noqa: E402
from selenium import webdriver  # noqa: E402

from rlvr.data import saved_rollouts  # noqa: E402
from rlvr.report import page  # noqa: E402

GROUPS, CANDIDATES, OPENINGS = 25, 8, 5


def main(rollouts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        steps = rollouts // (GROUPS * CANDIDATES)
        run = write_run(Path(folder) / "run", steps=steps, groups=GROUPS, candidates=CANDIDATES, rows=300)
        (packed,) = saved_rollouts.files(run.path)
        lines = sum(
            len(json.dumps(each.to_json(), ensure_ascii=False).encode()) + 1 for each in saved_rollouts.read(packed)
        )
        started = time.perf_counter()
        path = page.write(run.path)
        print(f"{steps * GROUPS * CANDIDATES:,} rollouts: written in {time.perf_counter() - started:.1f} s")
        print(f"report {path.stat().st_size / 1e6:.1f} MB")
        print(f"parquet {packed.stat().st_size / 1e6:.2f} MB for {lines / 1e6:.1f} MB of JSON lines")
        opened = [_open(path) for _ in range(OPENINGS)]
        for what, seconds in zip(
            ("first screen", "groups ready", "search of all"), zip(*opened, strict=True), strict=True
        ):
            print(f"{what}: {statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})")


def _open(path: Path) -> tuple[float, float, float]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        driver.get(path.as_uri())
        while not driver.execute_script("return document.body.dataset.ready"):
            time.sleep(0.02)
        marks = driver.execute_script(
            "return ['first', 'ready'].map((name) => performance.getEntriesByName(name)[0].startTime / 1000)"
        )
        driver.execute_script("location.hash = '#groups'")
        time.sleep(0.5)
        searched = driver.execute_script(
            "const started = performance.now(); const box = document.querySelector('#f-q'); box.value = 'weather';"
            "box.dispatchEvent(new Event('input')); return (performance.now() - started) / 1000"
        )
    finally:
        driver.quit()
    return (*marks, searched)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
