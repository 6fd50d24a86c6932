"use strict";
// D: what page.py wrote. All values in it are null where they are not known.
const D = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id);
const AXES = {  // name: [unit, how many of it one is]
  images_seen: ["thousand pictures", 1000],
  seconds: ["minutes", 60],
  step: ["steps", 1],
};
const VERDICTS = {  // word: [sign, colour]; the sign tells them apart without colours
  "balanced": ["=", "#35c18f"],
  "D too strong": ["\u25b2", "#62b8ea"],
  "D too weak": ["\u25bc", "#e8a80c"],
  "memorising": ["\u2248", "#e795c4"],
  "collapsed": ["\u25cf", "#f2864a"],
  "diverged": ["\u00d7", "#a8adb5"],
};
const DASHES = ["", "8 3", "2 3", "9 3 2 3"];
const HIGH = 190, LEFT = 52, RIGHT = 10, TOP = 12, BOTTOM = 34;
const DOTS = 80;  // up to so many points each one has a dot

function node(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function shape(name, attributes = {}, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

// ---- numbers in words

const known = value => value !== null && value !== undefined;
const whole = value => Math.round(value).toLocaleString("en");

function brief(value) {
  if (!known(value)) return "\u2013";
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(1);
  if (size >= 1000) return whole(value);
  return String(+value.toPrecision(3));
}

function clock(seconds) {
  const s = Math.round(seconds), two = n => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600), minutes = Math.floor(s / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(s % 60)} h` : `${minutes}:${two(s % 60)} min`;
}

function moment(step) {  // where in the training a step is, in every unit there is
  const parts = [`step ${whole(step)}`];
  const images = timeOf(step, "images_seen"), seconds = timeOf(step, "seconds");
  if (known(images)) parts.push(`${(images / 1000).toLocaleString("en", {maximumFractionDigits: 1})} thousand pictures`);
  if (known(seconds)) parts.push(clock(seconds));
  return parts.join(" \u00b7 ");
}

// ---- time: every place in the training is known by its step

const steps = D.log.times.step || D.evaluations.times.step || [];

function timeOf(step, axis) {
  if (axis === "step") return step;
  const times = (D.log.times.step ? D.log : D.evaluations).times[axis];
  if (!times) return axis === "images_seen" && D.batchSize ? step * D.batchSize : null;
  let before = [0, 0];
  for (let k = 0; k < steps.length; k++) {
    if (!known(times[k])) continue;
    if (steps[k] >= step) {
      const share = (step - before[0]) / (steps[k] - before[0] || 1);
      return before[1] + share * (times[k] - before[1]);
    }
    before = [steps[k], times[k]];
  }
  return before[0] ? before[1] * step / before[0] : null;
}

const lastStep = Math.max(1, steps.at(-1) ?? 0, D.evaluations.times.step?.at(-1) ?? 0,
  D.grids.at(-1)?.step ?? 0, D.verdicts.stretches.at(-1)?.to.step ?? 0);
const axes = Object.keys(AXES).filter(axis => timeOf(lastStep, axis) > 0);
let axis = axes[0];

function ticks(low, high, most) {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const size = [1, 2, 5, 10].find(n => n * power >= rough) * power, found = [];
  for (let k = Math.ceil(low / size - 1e-9); k * size <= high + size * 1e-9; k++)
    found.push(+(k * size).toPrecision(12));
  return found;
}

// ---- one chart

const charts = [];  // what `look` moves: {steps, draw, look}

function chartOf(data, times) {
  const box = node("div", {class: "chart"}, node("h3", {}, data.title));
  if (data.words) box.append(node("p", {}, data.words));
  const legend = node("div", {class: "legend"}), values = [];
  data.lines.forEach((line, k) => {
    const sample = shape("svg", {viewBox: "0 0 26 10", "aria-hidden": "true"});
    sample.append(shape("path", {d: "M0 5H26", class: "middle", style: `stroke:var(--line${k % 4})`, "stroke-dasharray": DASHES[k % 4]}));
    const value = node("b"), item = node("span", {}, sample, `${line.name} `, value);
    values.push(value);
    legend.append(item);
  });
  for (const ideal of data.ideals)
    legend.append(node("span", {}, `\u00b7\u00b7\u00b7 ${ideal.name} ${brief(ideal.value)}`));
  const plot = shape("svg", {class: "plot", tabindex: 0, role: "slider", "aria-label": data.title, "aria-valuemin": 0, "aria-valuemax": times.step.length - 1});
  const where = node("p");
  box.append(legend, plot, where);
  for (const line of data.lines) if (line.nonFinite)
    box.append(node("p", {}, `${line.name} was not a finite number in ${whole(line.nonFinite)} of the lines of the log.`));
  const chart = {box, data, plot, values, where, steps: times.step, at: times.step.length - 1};
  plot.addEventListener("pointermove", event => look(stepAt(chart, event)));
  plot.addEventListener("pointerdown", event => look(stepAt(chart, event)));
  plot.addEventListener("keydown", event => {
    const move = {ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9}[event.key];
    if (!move) return;
    event.preventDefault();
    look(chart.steps[Math.max(0, Math.min(chart.steps.length - 1, chart.at + move))]);
  });
  charts.push(chart);
  return box;
}

function draw(chart) {
  const {data, plot} = chart, wide = plot.clientWidth || 400;
  const [low, high] = data.range, room = (high - low) * 0.05;
  const end = timeOf(lastStep, axis) || 1;
  const x = step => LEFT + (timeOf(step, axis) ?? 0) / end * (wide - LEFT - RIGHT);
  const y = value => TOP + (high + room - value) / (high - low + 2 * room) * (HIGH - TOP - BOTTOM);
  Object.assign(chart, {x, wide});
  plot.replaceChildren();
  plot.setAttribute("viewBox", `0 0 ${wide} ${HIGH}`);
  plot.style.height = `${HIGH}px`;
  const clip = `clip${charts.indexOf(chart)}`, clipping = shape("clipPath", {id: clip});
  clipping.append(shape("rect", {x: LEFT, y: TOP, width: wide - LEFT - RIGHT, height: HIGH - TOP - BOTTOM}));
  plot.append(clipping);
  for (const value of ticks(low - room, high + room, 4)) plot.append(
    shape("line", {class: "axis", x1: LEFT, x2: wide - RIGHT, y1: y(value), y2: y(value)}),
    shape("text", {x: LEFT - 6, y: y(value) + 4, "text-anchor": "end"}, brief(value) + (data.unit === "%" ? " %" : "")));
  const [unit, one] = AXES[axis];
  for (const value of ticks(0, end / one, Math.max(2, wide / 90))) plot.append(
    shape("text", {x: LEFT + value * one / end * (wide - LEFT - RIGHT), y: HIGH - 19, "text-anchor": "middle"}, value.toLocaleString("en")));
  plot.append(shape("text", {x: wide - RIGHT, y: HIGH - 4, "text-anchor": "end"}, unit));
  if (data.unit && data.unit !== "%") plot.append(shape("text", {x: 0, y: HIGH - 4}, data.unit));
  plot.append(...stretchRects(x, 0, 5));
  const inside = shape("g", {"clip-path": `url(#${clip})`});
  for (const ideal of data.ideals) inside.append(
    shape("line", {class: "ideal", x1: LEFT, x2: wide - RIGHT, y1: y(ideal.value), y2: y(ideal.value), "stroke-width": 2}));
  const xs = chart.steps.map(x);
  data.lines.forEach((line, k) => {
    const colour = `var(--line${k % 4})`;
    inside.append(shape("path", {class: "band", d: band(xs, line.low.map(up), line.high.map(up)), style: `fill:${colour};stroke:${colour}`}));
  });
  data.lines.forEach((line, k) => {
    const colour = `var(--line${k % 4})`, ys = line.middle.map(up);
    inside.append(shape("path", {class: "middle", d: path(xs, ys), style: `stroke:${colour}`, "stroke-dasharray": DASHES[k % 4]}));
    if (xs.length <= DOTS) ys.forEach((value, p) => {
      if (known(value)) inside.append(shape("circle", {cx: xs[p], cy: value, r: 2.5, style: `fill:${colour}`}));
    });
  });
  function up(value) { return known(value) ? y(value) : null; }
  plot.append(inside, shape("line", {class: "cursor", y1: TOP, y2: HIGH - BOTTOM}));
  const most = Math.max(...data.lines.flatMap(line => line.high).filter(known));
  const least = Math.min(...data.lines.flatMap(line => line.low).filter(known));
  if (most > high + room) plot.append(shape("text", {x: LEFT + 6, y: TOP + 12}, `\u2191 beyond the edge: up to ${brief(most)}`));
  if (least < low - room) plot.append(shape("text", {x: LEFT + 6, y: HIGH - BOTTOM - 6}, `\u2193 beyond the edge: down to ${brief(least)}`));
  read(chart);
}

function path(xs, ys) {  // nothing is drawn across what is not known
  let pen = "M", d = "";
  ys.forEach((y, k) => {
    if (!known(y)) { pen = "M"; return; }
    d += `${pen}${xs[k].toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
  });
  return d;
}

function band(xs, low, high) {
  let d = "", from = 0;
  for (let k = 0; k <= xs.length; k++) {
    if (k < xs.length && known(low[k])) continue;
    if (k > from) {
      const there = path(xs.slice(from, k), high.slice(from, k));
      const back = path(xs.slice(from, k).reverse(), low.slice(from, k).reverse());
      d += `${there}${back.replace("M", "L")}Z`;
    }
    from = k + 1;
  }
  return d;
}

// ---- reading: one place in the training, in all charts at once

function stepAt(chart, event) {
  const at = event.clientX - chart.plot.getBoundingClientRect().left;
  const distance = step => Math.abs(chart.x(step) - at);
  return chart.steps.reduce((best, step) => distance(step) < distance(best) ? step : best);
}

function look(step) {
  for (const chart of charts) {
    const distance = k => Math.abs(chart.steps[k] - step);
    chart.at = chart.steps.reduce((best, _, k) => distance(k) < distance(best) ? k : best, 0);
    read(chart);
  }
}

function read(chart) {
  const {data, at} = chart, step = chart.steps[at], cursor = chart.plot.querySelector(".cursor");
  if (!cursor) return;
  for (const end of ["x1", "x2"]) cursor.setAttribute(end, chart.x(step));
  const legend = data.lines.map((line, k) => {
    const [low, middle, high] = [line.low[at], line.middle[at], line.high[at]].map(brief);
    const span = low === high ? (low === middle ? "" : ` (${low})`) : ` (${low} to ${high})`;
    chart.values[k].textContent = middle + (data.unit ? ` ${data.unit}` : "") + span;
    return `${line.name} ${chart.values[k].textContent}`;
  });
  chart.where.textContent = moment(step);
  chart.plot.setAttribute("aria-valuenow", at);
  chart.plot.setAttribute("aria-valuetext", `${moment(step)}: ${legend.join(", ")}`);
}

// ---- verdicts

const signOf = word => Object.hasOwn(VERDICTS, word) ? VERDICTS[word] : ["?", "#a8adb5"];

function stretchRects(x, top, high, signs = false) {
  const made = [];
  D.verdicts.stretches.forEach((stretch, k, all) => {
    const left = x(stretch.from.step), next = all[k + 1]?.from ?? stretch.to;
    const width = Math.max(3, x(next.step) - left), [sign, colour] = signOf(stretch.word);
    const rect = shape("rect", {x: left, y: top, width, height: high, rx: 2, fill: colour});
    if (signs) rect.append(shape("title", {}, `${stretch.word}: ${stretch.sentence}`));
    made.push(rect);
    if (signs && width > 14) made.push(shape("text", {x: left + width / 2, y: top + high - 6}, sign));
  });
  return made;
}

function drawStrip() {
  const box = $("strip"), wide = box.clientWidth || 400, end = timeOf(lastStep, axis) || 1;
  const x = step => 1 + (timeOf(step, axis) ?? 0) / end * (wide - 8);
  const strip = shape("svg", {viewBox: `0 0 ${wide} 22`, role: "img", "aria-label": "Verdicts over time; the list below has them in words"});
  strip.style.height = "22px";
  strip.append(shape("rect", {x: 0, y: 10, width: wide, height: 2, fill: "var(--line)"}));
  strip.append(...stretchRects(x, 0, 22, true));
  box.replaceChildren(strip);
}

function badge(word) {
  const [sign, colour] = signOf(word);
  return node("span", {}, node("span", {class: "sign", style: `background:${colour}`}, sign), word);
}

function listVerdicts() {
  const {stretches, older} = D.verdicts;
  $("words").append(...[...new Set(stretches.map(each => each.word))].map(badge));
  for (const stretch of [...stretches].reverse()) {
    const {from, to, count} = stretch;
    const often = count > 1 ? `${whole(count)} times, from step ${whole(from.step)} to ` : "";
    $("verdicts").append(node("li", {}, badge(stretch.word), " ",
      node("small", {}, often + moment(to.step)), node("br"), stretch.sentence));
  }
  if (older) $("verdicts").append(node("li", {}, `${whole(older)} older ones are left out.`));
  for (const id of ["strip", "words", "verdicts"]) $(id).hidden = !stretches.length;
}

// ---- samples

function showGrid(k) {
  const grid = D.grids[k], image = $("grid");
  image.src = grid.uri;
  image.alt = `Sample grid: ${moment(grid.step)}`;
  image.className = grid.width < 400 ? "small" : "";
  $("slider").value = k;
  $("slider").setAttribute("aria-valuetext", moment(grid.step));
  $("when").textContent = grid.step ? moment(grid.step) : "before the first step";
}

let playing = null;

function play() {
  const slider = $("slider");
  if (playing) clearInterval(playing);
  playing = playing ? null : setInterval(() => showGrid((+slider.value + 1) % D.grids.length), 350);
  $("play").setAttribute("aria-pressed", playing !== null);
}

function beginSamples() {
  const count = D.grids.length;
  $("samples").hidden = !count;
  $("samples_words").textContent = !count ? "There are no sample grids to show."
    : "Always the same latents, by the averaged generator where there is one." +
      (count < D.gridsFound ? ` ${count} of ${whole(D.gridsFound)} grids, evenly spread.` : "");
  if (count) {
    $("slider").max = count - 1;
    $("slider").oninput = () => {
      if (playing) play();
      showGrid(+$("slider").value);
      look(D.grids[+$("slider").value].step);
    };
    $("play").onclick = play;
    $("play").hidden = count < 2;
    showGrid(count - 1);
  }
  $("reals").hidden = !D.reals;
  if (D.reals) {
    const image = $("reals").firstChild;
    image.src = D.reals.uri;
    image.className = D.reals.width < 400 ? "small" : "";
  }
}

function beginLikeness() {
  const L = D.likeness;
  $("likeness").hidden = !L;
  if (!L) {
    $("likeness_words").textContent = "Not looked for: there are no samples yet, or the training pictures were not at hand.";
    return;
  }
  const some = L.searched < L.total ? `Only ${whole(L.searched)} of the ${whole(L.total)} training pictures, evenly spread, were searched. ` : "";
  const scale = known(L.between) ? ` Training pictures are about ${L.between} from the nearest other one. That a sample is nearer proves nothing by itself, since blurred and plain ones are near to everything: look at the pairs, and at the chart Copies.` : "";
  $("likeness_words").textContent = `Each pair: a sample, and the training picture (or its mirror image) nearest to it when both are made small. ` +
    `The ${L.shown} nearest of ${L.samples} samples. ${some}The nearest is ${L.nearest} grey levels away, half of them more than ${L.median}.${scale}`;
  $("likeness").src = L.uri;
}

// ---- tables and the command

function fill(id, rows) {
  $(id).append(...rows.map(row => node("tr", {}, ...row.map(cell => node("td", {}, cell)))));
}

async function copy() {
  try {
    await navigator.clipboard.writeText(D.command);
  } catch {
    getSelection().selectAllChildren($("command"));
    document.execCommand("copy");
  }
  $("copy").textContent = "Copied";
  setTimeout(() => { $("copy").textContent = "Copy the command"; }, 1500);
}

function beginTables() {
  for (const id of ["chosen", "defaults", "origin", "dataset"]) fill(id, D[id]);
  if (!D.chosen.length) fill("chosen", [["all", D.defaults.length ? "as by default" : "not known: there is no config.json"]]);
  if (!D.dataset.length) fill("dataset", [["not known", "there is no dataset.json"]]);
  for (const id of ["command", "copy"]) $(id).hidden = !D.command;
  $("command").textContent = D.command;
  $("command_words").textContent = !D.command ? "The command is not known: there is no config.json." :
    "This goes on where the run stopped, under its own settings" +
    (D.command.startsWith("cd ") ? "." : "; type it in the folder where the run was begun.") +
    (D.length ? ` Its length is ${D.length}, over all starts: where it has had that, add a longer one.` : "");
  $("copy").onclick = copy;
}

// ---- begin

function redraw() {
  charts.forEach(draw);
  drawStrip();
}

function beginAxes() {
  if (axes.length > 1) for (const name of axes) {
    const button = node("button", {"aria-pressed": name === axis, "data-axis": name}, AXES[name][0]);
    button.onclick = () => {
      axis = name;
      for (const each of $("axes").children) each.setAttribute("aria-pressed", each === button);
      redraw();
    };
    $("axes").append(button);
  }
}

function begin() {
  $("name").textContent = D.name;
  $("summary").textContent = steps.length ? moment(lastStep) : "No line of the log yet.";
  $("state").textContent = `Written ${new Date(D.written * 1000).toLocaleString()}` + (D.running
    ? `, while it trains${D.left ? `, ${clock(D.left)} before its end` : ""}: load the page again for the newest.` : ".");
  beginSamples();
  beginAxes();
  listVerdicts();
  for (const id of ["log", "evaluations"]) $(id).append(...D[id].charts.map(data => chartOf(data, D[id].times)));
  const log = D.log.charts.length;
  $("course_words").textContent = log ? "Thin: the log's lines, of many the lowest and highest. Thick: their mean over some lines around. Point, touch, or press the arrow keys to read them: the mean, and the lines in brackets." : "There is no log to draw.";
  $("evaluations_words").textContent = D.evaluations.charts.length ? D.evaluationWords : "There are no evaluations of this run.";
  beginLikeness();
  beginTables();
  $("foot").textContent = `kerasgan ${D.version}`;
  redraw();
  let wide = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== wide) { wide = innerWidth; redraw(); } });
  document.body.dataset.ready = "yes";
}
begin();
