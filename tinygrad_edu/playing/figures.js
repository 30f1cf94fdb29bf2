// The figures of this page at this moment: each is a function of the state, and of the paths that follow from it.

function drawPicture() {
  const svg = $("picture-svg"), canvas = $("shade"), { view } = state;
  const one = scene.names.length === 1;
  const frame = framed(svg, view, scene.names[0], one ? "f" : scene.names[1], height());
  canvas.hidden = one;
  if (one) {
    drawParabola(frame, view, atStep("gd"));
    drawCurve(frame, scene, view);
  } else {
    const few = scene.rows.length > 50 ? 36 : 64;
    view.cells ??= grid(scene, view, few, Math.round((few * frame.inside.height) / frame.inside.width));
    const { cells } = view;
    shade(canvas, cells, frame);
    levels(cells).forEach((level) => put(frame.layer, "path", { class: "contour", d: contour(cells, level, view, frame) }));
  }
  const [x, y] = one ? [atStep("gd").point[0], atStep("gd").value] : atStep("gd").point;
  const inside = x >= view.x[0] && x <= view.x[1] && y >= view.y[0] && y <= view.y[1];
  $("hint").textContent = inside ? "Click into the picture to start there." : "The descent has left the picture: “Whole path” shows it.";
  if (scene.minimum) drawMinimum(frame, one ? [scene.minimum[0], valueAt(scene, scene.minimum)] : scene.minimum);
  shownKeys().reverse().forEach((key) => {
    const points = paths[key].slice(0, state.k + 1).map(({ point, value }) => (one ? [point[0], value] : point));
    drawPath(frame.layer, key, points, frame, state.k);
  });
  svg.setAttribute("aria-label", `${one ? "The curve" : "Contours"} of ${scene.title}, with ${shownKeys().map((key) =>
    `${methodOf(key).name} at ${named(atStep(key).point)}`).join("; ") || "no path"}`);
  frame.layer.closest("svg").onclick = (event) => {
    const box = svg.getBoundingClientRect(), { inside } = frame;
    const share = [(event.clientX - box.left - inside.x) / inside.width, 1 - (event.clientY - box.top - inside.y) / inside.height];
    if (share.some((s) => s < 0 || s > 1)) return;
    const at = (range, s) => Number((range[0] + (range[1] - range[0]) * s).toPrecision(3));
    restart(one ? [at(view.x, share[0])] : [at(view.x, share[0]), at(view.y, share[1])]);
  };
}

// The value above the lowest that is known, over the steps; each line of the grid is a tenth of the one above.
function drawChart() {
  const lines = shownKeys().map((key) => ({
    key, values: paths[key].slice(0, state.k + 1).map(({ value }, k) => [k, value]).filter(([, v]) => Math.abs(v) < 1e300),
  })).filter(({ values }) => values.length);
  const all = lines.flatMap(({ values }) => values.map(([, v]) => v));
  const lowest = Math.min(scene.minimum ? valueAt(scene, scene.minimum) : Infinity, ...all);
  const least = 1e-16 * Math.max(1e-12, ...all.map((v) => v - lowest));
  const height = (v) => Math.log10(Math.max(v - lowest, least));
  const top = Math.ceil(Math.max(0, ...all.map(height))) || 1;
  const low = Math.max(Math.floor(Math.min(...all.map(height), top - 1)), top - 16);
  const span = Math.max(10, Math.min(data.steps, state.k));
  const frame = framed($("chart"), { x: [0, span], y: [low, top], powers: true }, "step", "f above its lowest", 200);
  lines.forEach(({ key, values }) => {
    const points = values.map(([k, v]) => [k, height(v)]), [k, y] = points[points.length - 1];
    const g = put(frame.layer, "g", { class: `path m-${key}` });
    put(g, "path", { class: "way", d: joined(points, frame) });
    put(g, "path", { class: "mark", d: MARKS[key], transform: `translate(${frame.x(k)} ${frame.y(y)}) scale(.7)` });
  });
}

// The lines so far, over the examples, and what each example is missed by.
function drawFit() {
  const [xs, ys] = scene.columns;
  const range = (v) => { const [a, b] = [Math.min(...v), Math.max(...v)]; return [a - 0.05 * (b - a || 1), b + 0.05 * (b - a || 1)]; };
  const view = { x: range(xs), y: range(ys) };
  const frame = framed($("fit"), view, scene.labels[0], scene.labels[1], 220);
  const line = (key) => { const [w, b] = atStep(key).point; return (x) => w * x + b; };
  const first = shownKeys()[0];
  if (first && xs.length <= 100) xs.forEach((x, i) => put(frame.layer, "path", { class: "residual", d: `M${frame.x(x)} ${frame.y(ys[i])}V${frame.y(line(first)(x))}` }));
  xs.forEach((x, i) => put(frame.layer, "circle", { class: "example", cx: frame.x(x), cy: frame.y(ys[i]), r: 2.5 }));
  shownKeys().forEach((key) => {
    const g = put(frame.layer, "g", { class: `path m-${key}` });
    put(g, "path", { class: "way", d: joined(view.x.map((x) => [x, line(key)(x)]), frame) });
  });
}

// The zones of learning rates below the slider, which is logarithmic.
function drawZones(steepest) {
  const svg = $("zones");
  const wide = Math.max(200, svg.parentElement.clientWidth);
  svg.setAttribute("viewBox", `0 0 ${wide} 40`);
  svg.setAttribute("width", wide);
  svg.replaceChildren();
  const { zone: now } = about(state.rate, steepest);
  if (now === -1) {
    put(svg, "text", { x: wide / 2, y: 20, "text-anchor": "middle" }, "no ideal learning rate at this step");
    return;
  }
  const place = (rate) => 9 + within((Math.log10(rate) - scene.low) / (scene.high - scene.low), 0, 1) * (wide - 18);
  data.zones.forEach((zone, i) => {
    const left = i ? place(data.zones[i - 1].end / steepest) : 0, right = zone.end === null ? wide : place(zone.end / steepest);
    const room = Math.max(0, right - left);
    put(svg, "rect", { class: `zone zone-${i}${i === now ? " now" : ""}`, x: left, y: 2, width: room, height: 18 });
    if (room > 7 * zone.name.length) put(svg, "text", { class: "zone-name", x: (left + right) / 2, y: 15, "text-anchor": "middle" }, zone.name);
  });
  const ideal = place(1 / steepest);
  put(svg, "path", { class: "ideal", d: `M${ideal} 0v23` });
  put(svg, "text", { x: within(ideal, 60, wide - 60), y: 36, "text-anchor": "middle" }, `ideal ${tidy(1 / steepest, 3)}`);
}
