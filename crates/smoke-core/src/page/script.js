// Makes the page live. Without it, everything is there after a reload.
(() => {
  "use strict";
  // Not the document's own address: one with a password in it is refused to scripts.
  const at = (path) => new URL(path, location.origin + location.pathname);
  const { events, page } = document.body.dataset;
  const announced = document.getElementById("announced"), problem = document.getElementById("problem");
  const running = new Map(); // test -> run
  let asking = false, again = false, posting = false;

  const row = (test) => document.querySelector(`.tests [data-test="${CSS.escape(test)}"]`);
  // One that is disabled would lose the focus.
  const busy = () => {
    for (const button of document.querySelectorAll("form button")) button.ariaDisabled = posting ? "true" : null;
  };

  // What is shown may be old once nobody answers: it looks so, and says since when.
  function stale(why) {
    if ("stale" in document.body.dataset) return;
    document.body.dataset.stale = "";
    told(`Not live since ${new Date().toLocaleTimeString()}: ${why}`);
  }
  function fresh() {
    if (!("stale" in document.body.dataset)) return;
    delete document.body.dataset.stale;
    told("");
  }
  function told(text) {
    problem.textContent = text;
    problem.hidden = !text;
  }

  // Marks what runs now in the list of the tests.
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

  // What an element is, wherever it stands on a newer page.
  const named = (element) => element.localName + ["data-test", "action", "aria-labelledby", "href"]
    .filter((name) => element.hasAttribute(name))
    .map((name) => `[${name}="${CSS.escape(element.getAttribute(name))}"]`).join("");

  // What of the page was opened, closed and focused stays so. Where the element is gone that was focused, what it stood in
  // keeps its place.
  function replace(html) {
    const newer = new DOMParser().parseFromString(html, "text/html");
    const test = (details) => details.closest("[data-test]").dataset.test;
    const open = new Map([...document.querySelectorAll("details")].map((details) => [test(details), details.open]));
    for (const details of newer.querySelectorAll("details")) details.open = open.get(test(details)) ?? details.open;
    const main = document.querySelector("main");
    const focused = main.contains(document.activeElement) ? document.activeElement : null;
    const around = focused?.closest("[data-test], form, section");
    const [place, own] = [around, focused].map((element) => element ? named(element) : "");
    main.replaceChildren(...newer.querySelector("main").childNodes);
    busy();
    if (focused) focus(main.querySelector(`${place} ${own}`) ?? (place && main.querySelector(place)));
    document.title = newer.title;
    mark();
  }

  function focus(element) {
    if (!element) return;
    if (element.tabIndex < 0) element.tabIndex = -1;
    element.focus({ preventScroll: true });
  }

  // One question at a time; whatever happens meanwhile is asked for afterwards, once.
  async function refresh() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(at(page + location.search), { credentials: "same-origin" });
      if (!answer.ok) throw new Error(`the page is answered with ${answer.status}`);
      replace(await answer.text());
      fresh();
    } catch (error) {
      stale(error.message);
    }
    asking = false;
    if (again) { again = false; refresh(); }
  }

  // A run that this page asked for. The answer is the page as it is then.
  document.addEventListener("submit", async (event) => {
    if (event.target.method !== "post") return;
    event.preventDefault();
    if (posting) return;
    posting = true;
    busy();
    announced.textContent = "Asked for a run.";
    let html = null;
    try {
      const action = at(event.target.getAttribute("action"));
      const answer = await fetch(action, { method: "POST", credentials: "same-origin" });
      const text = await answer.text();
      if ((answer.headers.get("content-type") || "").startsWith("text/html")) html = text;
      else told(text.split("\n").slice(0, 6).join(" "));
    } catch {
      told("The service did not answer.");
    }
    posting = false;
    busy();
    // The server says which buttons there are.
    if (html) { told(""); replace(html); } else refresh();
  });

  if (!events) return;
  // Also what no event tells: a scheduler that has died, a service that is gone.
  setInterval(refresh, 30000);

  let wasOpen = false;
  function follow() {
    const stream = new EventSource(at(events));
    const on = (name, heard) => stream.addEventListener(name, (event) => heard(JSON.parse(event.data)));
    const later = () => {
      stream.close();
      setTimeout(follow, 10000);
    };
    stream.onopen = () => {
      document.body.dataset.live = "";
      if (wasOpen) { running.clear(); refresh(); }
      wasOpen = true;
    };
    stream.onerror = () => {
      delete document.body.dataset.live;
      // A browser asks again by itself, but not after an answer that is no stream.
      if (stream.readyState === EventSource.CLOSED) later();
      refresh();
    };
    // It is worth asking again at once where only the time was over.
    on("closed", ({ reason }) => { if (reason !== "time") { delete document.body.dataset.live; later(); } });
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
    on("missed", () => { running.clear(); refresh(); });
  }
  follow();
})();
