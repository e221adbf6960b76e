// The first screen: what improved, what broke, and each number as a link to the rows behind it.

const VERDICTS = { improved: "improved", worse: "worse", unclear: "no clear change" };
const BEHAVIORS = ["execute", "clarify", "refuse", "answer"];

function showOverview(place, data) {
  place.append(headline(data), facts(data));
  if (!data.sections.length) {
    place.append(el("p", { class: "note" }, "This run has no evaluation: nothing says what the training changed. ",
      "Name a set with data.evaluation.NAME.path=rows.jsonl."), origin(data));
    return;
  }
  place.append(el("div", { class: "cards" }, data.sections.map(changeCard)));
  for (const section of data.sections) place.append(...details(section, data));
  place.append(origin(data));
}

const firstOf = (section) => section.stages[0];
const lastOf = (section) => section.stages[section.stages.length - 1];

function headline(data) {
  const sections = data.sections.filter((section) => section.changes.reward);
  if (!sections.length) return el("div", { class: "headline" }, el("h1", {}, data.name));
  const of = (verdict) => sections.filter((section) => section.changes.reward.verdict === verdict);
  const last = lastOf(sections[0]).name, first = firstOf(sections[0]).name;
  const every = (n) => (n === 2 ? "both sets" : `all ${n} sets`);
  const sets = (list) => (list.length === sections.length && list.length > 1 ? every(list.length)
    : list.map((section) => section.name).join(" and "));
  let said = `${last} is not clearly better or worse than ${first}.`;
  if (of("improved").length) said = `${last} is better than ${first} on ${sets(of("improved"))}`
    + (of("worse").length ? `, and worse on ${sets(of("worse"))}.` : ".");
  else if (of("worse").length) said = `${last} is worse than ${first} on ${sets(of("worse"))}.`;
  const listed = (verdict) => sections.flatMap((section) => BEHAVIORS
    .filter((behavior) => section.changes[behavior]?.verdict === verdict)
    .map((behavior) => el("a", { class: "said " + verdict, href: linkTo("groups", {
      source: section.name, behavior, outcome: verdict === "unclear" ? "" : verdict, sort: "change" }) },
    `${behavior} ${signed(section.changes[behavior].mean)}`,
    sections.length > 1 ? el("span", { class: "dim" }, ` ${section.name}`) : null)));
  const line = (word, verdict, none) => el("div", { class: "verdicts" }, el("dt", {}, word),
    el("dd", {}, listed(verdict).length ? listed(verdict) : el("span", { class: "dim" }, none)));
  return el("div", { class: "headline" }, el("h1", {}, said), el("dl", {},
    line("Improved", "improved", "none for certain"),
    line("Broke", "worse", "none for certain"),
    listed("unclear").length ? line("Unclear", "unclear", "") : null));
}

// What a second person needs to run it again: command, versions, machine, hashes of the data, every option.
function origin(data) {
  return el("details", { class: "origin" }, el("summary", {}, "Where this run comes from"),
    data.provenance.length ? el("dl", { class: "facts" },
      data.provenance.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))) : null,
    el("p", { class: "dim" }, "Every option, as config.yaml has it:"), el("pre", { class: "config", tabindex: "0" }, data.config));
}

function facts(data) {
  return el("dl", { class: "facts" }, data.facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function changeCard(section) {
  const [first, last] = [firstOf(section), lastOf(section)];
  const [before, after] = [section.summaries[first.id], section.summaries[last.id]];
  const measured = [["reward", "tool-call reward", before.reward, after.reward], ["exact", "exact match", before.exact, after.exact],
    ...BEHAVIORS.filter((b) => after.by_behavior[b]).map((b) => [b, b, before.by_behavior[b], after.by_behavior[b]])];
  const change = section.changes.reward;
  return el("article", { class: "card", "aria-label": section.name },
    el("h2", {}, section.name, el("span", { class: "dim" }, ` ${many(after.reward.n, "row")}`)),
    el("p", { class: "hero" },
      change ? [el("span", { class: "was" }, two(before.reward.mean)), el("span", { class: "to", "aria-label": "to" }, "→")] : null,
      el("strong", {}, two(after.reward.mean)), el("span", { class: "dim" }, "tool-call reward")),
    el("div", { class: "dumbbells" }, measured.map(([id, name, old, now]) => dumbbell(section, id, name, old, now))),
    el("p", { class: "key dim" }, el("i", { class: "dot before" }), ` ${first.name} `, el("i", { class: "dot after" }),
      ` ${last.name}, with its interval; change with that of the paired difference`),
    byLastStage(section));
}

// Most of a run's gain is often SFT's: the headline compares the last policy with the first.
function byLastStage(section) {
  if (section.stages.length < 3) return null;
  const [before, last] = section.stages.slice(-2), change = section.by_last_stage;
  return el("p", { class: "key dim" }, `${last.name} alone, after ${before.name}: tool-call reward `,
    el("b", {}, signed(change.mean)), ` [${signed(change.low)}, ${signed(change.high)}], ${VERDICTS[change.verdict]}`);
}

function dumbbell(section, id, name, before, after) {
  const change = section.changes[id];
  const verdict = change ? change.verdict : "unclear";
  const query = { source: section.name, behavior: BEHAVIORS.includes(id) ? id : "", sort: "change" };
  const label = `${name}: ${two(before.mean)} to ${two(after.mean)}${change ? `, ${VERDICTS[verdict]}` : ""}`;
  const at = (value) => `${(Math.max(0, Math.min(1, value)) * 100).toFixed(2)}%`;
  return el("a", { class: `dumbbell ${verdict}`, href: linkTo("groups", query), "aria-label": `${label}; show its rows` },
    el("span", { class: "name" }, name, BEHAVIORS.includes(id) ? el("span", { class: "dim" }, ` ${after.n}`) : null),
    el("span", { class: "track", "aria-hidden": "true", "--a": at(before.mean), "--b": at(after.mean), "--low": at(after.low),
      "--high": at(after.high), "--left": at(Math.min(before.mean, after.mean)), "--right": at(Math.max(before.mean, after.mean)) },
    el("i", { class: "interval" }), el("i", { class: "line" }), el("i", { class: "dot before" }), el("i", { class: "dot after" })),
    el("span", { class: "figure" }, change
      ? [el("b", {}, signed(change.mean)), el("span", { class: "dim" }, ` [${signed(change.low)}, ${signed(change.high)}]`)]
      : two(after.mean)));
}

function details(section, data) {
  return [
    el("h2", { class: "set" }, section.name),
    el("div", { class: "panel" }, el("h3", {}, "Every policy"), policies(section),
      el("p", { class: "dim small" }, `Means with ${Math.round(data.confidence * 100)}% bootstrap intervals.`)),
    conversations(section),
    el("div", { class: "pair" }, [firstOf(section), lastOf(section)].filter((stage, i, both) => i === 0 || stage.id !== both[0].id)
      .map((stage) => el("div", { class: "panel" }, el("h3", {}, `${stage.name}: what it did`), confusion(section, stage)))),
    el("div", { class: "pair" },
      section.tools.length ? el("div", { class: "panel" }, el("h3", {}, "Exact calls, tool by tool"), tools(section)) : null,
      section.reasons.length ? el("div", { class: "panel" }, el("h3", {}, "Why reward was lost"), reasons(section)) : null),
  ].filter(Boolean);
}

const cell = (value) => el("td", {}, value ? [el("b", {}, two(value.mean)), el("span", { class: "dim" }, ` [${two(value.low)}, ${two(value.high)}]`)] : "–");

// One line for each policy.
function byPolicy(section, columns, cells) {
  return scroller(el("table", { class: "numbers" },
    el("thead", {}, el("tr", {}, ["policy", ...columns].map((h) => el("th", { scope: "col" }, h)))),
    el("tbody", {}, section.stages.map(({ id, name }) => el("tr", {}, el("th", { scope: "row" }, name), cells(section.summaries[id]))))));
}

function policies(section) {
  const behaviors = BEHAVIORS.filter((b) => section.summaries[lastOf(section).id].by_behavior[b]);
  return byPolicy(section, ["tool-call reward", "exact match", ...behaviors],
    (summary) => [summary.reward, summary.exact, ...behaviors.map((b) => summary.by_behavior[b])].map(cell));
}

// Of conversations: goals reached by kind of task, how often all of k samples reach it, and how they went.
function conversations(section) {
  const of = (summary) => summary.details?.episodes ?? { reached: {}, mean: {}, ended_by: {} };
  const last = of(section.summaries[lastOf(section).id]);
  const kinds = Object.keys(last.reached), counted = Object.keys(last.mean), ends = Object.keys(last.ended_by);
  if (!kinds.length) return null;
  const passes = Object.keys(section.summaries[lastOf(section).id].details.sampled?.pass_all ?? {});
  return el("div", { class: "panel" }, el("h3", {}, "Goals reached, by kind of task"),
    byPolicy(section, [...kinds.map((kind) => `${kind || "all"} ${last.reached[kind].exact.n}`), ...passes.map((k) => `pass^${k}`)],
      (summary) => [...kinds.map((kind) => cell(of(summary).reached[kind]?.exact)), ...passes.map((k) => cell(summary.details.sampled?.pass_all[k]))]),
    el("h3", {}, "A conversation"),
    byPolicy(section, [...counted.map((name) => name.replaceAll("_", " ")), ...ends.map((end) => `ended: ${end}`)],
      (summary) => [...counted.map((name) => el("td", {}, two(of(summary).mean[name]))), ...ends.map((end) => el("td", {}, of(summary).ended_by[end] ?? 0))]));
}

function confusion(section, stage) {
  const table = section.confusion[stage.id];
  const done = [...BEHAVIORS, "nothing"].filter((b) => b !== "nothing" || Object.values(table).some((row) => row.nothing));
  return scroller(el("table", { class: "confusion" },
    el("caption", { class: "unseen" }, `Rows by expected behavior and by what ${stage.name} did`),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, el("span", { class: "dim" }, "expected ↓  did →")), done.map((b) => el("th", { scope: "col" }, b)))),
    el("tbody", {}, BEHAVIORS.filter((b) => table[b] && Object.values(table[b]).some(Boolean)).map((expected) => {
      const total = Object.values(table[expected]).reduce((a, b) => a + b, 0);
      return el("tr", {}, el("th", { scope: "row" }, expected), done.map((did) => {
        const n = table[expected][did] || 0;
        const share = n / total;
        return el("td", { class: expected === did ? "right" : "wrong", "--share": share.toFixed(3) },
          n ? el("a", { href: linkTo("groups", { source: section.name, behavior: expected, did, by: stage.name }),
            "aria-label": `${n} of ${total} rows that expect ${expected}: ${stage.name} did ${did}; show them` },
          el("b", {}, n), el("span", {}, percent(share))) : el("span", { class: "dim" }, "·"));
      }));
    }))));
}

function tools(section) {
  const [first, last] = [firstOf(section), lastOf(section)];
  const box = el("div", { class: "bars" });
  const row = (tool) => el("a", { class: "toolbar", href: linkTo("groups", { source: section.name, tool: tool.name, sort: "change" }),
    "aria-label": `${tool.name}: ${percent(tool.exact[first.id])} exact under ${first.name}, ${percent(tool.exact[last.id])} under ${last.name}; show its rows` },
  el("span", { class: "name" }, breakable(tool.name), el("span", { class: "dim" }, ` ${tool.n}`)),
  el("span", { class: "both", "aria-hidden": "true" }, (first.id === last.id ? [last] : [first, last]).map((stage) =>
    el("span", { class: `barline ${stage.id === last.id ? "after" : "before"}` },
      el("i", { "--w": `${((tool.exact[stage.id] || 0) * 100).toFixed(1)}%` }), el("span", {}, percent(tool.exact[stage.id]))))));
  const shown = section.tools.slice(0, MOST_TOOLS);
  box.append(...shown.map(row));
  if (section.tools.length > MOST_TOOLS) box.append(el("button", { type: "button", class: "more", onclick: (event) => {
    event.target.replaceWith(...section.tools.slice(MOST_TOOLS).map(row));
  } }, `Show all ${section.tools.length} tools`));
  return box;
}
const MOST_TOOLS = 12;

function reasons(section) {
  const [first, last] = [firstOf(section), lastOf(section)];
  return scroller(el("table", { class: "numbers reasons" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "reason"), (first.id === last.id ? [last] : [first, last]).map((stage) => el("th", { scope: "col" }, stage.name)))),
    el("tbody", {}, section.reasons.map(({ kind, rows }) => el("tr", {}, el("th", { scope: "row" }, kind),
      (first.id === last.id ? [last] : [first, last]).map((stage) => el("td", {}, rows[stage.id]
        ? el("a", { href: linkTo("groups", { source: section.name, reason: kind, by: stage.name }) }, rows[stage.id]) : el("span", { class: "dim" }, "0"))))))));
}

function scroller(table) {
  return el("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": "Table" }, table);
}
