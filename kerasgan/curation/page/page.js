"use strict";
// D: what page.py wrote. Pictures stand in the order of clusters, typical ones first.
const D = JSON.parse(document.getElementById("data").textContent);
const sheets = [...document.querySelectorAll("#sheets img")];
const $ = id => document.getElementById(id);
const N = D.names.length, OUTLIER = 1, DUPLICATE = 2;
const chosen = new Set(), lassos = [];  // lassos: {corners: [[x, y], ...], keeps}
const byNumber = new Map(D.clusters.map(c => [c.number, c]));
const ink = name => getComputedStyle(document.documentElement).getPropertyValue(name);

// ---- which pictures are kept: the same rule as kerasgan/curation/keeping.py

function within(x, y, corners) {  // even-odd, exact in whole numbers
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [ax, ay] = corners[j], [bx, by] = corners[i];
    if ((ay > y) === (by > y)) continue;
    const side = (bx - ax) * (y - ay) - (x - ax) * (by - ay);
    if ((side > 0) === (by > ay)) inside = !inside;
  }
  return inside;
}

function dropped() {
  return ($("drop_outliers").checked ? OUTLIER : 0) |
    ($("drop_duplicates").checked ? DUPLICATE : 0);
}

function isKept(k, drop) {
  let kept = chosen.has(D.cluster[k]);
  for (const l of lassos) if (l.keeps && within(D.x[k], D.y[k], l.corners)) kept = true;
  for (const l of lassos) if (!l.keeps && within(D.x[k], D.y[k], l.corners)) kept = false;
  return kept && !(D.flags[k] & drop);
}

function keepFirstOfEach() {  // of near duplicates that are kept
  for (const group of D.groups)
    for (const k of group.filter(k => kept[k]).slice(1)) kept[k] = 0;
}

let kept = new Uint8Array(N);

function keptInAll() {  // of all pictures, where only some are on the page
  const outliers = dropped() & OUTLIER, firsts = dropped() & DUPLICATE;
  const typical = outliers ? 1 : 0;
  for (let k = 0; k < N; k++) kept[k] = isKept(k, outliers) ? 1 : 0;
  if (firsts) keepFirstOfEach();
  const shown = kept.reduce((sum, each) => sum + each, 0);
  if (N === D.total) return [shown, ""];
  if (lassos.length) return [Math.round(shown * D.total / N), "about "];
  let all = 0;
  for (const c of D.clusters) if (chosen.has(c.number)) all += c.tally[firsts + typical];
  if (firsts) for (const group of D.spread)
    if (group[typical].some(number => chosen.has(number))) all += group[2];
  return [all, ""];
}

// ---- the command

function quoted(text) {
  const home = /^~[\w-]*\//.exec(text);  // in quotes it would be a folder called ~
  if (home) return home[0] + (text === home[0] ? "" : quoted(text.slice(home[0].length)));
  return /^[\w@%+=:,.\/-]+$/.test(text) ? text : "'" + text.replace(/'/g, "'\\''") + "'";
}

function command() {
  const parts = [D.command];
  const polygons = keeps => lassos.filter(l => l.keeps === keeps)
    .map(l => l.corners.flat().join(",")).join(";");
  if (chosen.size) parts.push("--keep " + [...chosen].sort((a, b) => a - b).join(","));
  if (polygons(true)) parts.push("--inside " + quoted(polygons(true)));
  if (polygons(false)) parts.push("--outside " + quoted(polygons(false)));
  const drop = [["outliers", OUTLIER], ["duplicates", DUPLICATE]]
    .filter(([, flag]) => dropped() & flag).map(([name]) => name);
  if (drop.length) parts.push("--drop " + drop.join(","));
  parts.push("--out " + quoted($("out").value.trim() || "kept"));
  return parts.join(" ");
}

function update() {
  const [count, about] = keptInAll();
  $("count").textContent = `Keep ${about}${count.toLocaleString()} of ` +
    `${D.total.toLocaleString()} pictures`;
  $("command").textContent = count ? command() : "Tick clusters, or draw a lasso.";
  $("copy").disabled = !count;
  $("lassos").replaceChildren(...lassos.map((lasso, k) => {
    const button = document.createElement("button");
    button.textContent = `lasso ${k + 1}: ${lasso.keeps ? "kept" : "left out"} \u00d7`;
    button.onclick = () => { lassos.splice(k, 1); update(); };
    return button;
  }));
  draw();
}

async function copy() {
  const text = $("command").textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren($("command"));
    document.execCommand("copy");
  }
  $("copy").textContent = "Copied";
  setTimeout(() => { $("copy").textContent = "Copy the command"; }, 1500);
}

// ---- thumbnails

function thumb(context, k, x, y, size) {
  const perSheet = D.perRow * D.perRow, at = k % perSheet;
  context.drawImage(sheets[Math.floor(k / perSheet)],
    (at % D.perRow) * D.side, Math.floor(at / D.perRow) * D.side, D.side, D.side,
    x, y, size, size);
}

// ---- the map: screen = offset + scale * place, upwards

const canvas = $("canvas"), view = {scale: 1, x: 0, y: 0};
let wide = 0, high = 0, asked = false, line = null, lassoing = false, hovered = -1;

function whole() {
  const margin = 24;
  view.scale = (Math.min(wide, high) - 2 * margin) / D.mapSide;
  view.x = (wide - view.scale * D.mapSide) / 2;
  view.y = (high + view.scale * D.mapSide) / 2;
  draw();
}

const screenX = x => view.x + view.scale * x, screenY = y => view.y - view.scale * y;
const mapPoint = (sx, sy) => [(sx - view.x) / view.scale, (view.y - sy) / view.scale]
  .map(v => Math.max(0, Math.min(D.mapSide, Math.round(v))));

function size() {  // of a thumbnail on the screen: grows more slowly than the map
  const zoom = view.scale * D.mapSide / Math.min(wide, high);
  const first = Math.max(5, 1.1 * Math.min(wide, high) / Math.sqrt(N));
  return Math.min(D.side * 1.5, first * Math.pow(zoom, 0.8));
}

// The thumbnails are painted into `scene`, which is moved along while one drags or
// zooms, and painted anew once that rests: 20,000 of them take a while.
const scene = document.createElement("canvas");
let painted = null, stale = true, resting = 0;

function draw(renew = true) {
  stale = stale || renew;
  if (!asked) { asked = true; requestAnimationFrame(paint); }
}

function glide() {
  clearTimeout(resting);
  resting = setTimeout(() => { resting = 0; draw(); }, 120);
  draw();
}

function paint() {
  asked = false;
  if (stale && !resting || !painted) paintScene();
  const context = canvas.getContext("2d"), ratio = devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, wide, high);
  const grown = view.scale / painted.scale;
  context.drawImage(scene, view.x - painted.x * grown, view.y - painted.y * grown,
    wide * grown, high * grown);
  for (const c of D.clusters) label(context, c);
  for (const l of lassos) outline(context, l.corners, l.keeps);
  if (line) outline(context, line, true);
  if (hovered >= 0) {
    const s = size();
    context.strokeStyle = ink("--accent");
    context.lineWidth = 3;
    context.strokeRect(screenX(D.x[hovered]) - s / 2, screenY(D.y[hovered]) - s / 2, s, s);
  }
}

function paintScene() {
  const context = scene.getContext("2d"), ratio = devicePixelRatio || 1;
  [scene.width, scene.height] = [canvas.width, canvas.height];
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const s = size(), border = s > 14 ? 2 : 1, any = chosen.size || lassos.length;
  for (const pass of [0, 1]) for (let k = 0; k < N; k++) {  // kept ones on top
    if (kept[k] !== pass) continue;
    const x = screenX(D.x[k]) - s / 2, y = screenY(D.y[k]) - s / 2;
    if (x < -s || y < -s || x > wide || y > high) continue;
    context.globalAlpha = any && !pass ? 0.25 : 1;
    context.fillStyle = byNumber.get(D.cluster[k]).colour;
    context.fillRect(x - border, y - border, s + 2 * border, s + 2 * border);
    thumb(context, k, x, y, s);
  }
  painted = {...view};
  stale = false;
}

function label(context, c) {
  context.font = "700 22px system-ui, sans-serif";
  context.textAlign = "center";
  context.lineWidth = 6;
  context.strokeStyle = ink("--card");
  context.fillStyle = ink("--ink");
  const at = [screenX(c.x), screenY(c.y) + 8];
  context.strokeText(c.number, ...at);
  context.fillText(c.number, ...at);
}

function outline(context, corners, keeps) {
  context.beginPath();
  corners.forEach(([x, y]) => context.lineTo(screenX(x), screenY(y)));
  context.closePath();
  context.lineWidth = 2;
  context.setLineDash(keeps ? [] : [6, 5]);
  context.strokeStyle = ink("--accent");
  context.stroke();
  context.setLineDash([]);
}

function resize() {
  const box = canvas.getBoundingClientRect(), ratio = devicePixelRatio || 1;
  const first = !wide;
  [wide, high] = [box.width, box.height];
  [canvas.width, canvas.height] = [wide * ratio, high * ratio];
  if (first) whole(); else draw();
}

function zoom(factor, sx = wide / 2, sy = high / 2) {
  const least = 0.5 * Math.min(wide, high) / D.mapSide;
  factor = Math.max(least / view.scale, Math.min(factor, 200 * least / view.scale));
  view.x = sx + (view.x - sx) * factor;
  view.y = sy + (view.y - sy) * factor;
  view.scale *= factor;
  glide();
}

function nearest(sx, sy) {
  const s = size();
  let best = -1, least = (s / 2 + 4) ** 2;
  for (let k = 0; k < N; k++) {
    const distance = (screenX(D.x[k]) - sx) ** 2 + (screenY(D.y[k]) - sy) ** 2;
    if (distance < least) [best, least] = [k, distance];
  }
  return best;
}

function hover(k, sx = 0, sy = 0) {
  if (k !== hovered) { hovered = k; draw(false); }
  const box = $("hover");
  box.hidden = k < 0;
  if (k < 0) return;
  thumb(box.firstChild.getContext("2d"), k, 0, 0, 128);
  const marks = (D.flags[k] & OUTLIER ? ", outlier" : "") +
    (D.flags[k] & DUPLICATE ? ", near duplicate" : "");
  box.lastChild.textContent = `${D.names[k]} (${D.cluster[k]}${marks})`;
  box.style.left = Math.min(sx + 16, wide - 150) + "px";
  box.style.top = Math.max(4, Math.min(sy + 16, high - 200)) + "px";
}

// ---- pointers: one drags or draws the lasso, two pinch

const pointers = new Map();
const at = event => {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};

canvas.addEventListener("pointerdown", event => {
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, at(event));
  hover(-1);
  line = lassoing && pointers.size === 1 ? [mapPoint(...at(event))] : null;
});
canvas.addEventListener("pointermove", event => {
  const now = at(event), before = pointers.get(event.pointerId);
  if (!before) return hover(nearest(...now), ...now);
  pointers.set(event.pointerId, now);
  if (pointers.size === 2) {
    const [other] = [...pointers].filter(([id]) => id !== event.pointerId);
    const apart = p => Math.hypot(p[0] - other[1][0], p[1] - other[1][1]) || 1;
    zoom(apart(now) / apart(before), ...other[1]);
  } else if (line) {
    line.push(mapPoint(...now));
    draw(false);
  } else {
    view.x += now[0] - before[0];
    view.y += now[1] - before[1];
    glide();
  }
});
for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, event => {
  pointers.delete(event.pointerId);
  if (line && end === "pointerup" && line.length > 2) caught(line);
  else { line = null; draw(false); }
});
canvas.addEventListener("pointerleave", () => hover(-1));
canvas.addEventListener("wheel", event => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * 0.002), ...at(event));
}, {passive: false});

// ---- the lasso

const CORNERS = 60;  // at most: the command must stay short

function caught(corners) {
  const step = Math.ceil(corners.length / CORNERS);
  line = corners.filter((_, k) => k % step === 0);
  let count = 0;
  for (let k = 0; k < N; k++) count += within(D.x[k], D.y[k], line);
  $("caught").firstElementChild.textContent = `${count.toLocaleString()} pictures`;
  $("caught").hidden = false;
  draw(false);
}

function decide(keeps) {
  if (keeps !== null && line) lassos.push({corners: line, keeps});
  line = null;
  $("caught").hidden = true;
  update();
}

// ---- the clusters' contact sheets

function contactSheet(target, c, count) {
  const s = 48, columns = 8, rows = Math.ceil(count / columns);
  target.width = columns * (s + 2);
  target.height = rows * (s + 2);
  const context = target.getContext("2d");
  for (let k = 0; k < count; k++)
    thumb(context, c.first + k, (k % columns) * (s + 2), Math.floor(k / columns) * (s + 2), s);
}

function card(c) {
  const box = document.createElement("div"), few = Math.min(24, c.shown);
  box.className = "cluster";
  box.style.setProperty("--colour", c.colour);
  const label = document.createElement("label"), tick = document.createElement("input");
  tick.type = "checkbox";
  tick.id = `cluster_${c.number}`;
  tick.onchange = () => { chosen[tick.checked ? "add" : "delete"](c.number); update(); };
  label.append(tick, `Cluster ${c.number}: ${c.count.toLocaleString()} pictures`);
  const words = document.createElement("p");
  words.textContent = c.words;
  const sheet = document.createElement("canvas");
  box.append(label, words, sheet);
  contactSheet(sheet, c, few);
  if (c.shown > few) {
    const more = document.createElement("button");
    more.textContent = "show more";
    let count = few;
    more.onclick = () => {
      count = Math.min(c.shown, 4 * count);
      contactSheet(sheet, c, count);
      more.hidden = count === c.shown || count > 1500;
    };
    box.append(more);
  }
  return box;
}

// ---- begin

function begin() {
  $("summary").textContent = D.summary;
  $("clusters").append(...D.clusters.map(card));
  for (const id of ["drop_outliers", "drop_duplicates"]) $(id).onchange = update;
  $("out").oninput = update;
  $("copy").onclick = copy;
  $("closer").onclick = () => zoom(1.6);
  $("farther").onclick = () => zoom(1 / 1.6);
  $("whole").onclick = whole;
  $("lasso").onclick = () => {
    lassoing = !lassoing;
    $("lasso").setAttribute("aria-pressed", lassoing);
    canvas.classList.toggle("lassoing", lassoing);
  };
  $("inside").onclick = () => decide(true);
  $("outside").onclick = () => decide(false);
  $("forget").onclick = () => decide(null);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
  new ResizeObserver(resize).observe($("map"));
  resize();
  update();
  document.body.dataset.ready = "yes";
}
addEventListener("load", begin);  // the sheets are there by then
