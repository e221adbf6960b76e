// The curves, drawn by plotly once they come into view.

const SMOOTH_FROM = 24; // steps from which a curve is noise to the eye without a running mean
const WINDOW = 7;

let plotly = null;
function loadPlotly() {
  plotly ??= unpack("library-plotly").then((source) => {
    const script = document.createElement("script");
    script.textContent = source; // the page's policy allows exactly this text, by its hash
    document.head.append(script);
    return window.Plotly;
  });
  return plotly;
}

function showTraining(place, data) {
  const charts = chartsOf(data);
  if (!charts.length) {
    place.append(el("h1", {}, "Training"), el("p", { class: "note" }, "This run has not trained: metrics.jsonl holds no step."));
    return;
  }
  place.append(el("h1", {}, "Training"), el("p", { class: "lead" },
    "Numbers as the run logged them, in metrics.jsonl, and counts over its saved rollouts. ",
    data.rollouts.steps.length ? "Click a step to see its groups." : ""));
  const grid = el("div", { class: "charts" });
  place.append(grid);
  for (const chart of charts) grid.append(figure(chart));
  const others = Object.entries(data.logged).flatMap(([stage, metrics]) => Object.keys(metrics).map((name) => [stage, name]));
  place.append(el("h2", { class: "set" }, "Any logged metric"), picker(data, others));
}

function chartsOf(data) {
  const rl = Object.keys(data.logged).filter((stage) => stage !== "sft").pop();
  const logged = (stage, names) => Object.entries(names).map(([metric, name]) => ({ name, metric, ...data.logged[stage]?.[metric] }))
    .filter((line) => line.values);
  const rolled = (columns) => Object.entries(columns).filter(([, values]) => values && values.some((value) => value !== null))
    .map(([name, values]) => ({ name, steps: data.rollouts.steps, values }));
  const starting = (stage, test) => Object.fromEntries(Object.keys(data.logged[stage] || {}).filter((name) => test.test(name)).map((name) => [name, name]));
  const prefix = "reward_components/";
  const tierNames = [...new Set([...Object.keys(NAMES), ...Object.keys(data.logged[rl] || {}).filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))])];
  const tiers = Object.fromEntries(tierNames.map((name) => [prefix + name, nameOf(name)]));
  const ordered = (columns) => Object.fromEntries(BEHAVIORS.map((behavior) => [behavior, columns[behavior]]));
  const r = data.rollouts;
  const found = rl || r.steps.length ? [
    { title: "Reward", why: "mean over the step's candidates", lines: logged(rl, { reward: "mean", reward_std: "standard deviation" }), range: [0, 1] },
    { title: "Reward by tier", why: "mean share of each tier, unweighted", lines: logged(rl, tiers), range: [0, 1] },
    { title: "Reward by expected behavior", why: "counted over saved rollouts", lines: rolled(ordered(r.reward || {})), range: [0, 1], colors: "behavior" },
    { title: "Did what was expected", why: "share of candidates, by expected behavior", lines: rolled(ordered(r.did_expected || {})), range: [0, 1], colors: "behavior" },
    { title: "What a group teaches", why: "groups whose rewards are all alike have no gradient", stacked: true, range: [0, 1],
      lines: rolled({ "rewards differ": r.teaches, "all right": r.all_right, "all alike, not right": r.all_alike }), colors: "outcome" },
    { title: "Groups without variance", why: "frac_reward_zero_std", lines: logged(rl, { frac_reward_zero_std: "share of groups" }), range: [0, 1] },
    { title: "Prompts passed over", why: "in the epoch that begins, since they taught nothing lately", lines: logged(rl, { "passed_over/prompts": "prompts" }), zero: true },
    { title: "Entropy", why: "nats per token; near 0 every candidate is the same", lines: logged(rl, { entropy: "entropy" }), zero: true },
    { title: "Sampled against trained log-probability", why: "what the sampler and the trainer disagree by", lines: logged(rl, starting(rl, /logp|log_prob/)), zero: true },
    { title: "Completion length", why: "tokens", lines: logged(rl, { "completions/mean_length": "mean", "completions/max_length": "longest" }), zero: true },
    { title: "Cut at the length limit", why: "share of candidates", lines: logged(rl, { "completions/clipped_ratio": "cut" }), range: [0, 1] },
    { title: "Gradient norm", why: "before clipping", lines: logged(rl, { grad_norm: "norm" }), zero: true },
    { title: "Distance from the reference", why: "KL, nats", lines: logged(rl, { kl: "KL" }), zero: true },
  ].map((chart) => ({ ...chart, links: true, stage: rl })) : [];
  const warm = ["sft", "dpo"].filter((stage) => data.logged[stage]).map((stage) =>
    ({ title: `${stage.toUpperCase()} loss`, why: "the warm start", lines: logged(stage, { loss: "loss" }), zero: true }));
  return [...found, ...warm].filter((chart) => chart.lines.length);
}

const COLORS = {
  line: ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6"],
  behavior: { execute: "--execute", clarify: "--clarify", refuse: "--refuse", answer: "--answer" },
  outcome: { "rewards differ": "--teach", "all right": "--good-soft", "all alike, not right": "--bad-soft" },
};

function colorOf(chart, name, index) {
  const names = typeof chart.colors === "string" ? COLORS[chart.colors] : null;
  return getComputedStyle(document.documentElement).getPropertyValue(names?.[name] ?? COLORS.line[index % COLORS.line.length]).trim();
}

const drawn = new Map(); // place -> chart
const inView = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting || !entry.target.offsetParent) continue;
    inView.unobserve(entry.target);
    draw(entry.target);
  }
}, { rootMargin: "300px" });

function figure(chart) {
  const place = el("div", { class: "plot", "data-title": chart.title });
  drawn.set(place, chart);
  inView.observe(place);
  const last = chart.lines.map((line) => `${line.name} from ${short(line.values[0])} to ${short(line.values[line.values.length - 1])}`).join(", ");
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", `${chart.title}: ${last}`);
  return el("figure", { class: "panel chart" },
    el("figcaption", {}, el("h3", {}, chart.title), el("span", { class: "dim" }, chart.why)), place, numbers(chart));
}

const short = (value) => (value === null || value === undefined ? "nothing" : Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

// The same numbers as a table, for whom a picture says nothing; made when it is opened.
function numbers(chart) {
  const box = el("details", { class: "asnumbers", ontoggle: () => {
    if (!box.open || box.childElementCount > 1) return;
    const steps = [...new Set(chart.lines.flatMap((line) => line.steps))];
    if (steps.every((step) => typeof step === "number")) steps.sort((a, b) => a - b);
    const at = chart.lines.map((line) => new Map(line.steps.map((step, i) => [step, line.values[i]])));
    box.append(scroller(el("table", { class: "numbers" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, chart.x ?? "step"), chart.lines.map((line) => el("th", { scope: "col" }, line.name)))),
      el("tbody", {}, steps.map((step) => el("tr", {}, el("th", { scope: "row" }, step), at.map((values) => el("td", {}, short(values.get(step))))))))));
  } }, el("summary", {}, "Numbers"));
  return box;
}

function runningMean(values) {
  return values.map((_, i) => {
    const near = values.slice(Math.max(0, i - WINDOW + 1), i + 1).filter((value) => value !== null);
    return near.length ? near.reduce((a, b) => a + b, 0) / near.length : null;
  });
}

function tracesOf(chart) {
  const smooth = !chart.stacked && chart.lines.some((line) => line.steps.length >= SMOOTH_FROM);
  return chart.lines.flatMap((line, index) => {
    const color = colorOf(chart, line.name, index);
    const base = { x: line.steps, y: line.values, name: line.name, type: "scatter", hovertemplate: "%{y:.3f}", connectgaps: true };
    if (line.low) return [{ ...base, mode: "markers", marker: { size: 8, color }, text: line.names, hovertemplate: "%{text}<br>%{y:.3f}",
      error_y: { type: "data", symmetric: false, array: line.values.map((v, i) => line.high[i] - v),
        arrayminus: line.values.map((v, i) => v - line.low[i]), color, thickness: 1 } }];
    if (chart.stacked) return [{ ...base, mode: "lines", stackgroup: "all", line: { width: 0.5, color }, fillcolor: color }];
    if (!smooth) return [{ ...base, mode: "lines+markers", line: { width: 2, color }, marker: { size: 5, color } }];
    return [{ ...base, mode: "lines", line: { width: 1, color }, opacity: 0.35, showlegend: false },
      { ...base, y: runningMean(line.values), mode: "lines", line: { width: 2.2, color }, hoverinfo: "skip", hovertemplate: undefined }];
  });
}

// One chart at a time, with room between them for the reader's clicks.
let turn = Promise.resolve();
function draw(place) {
  turn = turn.then(() => new Promise((resolve) => setTimeout(resolve))).then(() => drawNow(place));
  return turn;
}

async function drawNow(place) {
  const chart = drawn.get(place);
  const Plotly = await loadPlotly();
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  const axis = { gridcolor: of("--line"), zeroline: false, linecolor: of("--line"), tickfont: { size: 11 }, automargin: true, fixedrange: true };
  await Plotly.react(place, tracesOf(chart), {
    height: 230, margin: { l: 38, r: 10, t: 8, b: 34 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: of("--sans"), size: 12, color: of("--dim") }, hovermode: chart.x ? "closest" : "x unified",
    hoverlabel: { bgcolor: of("--card"), bordercolor: of("--line"), font: { color: of("--ink"), size: 12 } },
    showlegend: chart.lines.length > 1, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font: { size: 11 } },
    xaxis: { ...axis, title: { text: chart.x ?? "step", font: { size: 11 }, standoff: 4 }, showgrid: false, type: chart.scale, exponentformat: "e",
      ...(chart.scale === "log" ? { tickvals: chart.ticks, ticktext: chart.ticks.map((tick) => tick.toExponential()) } : {}) },
    yaxis: { ...axis, range: chart.range ? [chart.range[0] - 0.02, chart.range[1] + 0.02] : undefined, rangemode: chart.zero ? "tozero" : "normal" },
  }, { displayModeBar: false, responsive: true });
  if (chart.links && !place.dataset.linked) {
    place.dataset.linked = "yes";
    place.on("plotly_click", (event) => {
      const step = event.points[0].x;
      location.hash = linkTo("groups", { source: chart.stage, from: step, to: step });
    });
  }
}

function redraw() {
  for (const place of drawn.keys()) if (place.classList.contains("js-plotly-plot")) draw(place);
}

function drawVisible() {
  for (const place of drawn.keys()) {
    if (place.classList.contains("js-plotly-plot")) continue;
    inView.unobserve(place);
    inView.observe(place);
  }
}

function picker(data, metrics) {
  const holder = el("div", {});
  const show = () => {
    const [stage, ...rest] = choice.value.split(" ");
    const metric = rest.join(" ");
    holder.replaceChildren(figure({ title: metric, why: stage.toUpperCase(), lines: [{ name: metric, ...data.logged[stage][metric] }],
      links: data.rollouts.steps.length > 0 && stage !== "sft", stage }));
  };
  const choice = el("select", { id: "metric", onchange: show }, metrics.map(([stage, name]) =>
    el("option", { value: `${stage} ${name}` }, `${stage}: ${name}`)));
  if (metrics.length) show();
  return el("div", { class: "any" }, el("label", { for: "metric" }, "Metric"), choice, holder);
}
