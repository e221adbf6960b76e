// Opening the page: the overview at once, the groups behind it; views, theme and keys.

const VIEWS = ["overview", "training", "groups"];
const KEYS = [["j  ↓", "next group"], ["k  ↑", "previous group"], ["/", "search"], ["Esc", "leave the search, or go back to the list"],
  ["1 2 3", "overview, training, groups"], ["t", "light or dark"], ["?", "this list"]];
let viewer = null;

function route() {
  const [name, query] = location.hash.slice(1).split("?");
  const view = VIEWS.includes(name) ? name : "overview";
  for (const other of VIEWS) document.getElementById(other).hidden = other !== view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.dataset.view = view;
  if (view === "training") drawVisible();
  if (view === "groups" && viewer) {
    viewer.place.classList.remove("reading");
    viewer.show(new URLSearchParams(query ?? ""));
  } else window.scrollTo(0, 0);
}

function help() {
  const dialog = document.getElementById("help");
  if (dialog.open) {
    dialog.close();
    return;
  }
  dialog.replaceChildren(el("h2", { id: "help-title" }, "Keyboard"),
    el("dl", {}, KEYS.map(([key, what]) => el("div", {}, el("dt", {}, key.split(/\s+/).map((one) => el("kbd", {}, one))), el("dd", {}, what)))),
    el("button", { type: "button", onclick: () => dialog.close() }, "Close"));
  dialog.showModal();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isGroups = document.body.dataset.view === "groups" && viewer;
  if (event.key === "Escape" && isGroups && !document.getElementById("help").open) {
    viewer.showDetail(false);
    return;
  }
  if (document.getElementById("help").open && event.key !== "?") return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  const actions = {
    j: () => isGroups && viewer.move(1), ArrowDown: () => isGroups && viewer.move(1),
    k: () => isGroups && viewer.move(-1), ArrowUp: () => isGroups && viewer.move(-1),
    "/": () => {
      if (!isGroups) location.hash = "#groups";
      requestAnimationFrame(() => viewer?.search.focus());
    },
    "?": help, t: toggleTheme,
    1: () => { location.hash = "#overview"; }, 2: () => { location.hash = "#training"; }, 3: () => { location.hash = "#groups"; },
  };
  const action = actions[event.key];
  if (!action || action() === false) return;
  event.preventDefault();
}

async function open() {
  document.getElementById("theme").addEventListener("click", toggleTheme);
  document.getElementById("ask").addEventListener("click", help);
  document.getElementById("skip").addEventListener("click", () => document.getElementById(document.body.dataset.view).focus());
  systemIsDark.addEventListener("change", themed);
  document.addEventListener("keydown", onKey);
  window.addEventListener("hashchange", route);
  themed();
  const overview = JSON.parse(await unpack("data-overview"));
  showOverview(document.getElementById("overview"), overview);
  showTraining(document.getElementById("training"), overview);
  document.getElementById("loading").remove();
  route();
  performance.mark("first");
  const groups = new Groups(JSON.parse(await unpack("data-groups")));
  const place = document.getElementById("groups");
  if (groups.n) viewer = new Viewer(place, groups);
  else place.append(el("h1", {}, "Groups"), el("p", { class: "note" }, "This run has no rollouts and no evaluation yet."));
  if (document.body.dataset.view === "groups") route();
  performance.mark("ready");
  document.body.dataset.ready = "yes";
  window.report = { overview, groups };
}

open().catch((error) => {
  const place = document.getElementById("loading") ?? document.getElementById("live");
  place.textContent = `The report cannot be opened in this browser: ${error.message}. It needs one from 2023 or later.`;
  throw error;
});
