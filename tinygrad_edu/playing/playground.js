// The controls. The page's state is a scene, a start, a learning rate, a step, a view and the methods that are shown;
// everything on the page is a function of it.

const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const scenes = data.scenes.map((scene, i) => ({
  ...scene, program: programs[i],
  rows: scene.columns.length ? scene.columns[0].map((_, j) => scene.columns.map((column) => column[j])) : [[]],
}));
let scene = scenes[0];
let state = {};
let paths = {};
let playing = 0;

const isSampled = (key) => key === "minibatch" || key === "sgd";
const most = (key) => isSampled(key) ? data.steps : Math.max(data.steps, Math.min(2000, Math.floor(1e5 / scene.rows.length)));
const height = () => (innerWidth < 600 ? 300 : 420);
const width = () => Math.max(240, $("picture").clientWidth);
const named = (point) => scene.names.map((name, i) => `${name} = ${tidy(point[i])}`).join(", ");
const shownKeys = () => scene.methods.filter((key) => state.shown.has(key));

function choose(i) {
  scene = scenes[i];
  $("note").textContent = scene.note;
  $("title").textContent = scene.title;
  state = { start: scene.start, rate: scene.rate, k: 0, shown: new Set(["gd"]), view: firstView(scene, height(), width()) };
  scene.names.forEach((name, j) => {
    $(`name${j}`).textContent = `start ${name}`;
    $(`start${j}`).value = tidy(scene.start[j]);
  });
  $("second").hidden = scene.names.length === 1;
  $("rate").min = scene.low;
  $("rate").max = scene.high;
  $("tries").replaceChildren(...scene.rates.map((rate) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = tidy(rate);
    button.setAttribute("aria-label", `Learning rate ${tidy(rate)}`);
    button.addEventListener("click", () => setRate(rate));
    return button;
  }));
  $("fit-box").hidden = !scene.isLine;
  listMethods();
  $("which").replaceChildren(...scene.methods.map((key) => new Option(methodOf(key).name, key)));
  walk();
}

const methodOf = (key) => data.methods.find((m) => m.key === key);

// --- the methods, side by side

function listMethods() {
  $("methods").tBodies[0].replaceChildren(...scene.methods.map((key) => {
    const tr = document.createElement("tr");
    const th = document.createElement("th");
    th.scope = "row";
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: state.shown.has(key), id: `show-${key}` });
    box.addEventListener("change", () => {
      state.shown[box.checked ? "add" : "delete"](key);
      draw();
    });
    const mark = document.createElementNS(NS, "svg");
    Object.entries({ viewBox: "-9 -9 18 18", width: 18, height: 18, class: `m-${key}`, "aria-hidden": true })
      .forEach(([name, value]) => mark.setAttribute(name, value));
    put(mark, "path", { class: "mark", d: MARKS[key] });
    label.append(box, mark, ` ${methodOf(key).name}`);
    const says = document.createElement("small");
    says.textContent = methodOf(key).says;
    th.append(label, says);
    tr.append(th, ...["point", "value", "end"].map((name) => Object.assign(document.createElement("td"), { className: name })));
    tr.dataset.method = key;
    return tr;
  }));
}

const count = (n) => n.toLocaleString("en");

function ending(key) {
  const { steps, why } = outcome(scene, key, paths[key], most(key));
  if (steps !== null && bends(paths[key][steps].hessian)[0] < 0) {
    return `stops after ${steps} step${steps === 1 ? "" : "s"} where it is flat: ${scene.names.length === 1 ? "a top" : "a top or a saddle"}, no bottom`;
  }
  if (steps !== null) return steps === 0 ? "is there already" : `arrives after ${steps} step${steps === 1 ? "" : "s"}`;
  return {
    climbs: "never arrives: it climbs out of the bowl",
    falls: "falls for ever: there is no bottom this way",
    bounces: "never arrives: it bounces for ever",
    singular: "stops: the curvature is 0 here, and the parabola has no bottom",
    ends: `stops after ${paths[key].length - 1} steps: the slope there is no number`,
    noise: `not within ${count(paths[key].length - 1)} steps: the noise of its batches keeps it moving`,
    slow: `not within ${count(paths[key].length - 1)} steps`,
  }[why];
}

// --- words, from the curvature

function about(rate, steepest) {
  if (!(steepest > 0 && steepest < Infinity)) return { zone: -1, says: Number.isFinite(steepest) ? data.bendsDown : data.lost };
  const ratio = rate * steepest;
  const zone = data.zones.findIndex((each) => each.end === null || ratio < each.end * (1 - data.close));
  if (Math.abs(ratio - 2) < data.close) return { ratio, zone, name: data.bouncing, says: data.bounces };
  return { ratio, zone, name: data.zones[zone].name, says: Math.abs(ratio - 1) < data.close ? data.exact : data.zones[zone].says };
}

function words(here) {
  const eigen = bends(here.hessian), steepest = eigen[eigen.length - 1], flattest = eigen[0];
  const one = scene.names.length === 1;
  const { ratio, zone, name, says } = about(state.rate, steepest);
  const told = one ? `f″ = ${tidy(steepest, 4)}` : `It bends by ${tidy(steepest, 4)} in the steepest direction, by ${tidy(flattest, 4)} in the flattest`;
  const slope = `slope ${one ? "f′" : "|∇f|"} = ${tidy(one ? here.gradient[0] : size(here.gradient), 4)}`;
  $("here").textContent = `Step ${Math.min(state.k, paths.gd.length - 1)}: ${named(here.point)}, f = ${tidy(here.value)}, ${slope}.`;
  if (zone === -1) {
    $("bend").textContent = Number.isFinite(steepest) ? `${told}.` : "";
    $("zone").textContent = "No ideal learning rate here";
    $("says").textContent = `${says[0].toUpperCase()}${says.slice(1)}.`;
    return;
  }
  const ideal = `${one ? "1/f″ = 1/" + tidy(steepest, 4) : "1/" + tidy(steepest, 4)} = ${tidy(1 / steepest, 4)}`;
  $("bend").textContent = `${told}${one ? "," : "."} ${ideal} would go to the bottom of the touching parabola in one step${one ? "" : " that way"}.`;
  const creeps = !one && flattest >= 0 && ratio >= data.zones[0].end && ratio < 2 && state.rate * flattest < data.zones[0].end;
  $("zone").textContent = name + (creeps ? `, but ${data.creeps}` : "");
  const uneven = !one && flattest < steepest * (1 - data.close);
  const left = (bend) => `${tidy(100 * Math.abs(1 - state.rate * bend), 3)} %`;
  let rest = "";
  if (!one && flattest < 0) rest = ` ${data.saddle}`;
  else if (!one && steepest > 1.5 * flattest) {
    rest = ` Along the flattest direction, ${flattest > 0 ? `${tidy(steepest / flattest, 3)} times flatter, ` : ""}a step leaves ${left(flattest)}.`;
  }
  $("says").textContent = `Yours is ${tidy(ratio, 3)} times that: ${uneven ? data.steeply : ""}${says}. A step leaves ${left(steepest)} of the distance.${rest}`;
}

// --- everything from the state

function walk() {
  paths = Object.fromEntries(scene.methods.map((key) => [key, descend(scene, key, state.rate, state.start, most(key))]));
  scene.methods.forEach((key) => {
    $("methods").querySelector(`[data-method=${key}] .end`).textContent = ending(key);
  });
  $("rate").value = Math.log10(state.rate);
  $("rate").setAttribute("aria-valuetext", tidy(state.rate, 3));
  $("exact").value = tidy(state.rate, 6);
  draw();
}

const atStep = (key) => paths[key][Math.min(state.k, paths[key].length - 1)];

function draw() {
  const here = atStep("gd");
  $("step").value = state.k;
  $("count").textContent = `${state.k} of ${data.steps}`;
  $("back").disabled = $("first").disabled = state.k === 0;
  $("next").disabled = state.k === data.steps;
  words(here);
  const eigen = bends(here.hessian);
  drawZones(eigen[eigen.length - 1]);
  scene.methods.forEach((key) => {
    const tr = $("methods").querySelector(`[data-method=${key}]`);
    tr.querySelector(".point").textContent = named(atStep(key).point);
    tr.querySelector(".value").textContent = tidy(atStep(key).value);
  });
  drawPicture();
  drawChart();
  if (scene.isLine) drawFit();
  if ($("numbers").open) listNumbers();
  if ($("export").open) exportScript();
}

// --- numbers and script

function listNumbers() {
  const key = $("which").value;
  const cell = (text, value) => {
    const td = document.createElement("td");
    td.append(value === undefined ? text : Object.assign(document.createElement("data"), { value: String(value), textContent: text }));
    return td;
  };
  const head = ["step", ...scene.names, "f", ...scene.names.map((name) => `∂f/∂${name}`)];
  $("steps-table").tHead.rows[0].replaceChildren(...head.map((text) => Object.assign(document.createElement("th"), { scope: "col", textContent: text })));
  $("steps-table").tBodies[0].replaceChildren(...paths[key].slice(0, state.k + 1).map(({ point, value, gradient }, k) => {
    const tr = document.createElement("tr");
    tr.append(cell(String(k)), ...[...point, value, ...gradient].map((v) => cell(tidy(v), v)));
    return tr;
  }));
}

const tuple = (numbers) => `(${numbers.map((v) => (Number.isInteger(v) ? v.toFixed(1) : String(v))).join(", ")}${numbers.length === 1 ? "," : ""})`;

function exportScript() {
  const put_in = { "⟨RATE⟩": String(state.rate), "⟨STEPS⟩": String(state.k || 20), "⟨START⟩": tuple(state.start) };
  scene.columns.forEach((column, i) => { put_in[`⟨COLUMN${i}⟩`] = `[${column.map((v, j) => (j % 5 === 4 ? `${v},\n    ` : `${v}, `)).join("").trimEnd().replace(/,$/, "")}]`; });
  $("script").value = scene.scripts[$("which").value].replace(/⟨\w+⟩/g, (word) => put_in[word] ?? word);
}

// --- what people do

function setRate(rate) {
  if (!(rate > 0) || !Number.isFinite(rate)) {
    $("complaint").textContent = "The learning rate is a number above 0, such as 0.1.";
    return;
  }
  $("complaint").textContent = "";
  state.rate = rate;
  walk();
}

function restart(start) {
  if (!start.every(Number.isFinite) || !Number.isFinite(valueAt(scene, start))) {
    $("complaint").textContent = "There the function has no finite value. Choose another start.";
    return;
  }
  $("complaint").textContent = "";
  state.start = start;
  state.k = 0;
  start.forEach((v, i) => { $(`start${i}`).value = tidy(v); });
  walk();
}

function go(to) {
  state.k = within(to, 0, data.steps);
  draw();
}

function play() {
  if (playing) {
    clearInterval(playing);
    playing = 0;
  } else {
    if (state.k === data.steps) state.k = 0;
    playing = setInterval(() => (state.k === data.steps ? play() : go(state.k + 1)), 350);
  }
  $("play").textContent = playing ? "Pause" : "Play";
  $("said").setAttribute("aria-live", playing ? "off" : "polite"); // nobody can listen to three sentences a second
}

function fitPaths() {
  const points = shownKeys().flatMap((key) => paths[key].slice(0, state.k + 1).map(({ point }) => point)).concat([state.start]);
  if (scene.minimum) points.push(scene.minimum);
  const ends = (i) => { const v = points.map((p) => p[i]); return [Math.min(...v), Math.max(...v)]; };
  const roomy = ([a, b]) => { const room = (b - a || 1) * 0.2; return [a - room, b + room]; };
  return scene.names.length === 1 ? sided(scene, { x: roomy(ends(0)) })
    : squared({ x: roomy(ends(0)), y: roomy(ends(1)) }, height(), width());
}

const view = (made) => { state.view = made; drawPicture(); };

function hear() {
  const number = (text) => (text.trim() === "" ? NaN : Number(text.trim().replace(",", ".").replace("−", "-")));
  $("scene").addEventListener("change", () => choose($("scene").selectedIndex));
  let due = 0; // a slider speaks more often than a page of many examples can answer
  $("rate").addEventListener("input", () => {
    const rate = Number((10 ** Number($("rate").value)).toPrecision(3));
    $("exact").value = tidy(rate);
    cancelAnimationFrame(due);
    due = requestAnimationFrame(() => setRate(rate));
  });
  $("exact").addEventListener("change", () => setRate(number($("exact").value)));
  [0, 1].forEach((i) => $(`start${i}`).addEventListener("change", () =>
    restart(scene.names.map((_, j) => number($(`start${j}`).value)))));
  $("step").addEventListener("input", () => go(Number($("step").value)));
  $("first").addEventListener("click", () => go(0));
  $("back").addEventListener("click", () => go(state.k - 1));
  $("next").addEventListener("click", () => go(state.k + 1));
  $("play").addEventListener("click", play);
  $("closer").addEventListener("click", () => view(zoomed(scene, state.view, 0.5)));
  $("wider").addEventListener("click", () => view(zoomed(scene, state.view, 2)));
  $("all").addEventListener("click", () => view(fitPaths()));
  $("which").addEventListener("change", draw);
  ["numbers", "export"].forEach((id) => $(id).addEventListener("toggle", draw));
  $("copy").addEventListener("click", () => {
    $("script").select();
    const done = () => { $("copied").textContent = "Copied."; };
    const chosen = () => { $("copied").textContent = "Selected: copy it with Ctrl+C."; };
    if (navigator.clipboard) navigator.clipboard.writeText($("script").value).then(done, chosen);
    else chosen();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea, summary") || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = { ArrowRight: state.k + 1, ArrowLeft: state.k - 1, Home: 0, End: data.steps }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
  let last = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== last) { last = innerWidth; draw(); } });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

// The page looks whether its arithmetic is the engine's, and says so.
function compare() {
  const worst = Math.max(...scenes.flatMap((each) => Object.entries(each.engine).map(([key, engine]) => apart(each, key, engine))));
  $("agrees").dataset.apart = String(worst);
  $("agrees").textContent = worst <= 1e-12
    ? `This page computes with the recorded programs of the function and its derivatives. On the paths below its numbers are those of the engine, to ${worst === 0 ? "the last digit" : worst.toExponential(0)}.`
    : Number.isNaN(worst) ? "On a path below this page's numbers are not finite any more where the engine's are: there a zero met an infinity, which the engine knows to be zero. Trust the engine."
    : `On the paths below this page's numbers differ from the engine's by up to ${worst.toExponential(1)}: trust the engine.`;
}

document.querySelectorAll("[data-js]").forEach((e) => { e.hidden = false; });
hear();
choose(0);
compare();
