"use strict";
(() => {
  const main = document.querySelector("main");
  const $ = (id) => document.getElementById(id);
  const view = { node: null, chunk: null, sort: {}, filter: "" };
  let data = { chunks: [], nodes: [] };

  const time = (us) => us < 1e3 ? us + " µs" : us < 1e6 ? (us / 1e3).toPrecision(3) + " ms" : us < 6e7 ? (us / 1e6).toPrecision(3) + " s"
    : Math.floor(us / 6e7) + " min " + String(Math.floor(us / 1e6) % 60).padStart(2, "0") + " s";
  const count = (n) => n.toLocaleString("en-US");
  const element = (name, text) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };

  // Buttons exist only where a script can answer them.
  function equip() {
    data = JSON.parse($("data").textContent);
    for (const table of main.querySelectorAll("table.sortable")) {
      table.querySelectorAll("thead th").forEach((head, column) => {
        if (head.querySelector("button")) return;
        const button = element("button", head.textContent);
        button.type = "button";
        button.addEventListener("click", () => {
          const old = view.sort[table.id];
          const first = head.classList.contains("n") ? -1 : 1;
          view.sort[table.id] = { column, way: old && old.column === column ? -old.way : first };
          sort(table);
        });
        head.replaceChildren(button);
      });
    }
    const filter = $("filter");
    filter.parentElement.hidden = false;
    filter.value = view.filter;
    restore();
  }

  // What was chosen holds after a redraw.
  function restore() {
    for (const node of main.querySelectorAll(".graph [data-node]")) {
      node.setAttribute("tabindex", "0");
      node.setAttribute("role", "button");
    }
    const chunks = $("chunks");
    if (chunks) chunks.setAttribute("tabindex", "0");
    for (const id of Object.keys(view.sort)) sort($(id));
    filterFailures();
    choose(view.node);
    show(view.chunk);
  }

  function sort(table) {
    const { column, way } = view.sort[table.id];
    const key = (row) => {
      const cell = row.children[column];
      return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
    };
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [key(row), row]);
    rows.sort(([a], [b]) => way * (typeof a === "number" ? a - b : a.localeCompare(b)));
    body.append(...rows.map(([, row]) => row));
    table.querySelectorAll("thead th").forEach((head, at) => {
      if (at === column) head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
  }

  function filterFailures() {
    const words = view.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...$("failures").tBodies[0].rows];
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    }
    $("filtered").textContent = words.length ? count(shown) + " of " + count(rows.length) : "";
  }

  function choose(name) {
    const node = data.nodes.find((node) => node.name === name);
    view.node = node ? name : null;
    for (const item of main.querySelectorAll("[data-node]")) {
      item.classList.toggle("on", item.dataset.node === view.node);
      if (item.namespaceURI.endsWith("svg")) item.setAttribute("aria-pressed", item.dataset.node === view.node);
    }
    for (const edge of main.querySelectorAll(".edge")) {
      edge.classList.toggle("on", edge.dataset.from === view.node || edge.dataset.to === view.node);
    }
    const detail = $("detail");
    detail.hidden = !node;
    if (!node) return;
    const facts = [...node.facts];
    for (const [label, names] of [["Reads", node.after.concat(node.inputs)], ["Gives", node.outputs]]) {
      if (names.length) facts.push([label, names.join(", ")]);
    }
    const list = document.createElement("dl");
    for (const [label, value] of facts) list.append(element("dt", label), element("dd", value));
    detail.replaceChildren(element("h3", node.name), list);
  }

  function show(at) {
    const chunk = data.chunks[at];
    view.chunk = chunk ? at : null;
    for (const rect of main.querySelectorAll(".chunks .on")) rect.classList.remove("on");
    if (!chunk) return;
    const rect = main.querySelector(`.chunks [data-i="${at}"]`);
    if (rect) rect.classList.add("on");
    const [worker, start, took, busy, item, rows, failed, chunks] = chunk;
    $("chunk").textContent = (chunks > 1 ? count(chunks) + " chunks" : "Chunk") + " on " + (worker === 0 ? "the caller" : worker === 4294967295 ? "another worker" : "worker " + worker)
      + ": " + count(rows) + (rows === 1 ? " item" : " items") + " from item " + count(item) + ", from " + time(start) + " to " + time(start + took)
      + " (" + time(busy) + " of work)" + (failed ? ", " + count(failed) + " failed" : "");
  }

  main.addEventListener("click", (event) => {
    const node = event.target.closest("[data-node]");
    if (node) choose(view.node === node.dataset.node ? null : node.dataset.node);
    const chunk = event.target.closest(".chunks [data-i]");
    if (chunk) show(Number(chunk.dataset.i));
  });
  main.addEventListener("pointerover", (event) => {
    const chunk = event.target.closest(".chunks [data-i]");
    if (chunk) show(Number(chunk.dataset.i));
  });
  main.addEventListener("keydown", (event) => {
    const node = event.target.closest(".graph [data-node]");
    if (node && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      choose(view.node === node.dataset.node ? null : node.dataset.node);
    }
    if (event.target.id === "chunks" && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      event.preventDefault();
      const step = event.key === "ArrowRight" ? 1 : -1;
      show(view.chunk === null ? 0 : Math.min(data.chunks.length - 1, Math.max(0, view.chunk + step)));
    }
  });
  main.addEventListener("input", (event) => {
    if (event.target.id !== "filter") return;
    view.filter = event.target.value;
    filterFailures();
  });

  if ($("data")) equip();
  if (!("live" in document.body.dataset)) return;

  // The live page: what has changed is drawn again, where it stands.
  const picker = $("run");
  const last = new Map();
  let heard = "";

  function draw(html) {
    const next = document.createElement("template");
    next.innerHTML = html;
    const parts = [...next.content.querySelectorAll("[data-part]")];
    if (!$("data")) {
      for (const part of parts) last.set(part.dataset.part, part.innerHTML);
      main.replaceChildren(next.content);
      equip();
      return;
    }
    for (const part of parts) {
      const name = part.dataset.part;
      if (last.get(name) === part.innerHTML) continue;
      last.set(name, part.innerHTML);
      main.querySelector(`[data-part="${name}"]`).replaceChildren(...part.childNodes);
    }
    data = JSON.parse($("data").textContent);
    restore();
  }

  async function ask(path) {
    const answer = await fetch(path, { cache: "no-store" });
    if (!answer.ok) throw new Error(path + " answered " + answer.status);
    return answer;
  }

  function list(runs) {
    const known = new Set([...picker.options].map((option) => option.value));
    for (const run of [...runs].reverse()) {
      const text = run.pipeline + " – " + run.state + " (" + run.id.slice(-6) + ")";
      if (known.delete(run.id)) {
        const option = [...picker.options].find((option) => option.value === run.id);
        if (option.textContent !== text) option.textContent = text;
      } else {
        const option = element("option", text);
        option.value = run.id;
        picker.insertBefore(option, picker.options[1] || null);
      }
    }
    known.delete("");
    for (const option of [...picker.options]) if (known.has(option.value)) option.remove();
  }

  async function tick() {
    try {
      const runs = await (await ask("/api/runs")).json();
      list(runs);
      const run = runs.find((run) => run.id === picker.value) || runs[runs.length - 1];
      if (run && heard !== run.id + "/" + run.heard + "/" + run.dropped_events) {
        draw(await (await ask("/api/runs/" + run.id + "/page")).text());
        heard = run.id + "/" + run.heard + "/" + run.dropped_events;
      }
      $("state").textContent = "live";
      $("state").className = "";
    } catch (error) {
      $("state").textContent = "no answer: the process may have ended";
      $("state").className = "lost";
    }
    setTimeout(tick, 1000);
  }
  picker.addEventListener("change", () => { view.node = view.chunk = null; heard = ""; });
  tick();
})();
