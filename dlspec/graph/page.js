"use strict";

// Places the picture, and places it anew when something is folded or unfolded. The rules are those
// of placed.py.

const measures = JSON.parse(document.getElementById("measures").textContent);
const told = JSON.parse(document.getElementById("told").textContent);
const { ROW_GAP, COLUMN_GAP, PAD, SLOT, SMALL, TOP, VIA } = measures;
const MARGIN = 16;
const SVG = "http://www.w3.org/2000/svg";

const picture = document.getElementById("picture");
const root = document.querySelector("#tree > .node");
const scroller = document.querySelector("main");
const plans = new Map();

const number = (at) => String(Math.round(at * 10) / 10);
const inside = (node) => node.querySelector(":scope > .inside");
const isOpen = (node) => node.classList.contains("is-open");
const parts = (group) => group.querySelectorAll(":scope > .node, :scope > .end");

function plan(group) {
  if (!plans.has(group)) plans.set(group, JSON.parse(group.dataset.plan));
  return plans.get(group);
}

// --- places ------------------------------------------------------------------------------------

/** A node with everything that is unfolded in it; what is within is moved to its place. */
function placed(node) {
  const width = Number(node.dataset.w), height = Number(node.dataset.h);
  if (!isOpen(node)) return { node, width, height, anchor: width / 2, open: false };
  const group = inside(node);
  const within = arranged(group);
  const box = { node, open: true };
  box.width = Math.max(within.width + 2 * PAD, Number(group.dataset.head));
  box.height = within.height + TOP + PAD;
  const left = (box.width - within.width) / 2;
  for (const one of within.boxes.values()) {
    one.x += left;
    one.y += TOP;
    one.node.setAttribute("transform", `translate(${number(one.x)} ${number(one.y)})`);
  }
  const ends = (kind) => [...within.boxes.values()].filter((b) => b.node.dataset.end === kind)
    .map((b) => b.x + b.anchor);
  box.ins = ends("input");
  box.outs = ends("output");
  box.anchor = [...box.ins, ...box.outs, box.width / 2][0];
  const frame = group.querySelector(":scope > rect");
  frame.setAttribute("width", number(box.width));
  frame.setAttribute("height", number(box.height));
  group.querySelector(":scope > .head > rect").setAttribute("width", number(box.width));
  drawn(group, within, left);
  return box;
}

/** What stands within a node: columns as wide, rows as high as what is in them. */
function arranged(group) {
  const { places, segments } = plan(group);
  const boxes = new Map();
  for (const node of parts(group)) boxes.set(node.id, placed(node));
  const all = Object.values(places);
  const count = 1 + Math.max(...all.map((p) => p[1]), -1);
  const left = Array(count).fill(VIA / 2), right = Array(count).fill(VIA / 2);
  const rows = Array(1 + Math.max(...all.map((p) => p[0]), -1)).fill(0);
  for (const [id, box] of boxes) {
    const [r, c] = places[id];
    left[c] = Math.max(left[c], box.anchor);
    right[c] = Math.max(right[c], box.width - box.anchor);
    rows[r] = Math.max(rows[r], box.height);
  }
  for (const [start, end, , , text, atEnd] of segments) {
    if (text === undefined) continue;
    const c = places[atEnd ? end : start][1];
    const half = ([...text].length * SMALL) / 2;
    left[c] = Math.max(left[c], half);
    right[c] = Math.max(right[c], half);
  }
  const middles = [], tops = [];
  let x = 0, y = 0;
  for (let c = 0; c < count; c++) {
    middles.push(x + left[c]);
    x += left[c] + right[c] + COLUMN_GAP;
  }
  for (const height of rows) {
    tops.push(y);
    y += height + ROW_GAP;
  }
  for (const [id, box] of boxes) {
    const [r, c] = places[id];
    box.x = middles[c] - box.anchor;
    box.y = tops[r] + (rows[r] - box.height) / 2;
  }
  const width = Math.max(0, x - COLUMN_GAP), height = Math.max(0, y - ROW_GAP);
  return { places, segments, boxes, middles, tops, rows, width, height };
}

/** The lines and labels within a node. */
function drawn(group, within, dx) {
  const { places, segments, boxes, middles, tops, rows } = within;
  const into = new Map();
  for (const s of segments) into.set(s[1], [...(into.get(s[1]) ?? []), s]);

  function leaving([start, , port]) {
    const box = boxes.get(start), x = middles[places[start][1]] + dx;
    if (!box) return x;
    if (box.open) return box.x + box.outs[port];
    const outs = Number(box.node.dataset.outs ?? 1);
    return x + (port - (outs - 1) / 2) * Number(box.node.dataset.slot ?? SLOT);
  }

  function entering(s) {
    const box = boxes.get(s[1]), x = middles[places[s[1]][1]] + dx;
    if (!box) return x;
    if (box.open) return box.x + box.ins[s[3]];
    const order = into.get(s[1]).map((t, i) => [leaving(t), i, t])
      .sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((t) => t[2]);
    return x + (order.indexOf(s) - (order.length - 1) / 2) * SLOT;
  }

  const lines = document.createDocumentFragment(), texts = document.createDocumentFragment();
  for (const s of segments) {
    const [start, end, , , text, atEnd] = s;
    const x0 = leaving(s), x1 = entering(s);
    const r0 = places[start][0], r1 = places[end][0];
    const turn = tops[r0] + rows[r0] + TOP, back = tops[r1] + TOP;
    const from = boxes.get(start), to = boxes.get(end);
    const y0 = from ? from.y + from.height : turn;
    const y1 = to ? to.y : back + rows[r1];
    const middle = number((turn + back) / 2);
    const line = document.createElementNS(SVG, "path");
    const straight = turn !== y0 ? `V${number(turn)}` : "", rest = y1 !== back ? `V${number(y1)}` : "";
    const curve = `C${number(x0)} ${middle} ${number(x1)} ${middle} ${number(x1)} ${number(back)}`;
    line.setAttribute("class", "edge");
    line.setAttribute("d", `M${number(x0)} ${number(y0)}${straight}${curve}${rest}`);
    if (to) line.setAttribute("marker-end", "url(#tip)");
    lines.append(line);
    if (text === undefined) continue;
    const label = document.createElementNS(SVG, "text");
    label.setAttribute("class", "shape");
    label.setAttribute("x", number(atEnd ? x1 : x0 + (x1 - x0) / 4));
    label.setAttribute("y", number(4 + (atEnd ? back + (to ? -ROW_GAP / 3 : VIA) : turn + ROW_GAP / 3)));
    label.textContent = text;
    texts.append(label);
  }
  group.querySelector(":scope > .lines").replaceChildren(lines);
  group.querySelector(":scope > .texts").replaceChildren(texts);
}

let zoom = 1, whole = { width: 0, height: 0 };

function draw() {
  whole = placed(root);
  root.setAttribute("transform", `translate(${MARGIN} ${MARGIN})`);
  const width = whole.width + 2 * MARGIN, height = whole.height + 2 * MARGIN;
  picture.setAttribute("viewBox", `0 0 ${number(width)} ${number(height)}`);
  picture.setAttribute("width", number(width * zoom));
  picture.setAttribute("height", number(height * zoom));
  colour();
}

function short(count) {
  for (const [unit, size, least] of [["G", 1e9, 1e9], ["M", 1e6, 1e6], ["K", 1e3, 1e4]]) {
    if (count >= least) return `${Number((count / size).toPrecision(3))} ${unit}`;
  }
  return count.toLocaleString("en");
}

/** The more a box costs, the stronger its colour; the strongest is that of the most that is seen. */
function colour() {
  const by = document.querySelector("input[name=by]:checked").value;
  const boxes = shown().filter((node) => !isOpen(node));
  const cost = (node) => Number(node.dataset[by]);
  const most = Math.max(0, ...boxes.map(cost));
  for (const node of boxes) {
    const step = most ? Math.floor(8 * Math.sqrt(cost(node) / most) + 0.5) : 0;
    node.querySelector(":scope > .face > .box").setAttribute("class", `box c${step}`);
  }
  document.getElementById("most").textContent = short(most);
}

// --- folding -----------------------------------------------------------------------------------

function setOpen(node, open) {
  node.classList.toggle("is-open", open);
  node.setAttribute("aria-expanded", String(open));
}

/** Folds or unfolds, and keeps the node where it is on the screen. */
function toggle(node, open = !isOpen(node)) {
  const before = node.getBoundingClientRect();
  setOpen(node, open);
  draw();
  const after = node.getBoundingClientRect();
  scroller.scrollBy(after.left + after.width / 2 - before.left - before.width / 2, after.top - before.top);
}

function all(open) {
  for (const node of root.querySelectorAll(".folds")) setOpen(node, open);
  draw();
  if (!visible(current)) select(root);
}

// --- the keyboard: one stop for the whole tree, arrows within ------------------------------------

let current = root;

const visible = (node) => {
  for (let at = node.parentElement.closest(".node"); at; at = at.parentElement.closest(".node")) {
    if (!isOpen(at)) return false;
  }
  return true;
};
const shown = () => [root, ...root.querySelectorAll(".node")].filter(visible);

function select(node, focus = true) {
  current.setAttribute("tabindex", "-1");
  current = node;
  node.setAttribute("tabindex", "0");
  if (focus) {
    node.focus({ preventScroll: true });
    const part = isOpen(node) ? inside(node).querySelector(":scope > .head") : node;
    part.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  tell(node);
}

function tell(node) {
  const facts = document.getElementById("facts");
  const [[, title], ...rows] = told[node.id];
  const list = document.createElement("dl");
  for (const [name, value] of rows) {
    const term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = name;
    text.textContent = value;
    list.append(term, text);
  }
  const head = document.createElement("h2");
  head.textContent = title;
  facts.replaceChildren(head, list);
  facts.hidden = false;
}

function pressed(event) {
  const nodes = shown(), at = nodes.indexOf(current);
  const outer = current.parentElement.closest(".node");
  const first = isOpen(current) && inside(current).querySelector(":scope > .node");
  const go = (node) => node && select(node);
  const keys = {
    ArrowDown: () => go(nodes[at + 1]),
    ArrowUp: () => go(nodes[at - 1]),
    Home: () => go(nodes[0]),
    End: () => go(nodes.at(-1)),
    ArrowRight: () => (first ? go(first) : current.classList.contains("folds") && toggle(current, true)),
    ArrowLeft: () => (isOpen(current) && current !== root ? toggle(current, false) : go(outer)),
    Enter: () => current.classList.contains("folds") && toggle(current),
    " ": () => current.classList.contains("folds") && toggle(current),
    Escape: () => (document.getElementById("facts").hidden = true),
  };
  const act = keys[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
}

// --- what is clicked ---------------------------------------------------------------------------

picture.addEventListener("keydown", pressed);
picture.addEventListener("click", (event) => {
  const node = event.target.closest(".node");
  if (!node) return;
  select(node);
  const opener = event.target.closest(isOpen(node) ? ".head" : ".face");
  if (opener && node.classList.contains("folds")) toggle(node);
});

function zoomed(to) {
  zoom = Math.min(4, Math.max(0.1, to));
  draw();
}

const on = (id, act) => document.getElementById(id).addEventListener("click", act);
on("fold", () => {
  all(false);
  setOpen(root, true);
  draw();
});
on("unfold", () => all(true));
on("in", () => zoomed(zoom * 1.25));
on("out", () => zoomed(zoom / 1.25));
on("fit", () => {
  const width = whole.width + 2 * MARGIN, height = whole.height + 2 * MARGIN;
  const room = [scroller.clientWidth - 32, scroller.clientHeight - 32];
  zoomed(Math.min(1, room[0] / width, Math.max(room[1] / height, 0.35)));
});
on("theme", () => {
  const html = document.documentElement;
  const dark = html.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  html.dataset.theme = dark === "dark" ? "light" : "dark";
});
for (const radio of document.getElementsByName("by")) {
  radio.addEventListener("change", colour);
}

// --- finding -----------------------------------------------------------------------------------

const find = document.getElementById("find"), found = document.getElementById("found");

function matches() {
  const wanted = find.value.trim().toLowerCase();
  if (!wanted) return [];
  const nodes = [...root.querySelectorAll(".node")];
  return nodes.filter((n) => told[n.id].some(([name, value]) =>
    (name === "" || name === "name") && value.toLowerCase().includes(wanted)));
}

let last = -1;

find.addEventListener("input", () => {
  last = -1;
  found.textContent = find.value.trim() ? `${matches().length} found` : "";
});
find.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  const nodes = matches();
  if (!nodes.length) return;
  last = (last + (event.shiftKey ? nodes.length - 1 : 1)) % nodes.length;
  const node = nodes[last];
  for (let at = node.parentElement.closest(".node"); at; at = at.parentElement.closest(".node")) {
    setOpen(at, true);
  }
  draw();
  select(node, false);
  node.scrollIntoView({ block: "center", inline: "center" });
  found.textContent = `${last + 1} of ${nodes.length}`;
});

root.setAttribute("tabindex", "0");
draw();
