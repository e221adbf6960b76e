// The group viewer: a list that holds any number of groups, its filters, and one group in full.

const ROW_HEIGHT = 66;
const OVERSCAN = 6;
const OUTCOMES = {
  rollouts: { teaches: "rewards differ", all_right: "all right", all_alike: "all alike, not right", unscored: "not scored" },
  evaluation: { improved: "improved", worse: "worse", still_right: "right before and after", still_wrong: "no better, not right" },
};
const SORTS = { order: "as recorded", recent: "latest step first", low: "lowest reward first", high: "highest reward first",
  spread: "widest rewards first", change: "biggest change first", worst: "biggest loss first" };
const DEFAULTS = { source: "", behavior: "", did: "", by: "", tool: "", outcome: "", reason: "", min: "", max: "", from: "", to: "", q: "", sort: "order" };

class Viewer {
  constructor(place, groups) {
    this.groups = groups;
    this.state = { ...DEFAULTS };
    this.found = [];
    this.at = 0; // position of the open group in `found`
    this.build(place);
  }

  build(place) {
    this.place = place;
    const g = this.groups;
    this.inputs = {};
    const field = (name, label, input) => {
      this.inputs[name] = input;
      input.id = `f-${name}`;
      input.addEventListener(input.tagName === "SELECT" ? "change" : "input", () => this.set({ [name]: input.value }));
      return el("div", { class: `field f-${name}` }, el("label", { for: input.id }, label), input);
    };
    const select = (options) => el("select", {}, options.map(([value, text]) => el("option", { value }, text)));
    const number = (step, most, shown) => el("input", { type: "number", step, min: 0, max: most, inputmode: "decimal", placeholder: shown });
    const named = (names, all) => [["", all], ...names.map((name) => [name, name])];
    this.search = el("input", { type: "search", placeholder: "Requests, calls, reasons", autocomplete: "off", spellcheck: "false" });
    const filters = el("form", { class: "filters", "aria-label": "Filters", onsubmit: (event) => event.preventDefault() },
      field("source", "From", select(g.sources.map((source) => [source.name, source.kind === "rollouts" ? `${source.name} rollouts` : source.name]))),
      field("q", "Search", this.search),
      field("behavior", "Expected", select(named(g.behaviors.slice(0, 4), "any"))),
      field("did", "Did", select(named(g.behaviors, "anything"))),
      field("by", "Under", select(named(g.labels.filter((label) => !label.startsWith("#")), "any policy"))),
      field("tool", "Tool", select(named(toolNames(g), "any tool"))),
      field("outcome", "Outcome", select([["", "any"]])),
      field("reason", "Reason", select(named(kindNames(g), "any"))),
      el("fieldset", { class: "field range f-reward" }, el("legend", {}, "Mean reward"),
        field("min", "from", number("0.05", 1, "0")), field("max", "to", number("0.05", 1, "1"))),
      el("fieldset", { class: "field range f-step" }, el("legend", {}, "Step"),
        field("from", "from", number("1", null, "first")), field("to", "to", number("1", null, "last"))));
    const order = field("sort", "Order", select(Object.entries(SORTS)));
    this.count = el("span", { class: "count", role: "status" });
    const clear = el("button", { type: "button", class: "plain", onclick: () => this.set({ ...DEFAULTS, source: this.state.source }) }, "Clear");
    const more = el("button", { type: "button", class: "plain narrow", "aria-expanded": "false", onclick: () => {
      const open = place.classList.toggle("filtering");
      more.setAttribute("aria-expanded", String(open));
    } }, "Filters");
    this.spacer = el("div", { class: "spacer" });
    this.list = el("div", { class: "list", role: "listbox", tabindex: "0", "aria-label": "Groups", onscroll: () => this.paint() }, this.spacer);
    this.list.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.showDetail(true);
      if (event.key === "Home" || event.key === "End") {
        event.preventDefault();
        this.open(event.key === "Home" ? 0 : this.found.length - 1);
      }
      if (event.key === "PageDown" || event.key === "PageUp") {
        event.preventDefault();
        this.move((event.key === "PageDown" ? 1 : -1) * Math.max(1, Math.floor(this.list.clientHeight / ROW_HEIGHT) - 1));
      }
    });
    this.detail = el("article", { class: "detail", tabindex: "-1", "aria-label": "Group" });
    place.append(el("h1", { class: "unseen" }, "Groups"), filters, el("div", { class: "status" }, this.count, order, more, clear),
      el("div", { class: "split" }, this.list, this.detail));
    new ResizeObserver(() => this.paint()).observe(this.list);
  }

  // The hash's query as the state; what it leaves out is at its default.
  show(query) {
    const given = Object.fromEntries([...query].filter(([name]) => name in DEFAULTS));
    const source = this.groups.sources.some((one) => one.name === given.source) ? given.source : this.groups.sources[0]?.name ?? "";
    const wanted = Number(query.get("g"));
    this.apply({ ...DEFAULTS, ...given, source }, query.has("g") && Number.isInteger(wanted) ? wanted : null);
  }

  set(change) {
    if (change.source) change = { ...change, from: "", to: "", outcome: "", by: "" };
    this.apply({ ...this.state, ...change }, this.found[this.at]);
    this.remember();
  }

  apply(state, wanted) {
    this.state = state;
    const kind = this.groups.sources.find((one) => one.name === state.source)?.kind ?? "rollouts";
    this.inputs.outcome.replaceChildren(el("option", { value: "" }, "any"),
      ...Object.entries(OUTCOMES[kind]).map(([value, text]) => el("option", { value }, text)));
    this.place.dataset.kind = kind;
    for (const [name, input] of Object.entries(this.inputs)) if (input.value !== state[name]) input.value = state[name];
    this.found = this.filtered();
    const at = this.found.indexOf(wanted);
    this.at = at < 0 ? 0 : at;
    const total = this.groups.group.source.filter((s) => this.groups.sources[s].name === state.source).length;
    const noun = kind === "rollouts" ? "group" : "row";
    this.count.textContent = this.found.length === total ? many(total, noun)
      : `${this.found.length.toLocaleString("en")} of ${many(total, noun)}`;
    this.spacer.style.height = `${this.found.length * ROW_HEIGHT}px`;
    if (at < 0) this.list.scrollTop = 0;
    this.open(this.at);
  }

  filtered() {
    const g = this.groups, s = this.state;
    const source = g.sources.findIndex((one) => one.name === s.source);
    const number = (text, otherwise) => (text === "" || Number.isNaN(Number(text)) ? otherwise : Number(text));
    const [min, max] = [number(s.min, -Infinity), number(s.max, Infinity)];
    const [from, to] = [number(s.from, -Infinity), number(s.to, Infinity)];
    const words = s.q.toLowerCase().split(/\s+/).filter(Boolean);
    const did = s.did === "" ? -1 : g.behaviors.indexOf(s.did);
    const by = s.by === "" ? -1 : g.labels.indexOf(s.by);
    const behavior = s.behavior === "" ? -1 : g.behaviors.indexOf(s.behavior);
    const isChosen = (i) => {
      if (g.group.source[i] !== source) return false;
      if (behavior >= 0 && g.group.behavior[i] !== behavior) return false;
      if (s.outcome && g.outcome[i] !== s.outcome) return false;
      const step = g.group.step[i];
      if (step !== null && (step < from || step > to)) return false;
      if ((min > -Infinity || max < Infinity) && !(g.mean[i] >= min - 1e-9 && g.mean[i] <= max + 1e-9)) return false;
      if (s.tool && !g.group.called[i].some((name) => g.strings[name] === s.tool)) return false;
      if (did >= 0 || s.reason) {
        let some = false;
        for (let c = g.first[i]; c < g.first[i + 1] && !some; c++) {
          if (by >= 0 && g.candidate.label[c] !== by) continue;
          some = (did < 0 || g.candidate.did[c] === did) && (!s.reason || g.reasonKinds(c).includes(s.reason));
        }
        if (!some) return false;
      }
      return words.length === 0 || words.every((word) => g.haystack(i).includes(word));
    };
    const found = [];
    for (let i = 0; i < g.n; i++) if (isChosen(i)) found.push(i);
    const keys = { recent: (i) => -(g.group.step[i] ?? 0), low: (i) => g.mean[i], high: (i) => -g.mean[i], spread: (i) => -g.spread[i],
      change: (i) => -Math.abs(g.isEvaluation(i) ? g.change[i] : g.spread[i]), worst: (i) => (g.isEvaluation(i) ? g.change[i] : -g.spread[i]) };
    const key = keys[s.sort];
    return key ? found.sort((a, b) => key(a) - key(b) || a - b) : found;
  }

  remember() {
    const query = Object.fromEntries(Object.entries(this.state).filter(([name, value]) => value !== DEFAULTS[name]));
    if (this.found.length) query.g = this.found[this.at];
    try {
      history.replaceState(null, "", linkTo("groups", query));
    } catch {
      // a browser that keeps no history for files
    }
  }

  move(by) {
    if (!this.found.length) return;
    this.open(Math.max(0, Math.min(this.found.length - 1, this.at + by)));
    this.remember();
  }

  open(at) {
    this.at = at;
    const top = at * ROW_HEIGHT;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    if (top + ROW_HEIGHT > this.list.scrollTop + this.list.clientHeight && this.list.clientHeight)
      this.list.scrollTop = top + ROW_HEIGHT - this.list.clientHeight;
    this.paint();
    const g = this.found[at];
    if (g === undefined) this.detail.replaceChildren(el("p", { class: "empty" }, "No group matches. Clear a filter, or search for less."));
    else this.detail.replaceChildren(...this.full(g));
    this.detail.scrollTop = 0;
  }

  // On a narrow screen the list and the group take turns.
  showDetail(isShown) {
    this.place.classList.toggle("reading", isShown);
    (isShown ? this.detail : this.list).focus({ preventScroll: true });
    if (isShown) window.scrollTo(0, 0);
  }

  paint() {
    const height = this.list.clientHeight || 600;
    const start = Math.max(0, Math.floor(this.list.scrollTop / ROW_HEIGHT) - OVERSCAN);
    const end = Math.min(this.found.length, Math.ceil((this.list.scrollTop + height) / ROW_HEIGHT) + OVERSCAN);
    const rows = [];
    for (let i = start; i < end; i++) rows.push(this.row(i));
    this.spacer.replaceChildren(...rows);
    if (this.found.length && this.at >= start && this.at < end) this.list.setAttribute("aria-activedescendant", `row-${this.at}`);
    else this.list.removeAttribute("aria-activedescendant");
  }

  row(i) {
    const g = this.groups, at = this.found[i];
    const where = g.isEvaluation(at) ? `row ${g.group.row[at]}` : `step ${g.group.step[at]}`;
    const cells = g.candidates(at).map((c) => el("i", { class: "cell", "--r": rewardShade(g.candidate.reward[c]) }));
    return el("div", { class: "row", id: `row-${i}`, role: "option", "aria-selected": String(i === this.at), "aria-posinset": i + 1,
      "aria-setsize": this.found.length, "--top": `${i * ROW_HEIGHT}px`, onclick: () => {
        this.open(i);
        this.remember();
        this.showDetail(true);
      } },
    el("span", { class: "said", dir: "auto" }, g.request(at) || "(no request)"),
    el("span", { class: "meta" }, badge(g.expected(at)), el("span", { class: "dim" }, where),
      el("span", { class: "cells", "aria-hidden": "true" }, cells),
      el("span", { class: "mean" }, g.isEvaluation(at) ? signed(g.change[at] || 0) : two(g.mean[at]))));
  }

  full(g) {
    const data = this.groups, isEvaluation = data.isEvaluation(g);
    const place = isEvaluation ? `${data.source(g).name}, row ${data.group.row[g]}` : `${data.source(g).name}, step ${data.group.step[g]}, training row ${data.group.row[g]}`;
    const kind = isEvaluation ? "evaluation" : "rollouts";
    return [
      el("div", { class: "top" },
        el("button", { type: "button", class: "plain back", onclick: () => this.showDetail(false) }, "← List"),
        badge(data.expected(g)), el("span", { class: "dim" }, place), el("span", { class: `chip ${data.outcome[g]}` }, OUTCOMES[kind][data.outcome[g]]),
        el("span", { class: "turn" }, el("button", { type: "button", class: "plain", "aria-label": "Previous (k)", onclick: () => this.move(-1) }, "↑"),
          el("span", { class: "dim" }, `${this.at + 1} / ${this.found.length}`),
          el("button", { type: "button", class: "plain", "aria-label": "Next (j)", onclick: () => this.move(1) }, "↓"))),
      el("section", { "aria-label": "Prompt" }, data.messages(g).map(bubble)),
      el("section", { class: "expected", "aria-label": "Expected" }, el("h3", {}, "Expected"), expectation(parsed(data.text(data.group.expected[g])) ?? {})),
      toolsOffered(parsed(data.text(data.group.tools[g])), new Set(data.group.called[g].map((name) => data.strings[name]))),
      el("section", { "aria-label": isEvaluation ? "Policies" : "Candidates" },
        el("h3", {}, isEvaluation ? "What each policy wrote" : many(data.group.n[g], "candidate"),
          isEvaluation ? null : el("span", { class: "dim" }, ` mean reward ${two(data.mean[g])}`)),
        alike(data, g).map((same) => this.candidate(g, same))),
    ];
  }

  candidate(g, same) {
    const data = this.groups, c = same[0], reward = data.candidate.reward[c], advantage = data.candidate.advantage[c];
    const shares = data.candidate.shares[c];
    const reasons = data.reasons(c), text = data.strings[data.candidate.completion[c]];
    return el("div", { class: "candidate", "--r": rewardShade(reward) },
      el("div", { class: "head" },
        el("span", { class: "labels" }, same.map((one) => el("span", { class: "label" }, data.label(one)))),
        same.length > 1 ? el("span", { class: "dim" }, "wrote the same") : null,
        badge(data.did(c)), el("span", { class: "dim" }, many(data.candidate.tokens[c], "token")),
        el("span", { class: "scores" },
          advantage === null ? null : el("span", { class: `advantage ${advantage > 0 ? "up" : advantage < 0 ? "down" : ""}` }, el("span", { class: "dim" }, "advantage "), signed(advantage)),
          el("span", { class: "reward" }, el("span", { class: "dim" }, "reward "), el("b", {}, reward === null ? "none" : reward.toFixed(3))))),
      (data.candidate.is_talk[c] ? talk(parsed(text)) : null)
        ?? el("pre", { class: "completion", dir: "auto", tabindex: "0" }, text === "" ? el("span", { class: "dim" }, "(wrote nothing)") : text),
      el("div", { class: "under" },
        el("dl", { class: "tiers" }, data.tiers.map((tier, i) => shares[i] === null || shares[i] === undefined ? null : el("div", {},
          el("dt", {}, nameOf(tier)), el("dd", {}, el("i", { class: "meter", "--w": `${(shares[i] * 100).toFixed(1)}%`, "--r": rewardShade(shares[i]) }), el("span", {}, two(shares[i])))))),
        el("ul", { class: "reasons" }, reasons.map((reason) => el("li", { dir: "auto" }, reason)))));
  }
}

// Candidates with one text are shown once, with all their names.
function alike(data, g) {
  const byText = new Map();
  for (const c of data.candidates(g)) {
    const key = `${data.candidate.completion[c]} ${data.candidate.reward[c]}`;
    byText.set(key, [...(byText.get(key) ?? []), c]);
  }
  return [...byText.values()];
}

const rewardShade = (reward) => (reward === null || reward === undefined ? "0%" : `${Math.round(reward * 100)}%`);
const badge = (behavior) => el("span", { class: `badge ${behavior}` }, behavior === "nothing" ? "did nothing" : behavior);

// A message; of a conversation's also what a reader wants to see beside it: raw texts, errors, what has changed.
function bubble(message) {
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls.map((call) => call?.function ?? call) : [];
  const changes = Array.isArray(message.changes) ? message.changes : [];
  const words = contentOf(message);
  const role = ["user", "assistant", "tool", "system", "developer"].includes(message.role) ? message.role : "other";
  return [el("div", { class: `bubble ${role}${message.is_error === true ? " error" : ""}` },
    el("span", { class: "role" }, message.role, message.is_error === true ? ": error" : ""),
    words === "" && calls.length ? null : el("div", { class: words === "" ? "dim" : "words", dir: "auto" }, words || "(nothing)"),
    message.raw === undefined ? null : el("pre", { dir: "auto" }, contentOf({ content: message.raw })),
    calls.map((call) => callView({ name: call?.name, arguments: typeof call?.arguments === "string" ? parsed(call.arguments) : call?.arguments }))),
  changes.length ? el("ul", { class: "changes", "aria-label": "What has changed" }, changes.map((change) => el("li", { dir: "auto" }, String(change)))) : null];
}

// A conversation as it was held; null where there is no message to show.
function talk(messages) {
  if (!Array.isArray(messages) || !messages.length) return null;
  const shown = messages.filter((message) => message && typeof message === "object");
  const turns = shown.filter((message) => message.role === "assistant");
  const calls = turns.reduce((sum, turn) => sum + (Array.isArray(turn.tool_calls) ? turn.tool_calls.length : 0), 0);
  const errors = shown.filter((message) => message.is_error === true).length;
  return el("div", { class: "talk", tabindex: "0" }, turns.length < 2 ? null : el("p", { class: "dim small" },
    `${many(turns.length, "turn")}, ${many(calls, "call")}${errors ? `, ${many(errors, "error")}` : ""}`), shown.map(bubble));
}

function expectation(truth) {
  const calls = truth.behavior === "execute" ? parsed(truth.ground_truth) : null;
  const said = Array.isArray(calls) ? calls.map((call) => callView(call)) : el("p", { class: "words", dir: "auto" }, truth.ground_truth || "(any)");
  const missing = Array.isArray(truth.missing) ? truth.missing : [];
  return [el("div", { class: "should" }, badge(truth.behavior), Array.isArray(truth.also) ? truth.also.map((also) => [" or ", badge(also)]) : null,
    missing.length ? [el("span", { class: "dim" }, " asking for "), missing.map((name) => el("code", {}, name))] : null), said,
  truth.alternatives ? el("details", {}, el("summary", {}, "Admissible alternatives"), el("pre", {}, JSON.stringify(truth.alternatives, null, 1))) : null];
}

function callView(call) {
  const given = Object.entries(call?.arguments ?? {});
  return el("div", { class: "call" }, el("code", { class: "callname" }, call?.name), given.length
    ? el("dl", {}, given.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", { dir: "auto" }, JSON.stringify(value)))))
    : el("span", { class: "dim" }, " without arguments"));
}

function toolsOffered(tools, called) {
  if (!Array.isArray(tools) || !tools.length) return null;
  const plain = tools.map((tool) => tool?.function ?? tool ?? {});
  return el("details", { class: "offered" }, el("summary", {}, `${many(plain.length, "tool")} offered: `,
    el("span", { class: "dim" }, plain.map((tool) => tool.name).join(", "))),
  plain.map((tool) => el("div", { class: "tool" }, el("p", {}, el("code", { class: called.has(tool.name) ? "callname" : "" }, tool.name), " ", el("span", { class: "dim" }, tool.description ?? "")),
    parameters(tool.parameters))));
}

function parameters(schema) {
  const properties = schema && typeof schema.properties === "object" && schema.properties ? Object.entries(schema.properties) : [];
  const required = new Set(Array.isArray(schema?.required) ? schema.required : []);
  const rest = (property) => Object.entries(property ?? {}).filter(([key]) => !["type", "description"].includes(key))
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(", ");
  return properties.length === 0 ? null : el("ul", { class: "parameters" }, properties.map(([name, property]) => el("li", {},
    el("code", {}, name), required.has(name) ? el("b", {}, " required") : "", ` ${property?.type ?? ""}`,
    el("span", { class: "dim" }, ` ${[property?.description, rest(property)].filter(Boolean).join("; ")}`))));
}

function toolNames(groups) {
  return [...new Set(groups.group.called.flat())].map((number) => groups.strings[number]).sort();
}

function kindNames(groups) {
  const counts = new Map();
  for (const reasons of groups.candidate.reasons) for (const reason of reasons) {
    const kind = groups.kindOf.get(reason) ?? reason;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 200).map(([number]) => groups.strings[number]);
}
