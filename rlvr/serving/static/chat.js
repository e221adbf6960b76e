"use strict";
// A conversation with the policy. Everything that it writes is shown as text, never as HTML.

const MOST_TURNS = 12;  // of the policy without a word of the user's
const byId = (id) => document.getElementById(id);
let messages = null;  // null before a conversation has begun
let conversation = 0;  // answers of an earlier one are dropped

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function show(who, ...parts) {
  const turn = element("section", undefined, `turn ${who}`);
  turn.append(element("b", who), ...parts);
  byId("turns").append(turn);
  turn.scrollIntoView({block: "end"});
  return turn;
}

function setBusy(isBusy) {
  for (const control of byId("ask").elements) control.disabled = isBusy;
  document.body.dataset.busy = isBusy ? "yes" : "no";
}

async function post(body) {
  const response = await fetch("turn", {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function partsOf(turn) {
  const parts = [];
  for (const call of turn.calls) {
    parts.push(element("pre", `${call.name}(${JSON.stringify(call.arguments, null, 2)})`, "call"));
    if (call.objection === null) parts.push(element("p", "✓ as its schema asks", "ok verdict"));
    else parts.push(element("p", `✗ ${call.objection}`, "bad verdict"));
  }
  for (const problem of turn.problems) parts.push(element("p", `✗ malformed call: ${problem}`, "bad problem"));
  if (turn.text) parts.push(element("p", turn.text, "text"));
  if (!parts.length) parts.push(element("p", "✗ an empty answer", "bad problem"));
  if (turn.is_truncated) parts.push(element("p", "cut: max_new_tokens=N allows more", "bad"));
  if (turn.written !== null) {
    const raw = element("details");
    raw.append(element("summary", "as written"), element("pre", turn.written, "written"));
    parts.push(raw);
  }
  return parts;
}

// Let the policy go on until it calls nothing more, or a person has to answer its calls.
async function takeTurns(body) {
  const own = conversation;
  setBusy(true);
  try {
    for (let n = 0; n < MOST_TURNS; n++) {
      const turn = await post(body);
      if (own !== conversation) return;
      messages = turn.messages;
      show("policy", ...partsOf(turn));
      if (!turn.calls.length) break;
      if (turn.results === null) {
        askForResults(turn);
        return;
      }
      turn.results.forEach(([content, isError], place) => {
        show("tool", element("p", turn.calls[place].name), element("pre", content, isError ? "result bad" : "result"));
      });
      body = {messages};
    }
    setBusy(false);
    byId("request").focus();
  } catch (error) {
    if (own !== conversation) return;
    show("policy", element("p", `✗ ${error.message}`, "bad problem"));
    setBusy(false);
  }
}

// Without an environment the person says what each tool answers.
function askForResults(turn) {
  const form = element("form", undefined, "results");
  turn.calls.forEach((call, place) => {
    const label = element("label", `What ${call.name} answers`);
    const input = element("input");
    input.name = `result${place}`;
    label.append(input);
    form.append(label);
  });
  form.append(element("button", "Answer"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const answered = turn.message.tool_calls.map((call, place) => ({
      role: "tool",
      tool_call_id: call.id,
      content: form.elements[`result${place}`].value,
    }));
    for (const control of form.elements) control.disabled = true;
    takeTurns({messages: [...messages, ...answered]});
  });
  show("tool", form);
  form.elements[0].focus();
  document.body.dataset.busy = "answers";
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const request = byId("request").value.trim();
  if (!request) return;
  byId("request").value = "";
  show("user", element("p", request));
  takeTurns(messages === null ? {request} : {messages: [...messages, {role: "user", content: request}]});
});

byId("request").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    byId("ask").requestSubmit();
  }
});

byId("new").addEventListener("click", () => {
  conversation += 1;
  messages = null;
  byId("turns").replaceChildren();
  setBusy(false);
  byId("request").focus();
});

fetch("about").then((response) => response.json()).then((about) => {
  byId("name").textContent = about.name;
  const by = about.has_environment ? ", answered by the environment" : "";
  document.querySelector("#offered summary").textContent = `${about.tools.length} tools${by}`;
  for (const tool of about.tools) {
    const entry = element("li", tool.name);
    entry.append(element("p", tool.description || ""), element("pre", JSON.stringify(tool.parameters, null, 2)));
    document.querySelector("#offered ul").append(entry);
  }
  setBusy(false);
  document.body.dataset.ready = "yes";
});
