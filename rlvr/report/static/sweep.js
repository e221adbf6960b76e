// A sweep: which options earned most, how sure that is, and each option against the reward.

const interval = (value) => [el("b", {}, two(value.mean)), el("span", { class: "dim" }, ` [${two(value.low)}, ${two(value.high)}]`)];

function ranking(set) {
  return scroller(el("table", { class: "numbers" },
    el("thead", {}, el("tr", {}, ["", "options", "runs", "policy", "tool-call reward", "exact match"].map((h) => el("th", { scope: "col" }, h)))),
    el("tbody", {}, set.ranking.map((row) => el("tr", {}, el("td", {}, row.place ?? "–"), el("th", { scope: "row" }, row.options),
      el("td", {}, row.runs), el("td", {}, row.stage), el("td", {}, interval(row.reward)), el("td", {}, interval(row.exact)))))));
}

function showSweep(place, data) {
  place.append(el("div", { class: "headline" }, el("h1", {}, data.sets[0].verdict[0].toUpperCase() + data.sets[0].verdict.slice(1))),
    el("dl", { class: "facts" }, data.facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))));
  for (const note of data.notes) place.append(el("p", { class: "note" }, note));
  for (const set of data.sets) {
    place.append(el("h2", { class: "set" }, set.name), el("div", { class: "panel" }, el("h3", {}, set.verdict), ranking(set),
      el("p", { class: "dim small" }, `Means with ${Math.round(data.confidence * 100)}% intervals: over seeds where there are several runs, else over rows.`)));
    const grid = el("div", { class: "charts" });
    for (const option of set.parameters) grid.append(figure({ title: option.name, why: "a point is a run, with its interval over rows",
      x: option.name, scale: option.scale, range: [0, 1], ticks: option.points.steps, lines: [{ name: "tool-call reward", ...option.points }] }));
    place.append(grid);
  }
  if (data.failed.length) place.append(el("h2", { class: "set" }, "Failed"),
    el("ul", {}, data.failed.map((line) => el("li", {}, line))));
}

async function open() {
  document.getElementById("ask").remove();
  document.getElementById("theme").addEventListener("click", toggleTheme);
  document.getElementById("skip").addEventListener("click", () => document.getElementById("sweep").focus());
  systemIsDark.addEventListener("change", themed);
  themed();
  const data = JSON.parse(await unpack("data-sweep"));
  showSweep(document.getElementById("sweep"), data);
  document.getElementById("loading").remove();
  drawVisible();
  document.body.dataset.ready = "yes";
  window.report = data;
}

open().catch((error) => {
  const place = document.getElementById("loading") ?? document.getElementById("live");
  place.textContent = `The report cannot be opened in this browser: ${error.message}. It needs one from 2023 or later.`;
  throw error;
});
