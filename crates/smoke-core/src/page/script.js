// Makes the page live. Without it, everything is there after a reload.
(() => {
  "use strict";
  // Not the document's own address: one with a password in it is refused to scripts.
  const at = (path) => new URL(path, location.origin + location.pathname);
  const { events, page } = document.body.dataset;
  const announced = document.getElementById("announced");
  const running = new Map(); // test -> run
  let asking = false, again = false;

  const row = (test) => document.querySelector(`.tests [data-test="${CSS.escape(test)}"]`);

  // Marks what runs now in the list of the tests and says it above.
  function mark() {
    for (const item of document.querySelectorAll(".running-now")) {
      if (!running.has(item.dataset.test)) item.classList.remove("running-now");
    }
    for (const test of running.keys()) {
      const item = row(test);
      if (item) {
        item.classList.add("running-now");
        item.querySelector(".state").textContent = "running";
      }
    }
  }

  function shown(run, text) {
    const now = document.getElementById("now"), list = now.querySelector(".running");
    let item = list.querySelector(`[data-run="${CSS.escape(run)}"]`);
    if (!item && text) {
      item = document.createElement("li");
      item.dataset.run = run;
      list.append(item);
    }
    if (item && text) item.textContent = text;
    if (item && !text) item.remove();
    now.hidden = list.children.length === 0;
  }

  // What of the page was opened, closed and focused stays so.
  function replace(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const closed = new Set();
    for (const details of document.querySelectorAll("details:not([open])")) {
      closed.add(details.closest("[data-test]").dataset.test);
    }
    for (const details of fresh.querySelectorAll("details")) {
      if (closed.has(details.closest("[data-test]").dataset.test)) details.removeAttribute("open");
    }
    const main = document.querySelector("main");
    const focusable = "a, button, summary, pre";
    const focused = [...main.querySelectorAll(focusable)].indexOf(document.activeElement);
    main.replaceChildren(...fresh.querySelector("main").childNodes);
    if (focused >= 0) main.querySelectorAll(focusable)[focused]?.focus({ preventScroll: true });
    document.title = fresh.title;
    mark();
  }

  // One question at a time; whatever happens meanwhile is asked for afterwards, once.
  async function refresh() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(at(page + location.search), { credentials: "same-origin" });
      if (answer.ok) replace(await answer.text());
    } catch { /* The service is gone; the stream says when it is back. */ }
    asking = false;
    if (again) { again = false; refresh(); }
  }

  // A run that this page asked for. The answer is the page as it is then.
  document.addEventListener("submit", async (event) => {
    if (event.target.method !== "post") return;
    event.preventDefault();
    const buttons = () => document.querySelectorAll("form button");
    for (const button of buttons()) button.disabled = true;
    announced.textContent = "Asked for a run.";
    try {
      const answer = await fetch(at(event.target.getAttribute("action")), { method: "POST", credentials: "same-origin" });
      const html = await answer.text();
      if ((answer.headers.get("content-type") || "").startsWith("text/html")) replace(html);
      else announced.textContent = html.split("\n").slice(0, 6).join(" ");
    } catch {
      announced.textContent = "The service did not answer.";
    }
    for (const button of buttons()) button.disabled = false;
  });

  if (!events) return;
  const stream = new EventSource(at(events));
  const on = (name, heard) => stream.addEventListener(name, (event) => heard(JSON.parse(event.data)));
  let opened = false;
  stream.onopen = () => {
    document.body.dataset.live = "";
    if (opened) { running.clear(); refresh(); }
    opened = true;
  };
  stream.onerror = () => { delete document.body.dataset.live; };
  on("run_started", ({ run, selection, tests }) => {
    shown(run, `${selection}: ${tests} tests`);
    announced.textContent = "A run began.";
  });
  on("test_started", ({ run, test }) => { running.set(test, run); mark(); });
  on("test_finished", ({ tests }) => {
    for (const [test, { outcome }] of Object.entries(tests)) {
      running.delete(test);
      const item = row(test);
      if (item) {
        item.className = outcome;
        item.querySelector(".state").textContent = outcome;
      }
    }
  });
  on("run_finished", ({ run, status }) => {
    for (const [test, of] of running) if (of === run) running.delete(test);
    shown(run, null);
    announced.textContent = `A run ended: ${status.toLowerCase()}.`;
    refresh();
  });
  on("missed", refresh);
})();
