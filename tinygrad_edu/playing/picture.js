// The pictures: a curve or contours with the paths on it, the fitted lines, and the values over the steps.

const NS = "http://www.w3.org/2000/svg";
const LETTERS = { width: 7, height: 14 };

function put(parent, name, attributes = {}, text = "") {
  const made = document.createElementNS(NS, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

const tidy = (v, digits = 6) => {
  if (!Number.isFinite(v) || v === 0) return String(v + 0);
  return Math.abs(v) < 1e-4 || Math.abs(v) >= 1e9 ? String(Number(v.toPrecision(digits)).toExponential()) : String(Number(v.toPrecision(digits)));
};
const within = (v, low, high) => (v === v ? Math.min(high, Math.max(low, v)) : low);

// A number on an axis, short.
const marked = (v) => (Math.abs(v) >= 1e5 ? v.toExponential().replace("+", "") : tidy(v, 4));

// Round numbers between two ends, about `wanted` of them.
function ticks(low, high, wanted) {
  const rough = (high - low) / Math.max(1, wanted);
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = ten * [1, 2, 5, 10].find((m) => m * ten >= rough);
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high; i += 1) found.push(i * step);
  return found;
}

// A frame with axes: where a point of the view is on the screen. `name` and `side` label the axes.
function framed(svg, view, name, side, height) {
  const wide = Math.max(240, svg.parentElement.clientWidth), high = height;
  const [left, bottom, right, top] = [46, 34, 10, 22];
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
  svg.setAttribute("width", wide);
  svg.setAttribute("height", high);
  const x = (v) => within(left + ((v - view.x[0]) / (view.x[1] - view.x[0])) * (wide - left - right), -1e4, 1e4);
  const y = (v) => within(high - bottom - ((v - view.y[0]) / (view.y[1] - view.y[0])) * (high - bottom - top), -1e4, 1e4);
  const axes = put(svg, "g", { class: "axes" });
  ticks(...view.x, wide / 90).forEach((v) => {
    put(axes, "line", { x1: x(v), x2: x(v), y1: top, y2: high - bottom });
    put(axes, "text", { x: x(v), y: high - bottom + 15, "text-anchor": "middle" }, marked(v));
  });
  ticks(...view.y, high / 60).filter((v) => !view.powers || Number.isInteger(v)).forEach((v) => {
    put(axes, "line", { x1: left, x2: wide - right, y1: y(v), y2: y(v) });
    put(axes, "text", { x: left - 5, y: y(v) + 4, "text-anchor": "end" }, view.powers ? `1e${v}` : marked(v));
  });
  put(axes, "text", { class: "name", x: wide - right, y: high - 5, "text-anchor": "end" }, name);
  put(axes, "text", { class: "name", x: 4, y: 11 }, side);
  const clip = `clip-${svg.id}`;
  const inside = { x: left, y: top, width: wide - left - right, height: high - bottom - top };
  put(put(svg, "clipPath", { id: clip }), "rect", inside);
  return { x, y, inside, layer: put(svg, "g", { "clip-path": `url(#${clip})` }), wide, high };
}

const joined = (points, frame) => points.map(([x, y], i) => `${i ? "L" : "M"}${frame.x(x).toFixed(1)} ${frame.y(y).toFixed(1)}`).join("");

// --- the view

function firstView(scene, height, width) {
  const ends = [scene.start, scene.minimum || scene.start];
  const middle = (i) => (ends[0][i] + ends[1][i]) / 2;
  const half = (i) => Math.abs(ends[0][i] - ends[1][i]) * 0.8;
  const widest = Math.max(...scene.names.map((_, i) => half(i))) || 2;
  if (scene.names.length === 1 && scene.minimum) { // as far on the other side, for those that overshoot
    const far = 1.3 * Math.abs(scene.start[0] - scene.minimum[0]) || 2;
    const view = sided(scene, { x: [scene.minimum[0] - far, scene.minimum[0] + far] });
    const [low, high] = [valueAt(scene, scene.minimum), valueAt(scene, scene.start)];
    return { x: view.x, y: [view.y[0], Math.min(view.y[1], high > low ? low + 2.5 * (high - low) : Infinity)] };
  }
  if (scene.names.length === 1) return sided(scene, { x: [middle(0) - widest, middle(0) + widest] });
  const [a, b] = [Math.max(half(0), widest / 3), Math.max(half(1), widest / 3)];
  return squared({ x: [middle(0) - a, middle(0) + a], y: [middle(1) - b, middle(1) + b] }, height, width);
}

// A unit is as long on both axes, so that the gradient is seen to be at right angles to the contours.
function squared(view, height, width) {
  const units = [view.x[1] - view.x[0], view.y[1] - view.y[0]];
  const pixel = Math.max(units[0] / (width - 56), units[1] / (height - 56));
  const about = ([low, high], room) => [(low + high - room * pixel) / 2, (low + high + room * pixel) / 2];
  return { x: about(view.x, width - 56), y: about(view.y, height - 56) };
}

function sided(scene, view) {
  const values = Array.from({ length: 101 }, (_, i) => valueAt(scene, [view.x[0] + ((view.x[1] - view.x[0]) * i) / 100]));
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite), high = Math.max(...finite), room = (high - low) * 0.08 || 1;
  return { x: view.x, y: [low - room, high + room] };
}

function zoomed(scene, view, factor) {
  const about = ([low, high]) => [(low + high - (high - low) * factor) / 2, (low + high + (high - low) * factor) / 2];
  return scene.names.length === 1 ? sided(scene, { x: about(view.x) }) : { x: about(view.x), y: about(view.y) };
}

// --- contours

function grid(scene, view, columns, rows) {
  const at = (range, i, n) => range[0] + ((range[1] - range[0]) * i) / n;
  const values = [];
  for (let j = 0; j <= rows; j += 1) {
    values.push(Array.from({ length: columns + 1 }, (_, i) => valueAt(scene, [at(view.x, i, columns), at(view.y, j, rows)])));
  }
  const finite = values.flat().filter(Number.isFinite);
  return { values, columns, rows, low: Math.min(...finite), high: Math.max(...finite), at };
}

// Levels that lie at equal distances on a bowl: their heights grow as squares.
const levels = ({ low, high }, n = 14) => Array.from({ length: n }, (_, i) => low + (high - low) * ((i + 1) / (n + 1)) ** 2);

// Where a contour crosses the sides of each cell of the grid, as pieces of straight lines.
function contour({ values, columns, rows, at }, level, view, frame) {
  let told = "";
  for (let j = 0; j < rows; j += 1) {
    for (let i = 0; i < columns; i += 1) {
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
      const crossings = [];
      corners.forEach(([a, b], k) => {
        const [c, d] = corners[(k + 1) % 4];
        const [one, other] = [values[b][a], values[d][c]];
        if ((one < level) !== (other < level) && Number.isFinite(one + other)) {
          const part = (level - one) / (other - one);
          crossings.push([frame.x(at(view.x, a + (c - a) * part, columns)), frame.y(at(view.y, b + (d - b) * part, rows))]);
        }
      });
      for (let k = 0; k + 1 < crossings.length; k += 2) {
        const [[x1, y1], [x2, y2]] = [crossings[k], crossings[k + 1]];
        told += `M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`;
      }
    }
  }
  return told;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const parts = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

// The heights as shades, low to high, behind the contours.
function shade(canvas, cells, frame) {
  const [deep, high] = [parts(colour("--deep")), parts(colour("--high"))];
  canvas.width = cells.columns + 1;
  canvas.height = cells.rows + 1;
  canvas.style.left = `${frame.inside.x}px`;
  canvas.style.top = `${frame.inside.y}px`;
  canvas.style.width = `${frame.inside.width}px`;
  canvas.style.height = `${frame.inside.height}px`;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  cells.values.forEach((row, j) => row.forEach((v, i) => {
    const share = Number.isFinite(v) ? Math.sqrt((v - cells.low) / (cells.high - cells.low || 1)) : 1;
    const place = 4 * ((cells.rows - j) * canvas.width + i);
    deep.forEach((c, k) => { image.data[place + k] = c + (high[k] - c) * share; });
    image.data[place + 3] = 255;
  }));
  context.putImageData(image, 0, 0);
}

// --- paths

const MARKS = {
  gd: "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0Z", momentum: "M-5.5-5.5H5.5V5.5H-5.5Z", adam: "M0-7L6.5 5.5H-6.5Z",
  newton: "M0-7.5L7.5 0L0 7.5L-7.5 0Z", minibatch: "M0 7L6.5-5.5H-6.5Z", sgd: "M-6-2H-2V-6H2V-2H6V2H2V6H-2V2H-6Z",
};

function drawPath(layer, key, points, frame, k) {
  const shown = points.slice(0, k + 1);
  const g = put(layer, "g", { class: `path m-${key}` });
  put(g, "path", { class: "way", d: joined(shown, frame) });
  if (shown.length <= 60) shown.slice(0, -1).forEach(([x, y]) => put(g, "circle", { cx: frame.x(x), cy: frame.y(y), r: 2.5 }));
  const [x, y] = shown[shown.length - 1];
  put(g, "path", { class: "mark", d: MARKS[key], transform: `translate(${frame.x(x)} ${frame.y(y)})` });
}

function drawCurve(frame, scene, view) {
  const n = 240;
  const points = Array.from({ length: n + 1 }, (_, i) => view.x[0] + ((view.x[1] - view.x[0]) * i) / n)
    .map((x) => [x, valueAt(scene, [x])]).filter(([, y]) => Number.isFinite(y));
  put(frame.layer, "path", { class: "curve", d: joined(points, frame) });
}

// The parabola that touches the curve where we are: Newton jumps to its bottom.
function drawParabola(frame, view, here) {
  const [x0, f, slope, bend] = [here.point[0], here.value, here.gradient[0], here.hessian[0]];
  if (![x0, f, slope, bend].every(Number.isFinite)) return;
  const points = Array.from({ length: 121 }, (_, i) => view.x[0] + ((view.x[1] - view.x[0]) * i) / 120)
    .map((x) => [x, f + slope * (x - x0) + (bend / 2) * (x - x0) ** 2]);
  put(frame.layer, "path", { class: "parabola", d: joined(points, frame) });
  if (bend > 0) {
    const bottom = [x0 - slope / bend, f - slope ** 2 / (2 * bend)];
    put(frame.layer, "circle", { class: "bottom", cx: frame.x(bottom[0]), cy: frame.y(bottom[1]), r: 4 });
  }
}

function drawMinimum(frame, point) {
  const [x, y] = [frame.x(point[0]), frame.y(point[1])];
  put(frame.layer, "path", { class: "minimum", d: `M${x - 6} ${y}h12M${x} ${y - 6}v12` });
}
