// What the page does more where there is JavaScript: answers without a new page, basket, copies.
"use strict";
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const BASKET = "topmast-basket";

const basket = () => { try { return JSON.parse(localStorage.getItem(BASKET)) || []; } catch { return []; } };
const keep = (ids) => { localStorage.setItem(BASKET, JSON.stringify([...new Set(ids)].slice(0, 200))); showBasket(); };
function showBasket() {
  const ids = basket();
  one("#basket-count").textContent = ids.length ? `(${ids.length})` : "";
  one("#basket-link").href = "/basket" + (ids.length ? "?" + ids.map((id) => "obsid=" + encodeURIComponent(id)).join("&") : "");
}

// ------------------------------------------------------------------ answers without a new page
let latest = 0;
async function go(address, push = true) {
  const turn = ++latest, main = one("#main");
  main.classList.add("loading");
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== latest) return;
    const focus = document.activeElement && document.activeElement.id, open = all("aside details[open]").length;
    main.replaceChildren(...one("#main", page).childNodes);
    document.title = page.title;
    if (push) history.pushState(null, "", address);
    if (open) all("aside details").forEach((each) => { each.open = true; });
    if (focus && document.getElementById(focus)) document.getElementById(focus).focus();
    ready();
  } catch { location.href = address; } finally { main.classList.remove("loading"); }
}
function addressOf(form) {
  const data = new FormData(form), words = new URLSearchParams();
  for (const [name, value] of data) if (value !== "" && name !== "obsid") words.append(name, value);
  return "/?" + words;
}

document.addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  if (form.id === "search" && !(button && button.hasAttribute("formaction"))) { event.preventDefault(); go(addressOf(form)); }
  if (form.id === "search" && button && button.id === "to-basket") {
    event.preventDefault();
    keep([...basket(), ...all("#rows input:checked").map((each) => each.value)]);
  }
  if (form.id === "stretch") {
    event.preventDefault();
    one("#image").src = "/preview?" + new URLSearchParams(new FormData(form));
  }
  if (form.id === "login") { event.preventDefault(); logIn(form); }
});
document.addEventListener("change", (event) => {
  if (event.target.closest("aside")) go(addressOf(one("#search")));
  if (event.target.closest("#stretch")) one("#stretch").requestSubmit();
});
document.addEventListener("click", async (event) => {
  const target = event.target.closest("a, button");
  if (!target) return;
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (target.matches("#rows th a, .pages a") && plain) { event.preventDefault(); go(target.getAttribute("href")); }
  if (target.matches(".copy")) {
    await navigator.clipboard.writeText(target.closest("h2").nextElementSibling.textContent);
    target.textContent = "Copied";
  }
  if (target.id === "add") { keep([...basket(), target.dataset.obsid]); target.textContent = "It is in the basket"; }
  if (target.id === "empty-basket") { keep([]); location.href = "/basket"; }
  if (target.id === "logout") { await fetch("/api/v0/logout", { method: "POST" }); location.reload(); }
  if (target.id === "holdings") showHoldings();
});
addEventListener("popstate", () => { if (one("#search")) go(location.pathname + location.search, false); else location.reload(); });
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select");
  if (event.key === "/" && !writing && one("#q")) { event.preventDefault(); one("#q").focus(); }
});

async function showHoldings() {
  const answer = await (await fetch("/holdings.json" + location.search)).json();
  const text = one("#holdings-text");
  if (!answer.missions) { text.textContent = answer.msg || "That cannot be told."; return; }
  text.textContent = Object.entries(answer.missions).map(([name, n]) =>
    `${name}: ${(n.current || 0).toLocaleString()} of ${n.products.toLocaleString()} files, whole and current`).join("; ") || "no files";
}
async function logIn(form) {
  const given = Object.fromEntries(new FormData(form));
  const answer = await fetch("/api/v0/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(given) });
  if (answer.ok) { location.href = "/"; return; }
  one("#login-problem").textContent = ((await answer.json().catch(() => ({}))).msg) || "That did not work.";
}

// ------------------------------------------------------------------------- rows and target lists
function ready() {
  const rows = one("#rows tbody");
  if (rows) {
    const light = (event) => document.dispatchEvent(new CustomEvent("light", { detail: { id: event.target.closest("tr")?.dataset.id, from: "rows" } }));
    rows.addEventListener("mouseover", light);
    rows.addEventListener("focusin", light);
  }
  const list = one("#targets");
  if (list) {
    list.addEventListener("dragover", (event) => { event.preventDefault(); list.classList.add("over"); });
    list.addEventListener("dragleave", () => list.classList.remove("over"));
    list.addEventListener("drop", async (event) => {
      list.classList.remove("over");
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      list.value = (await event.dataTransfer.files[0].text()).slice(0, 20000);
      one("#search").requestSubmit();
    });
  }
  all("img.thumb").forEach((each) => each.addEventListener("error", () => each.remove()));
  document.dispatchEvent(new Event("page-ready"));
}
document.addEventListener("light", (event) => {
  all("#rows tr.lit").forEach((row) => row.classList.remove("lit"));
  const row = event.detail.id && one(`#rows tr[data-id="${CSS.escape(event.detail.id)}"]`);
  if (row) { row.classList.add("lit"); if (event.detail.from === "sky") row.scrollIntoView({ block: "nearest" }); }
});
if (location.pathname === "/basket" && !location.search && basket().length) { showBasket(); location.replace(one("#basket-link").href); }
showBasket();
ready();
