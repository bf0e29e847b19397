"use strict";
// Filters by the options that each picture has, and copies look codes. Without it the page still shows both.
const items = [...document.querySelectorAll("li")];
const count = document.getElementById("count");
const told = document.getElementById("told");
const TOLD_MS = 4000; // then it is gone, for it lies over the cards below
let fading = 0;
const form = document.querySelector("form");
const selects = [...document.querySelectorAll("select")];
const values = items.map((item) => JSON.parse(item.dataset.controls));

function filter() {
  const wanted = selects.filter((select) => select.value).map((select) => [select.name, select.value]);
  let shown = 0;
  items.forEach((item, k) => {
    item.hidden = !wanted.every(([name, value]) => values[k][name] === value);
    shown += item.hidden ? 0 : 1;
  });
  count.textContent = `${shown} of ${items.length} pictures on this page`;
}

function tell(text) {
  told.textContent = text;
  clearTimeout(fading);
  fading = setTimeout(() => (told.textContent = ""), TOLD_MS);
}

async function copy(code) {
  try {
    await navigator.clipboard.writeText(code);
    return true;
  } catch {
    // pages that are files may not use the clipboard in some browsers
    const area = document.createElement("textarea");
    area.value = code;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

document.querySelector("ul").addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const done = await copy(button.dataset.code);
  button.focus();
  document.querySelectorAll("[data-copied]").forEach((other) => delete other.dataset.copied);
  if (done) button.dataset.copied = "";
  else getSelection().selectAllChildren(button.querySelector("code"));
  tell(done ? `Copied ${button.dataset.code}` : "Not copied by this browser: the code is selected");
});
if (form) {
  form.hidden = selects.length === 0;
  form.addEventListener("change", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
}
filter();
