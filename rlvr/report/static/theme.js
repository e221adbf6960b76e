// Light or dark, as the system has it until the reader chooses.

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (systemIsDark.matches ? "dark" : "light")) === "dark";

function toggleTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  themed();
}

function themed() {
  document.getElementById("theme").textContent = isDark() ? "☀" : "☾";
  redraw();
}
