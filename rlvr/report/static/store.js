// Reading what the page carries, and building what it shows. A text of the run only ever becomes a text node.

async function unpack(id) {
  const holder = document.getElementById(id);
  const encoded = holder.textContent.trim();
  const bytes = Uint8Array.fromBase64 ? Uint8Array.fromBase64(encoded) : decoded(encoded);
  holder.remove();
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

function decoded(encoded) {
  const binary = atob(encoded);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

// el("a", {class: "x", href: "#y"}, "text", otherElement): children that are not nodes become text.
function el(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) node.style.setProperty(name, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

// A name that may break behind its underscores.
const breakable = (name) => name.split(/(?<=_)/).flatMap((part, index) => (index ? [el("wbr"), part] : [part]));

const two = (value) => (value === null || value === undefined ? "–" : value.toFixed(2));
const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "±") + Math.abs(value).toFixed(2);
const percent = (value) => (value === null || value === undefined ? "–" : `${Math.round(value * 100)}%`);
const many = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
const linkTo = (view, query) => {
  const given = Object.entries(query || {}).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return `#${view}${given.length ? "?" + new URLSearchParams(given) : ""}`;
};

const NAMES = {
  behavior: "behavior", tool_name: "tool name", arguments: "arguments", schema: "schema", wire_format: "wire format", valid_calls: "valid calls",
};
const nameOf = (id) => NAMES[id] || id;

const TOLERANCE = 1e-6;

// The columns of rlvr.report.groups, with what filters and lists ask for again and again worked out once.
class Groups {
  constructor(data) {
    Object.assign(this, data);
    const n = this.group.source.length;
    this.n = n;
    this.first = new Int32Array(n + 1);
    this.mean = new Float64Array(n);
    this.spread = new Float64Array(n);
    this.outcome = new Array(n);
    this.change = new Float64Array(n);
    this.kindOf = new Map(this.kinds);
    this.cache = new Map();
    for (let g = 0; g < n; g++) {
      this.first[g + 1] = this.first[g] + this.group.n[g];
      this.measure(g);
    }
  }

  measure(g) {
    const rewards = this.candidate.reward.slice(this.first[g], this.first[g + 1]);
    const scored = rewards.filter((reward) => reward !== null);
    const low = Math.min(...scored), high = Math.max(...scored);
    this.mean[g] = scored.length ? scored.reduce((a, b) => a + b, 0) / scored.length : NaN;
    this.spread[g] = scored.length ? high - low : 0;
    if (this.isEvaluation(g)) {
      const [before, after] = [rewards[0], rewards[rewards.length - 1]];
      this.change[g] = after - before;
      this.outcome[g] = this.change[g] > TOLERANCE ? "improved" : this.change[g] < -TOLERANCE ? "worse"
        : after > 1 - TOLERANCE ? "still_right" : "still_wrong";
    } else if (!scored.length) this.outcome[g] = "unscored";
    else this.outcome[g] = high - low >= TOLERANCE ? "teaches" : high > 1 - TOLERANCE ? "all_right" : "all_alike";
  }

  source(g) { return this.sources[this.group.source[g]]; }
  isEvaluation(g) { return this.source(g).kind === "evaluation"; }
  expected(g) { return this.behaviors[this.group.behavior[g]]; }
  did(c) { return this.behaviors[this.candidate.did[c]]; }
  label(c) { return this.labels[this.candidate.label[c]]; }
  text(number) { return number === null || number === undefined ? null : this.strings[number]; }
  reasons(c) { return this.candidate.reasons[c].map((number) => this.strings[number]); }
  reasonKinds(c) { return this.candidate.reasons[c].map((number) => this.strings[this.kindOf.get(number) ?? number]); }
  candidates(g) {
    return Array.from({ length: this.group.n[g] }, (_, i) => this.first[g] + i);
  }

  messages(g) {
    const read = parsed(this.text(this.group.messages[g]) ?? "null");
    if (Array.isArray(read)) return read.filter((message) => message && typeof message === "object");
    return [{ role: "prompt", content: this.text(this.group.prompt[g]) ?? "" }];
  }

  // The request in one line: what the user said last.
  request(g) {
    if (!this.cache.has(g)) {
      const messages = this.messages(g);
      const last = messages.findLast((message) => message.role === "user") ?? messages[messages.length - 1];
      const content = contentOf(last);
      this.cache.set(g, last && last.role === "prompt" ? content.slice(-160) : content.slice(0, 200));
    }
    return this.cache.get(g);
  }

  // What a search reads: the conversation, what was expected, every completion and reason.
  haystack(g) {
    this.hay ??= new Array(this.n);
    if (this.hay[g] === undefined) {
      const own = [this.text(this.group.messages[g]) ?? this.text(this.group.prompt[g]) ?? "", this.text(this.group.expected[g])];
      for (const c of this.candidates(g)) own.push(this.strings[this.candidate.completion[c]], ...this.reasons(c));
      this.hay[g] = [...new Set(own)].join("\n").toLowerCase();
    }
    return this.hay[g];
  }
}

function contentOf(message) {
  if (!message) return "";
  if (typeof message.content === "string") return message.content;
  return message.content === null || message.content === undefined ? "" : JSON.stringify(message.content);
}
