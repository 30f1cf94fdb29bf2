// The arithmetic of the page: the value, slope and curvature of a scene, and the methods that go down. It is the same as
// the engine's: `programs` are its recorded programs, and the formulae of the methods are those of tinygrad_edu.optim.

function slopes(scene, point, rows = scene.rows) {
  const n = point.length;
  const total = new Array(1 + n + (n * (n + 1)) / 2).fill(0);
  for (const row of rows) scene.program.slopes(...point, ...row).forEach((x, i) => { total[i] += x; });
  const mean = total.map((x) => x / rows.length);
  return { value: mean[0], gradient: mean.slice(1, 1 + n), hessian: mean.slice(1 + n) }; // its upper triangle
}

function valueAt(scene, point) {
  let total = 0;
  for (const row of scene.rows) total += scene.program.value(...point, ...row)[0];
  return total / scene.rows.length;
}

// The second derivatives along the flattest and the steepest direction.
function bends(hessian) {
  if (hessian.length === 1) return hessian;
  const [a, b, c] = hessian;
  const middle = (a + c) / 2, apart = Math.hypot((a - c) / 2, b);
  return [middle - apart, middle + apart];
}

const size = (vector) => Math.hypot(...vector);

// H d = g, by elimination with pivots; null if H is singular.
function solved(hessian, g) {
  if (g.length === 1) return hessian[0] === 0 ? null : [g[0] / hessian[0]];
  let [[a, b, p], [c, d, q]] = [[hessian[0], hessian[1], g[0]], [hessian[1], hessian[2], g[1]]];
  if (Math.abs(c) > Math.abs(a)) [a, b, p, c, d, q] = [c, d, q, a, b, p];
  if (a === 0) return null;
  const factor = c / a, last = d - factor * b;
  if (last === 0) return null;
  const y = (q - factor * p) / last;
  return [(p - b * y) / a, y];
}

// Each takes the learning rate and gives a step: (point, what slopes says there) -> point, or null where it has none.
const steppers = {
  gd: (rate) => (point, { gradient }) => point.map((x, i) => x + -rate * gradient[i]),
  momentum: (rate) => {
    let velocity = null;
    return (point, { gradient }) => {
      velocity = gradient.map((g, i) => (velocity ? 0.9 * velocity[i] : 0) + g);
      return point.map((x, i) => x + -rate * velocity[i]);
    };
  },
  adam: (rate) => {
    const [b1, b2, small] = [0.9, 0.999, 1e-8];
    let k = 0, M = [0, 0], V = [0, 0];
    return (point, { gradient }) => {
      k += 1;
      M = gradient.map((g, i) => b1 * M[i] + g);
      V = gradient.map((g, i) => b2 * V[i] + g * g);
      const weights = (1 - b1 ** k) / (1 - b1), root = ((1 - b2 ** k) / (1 - b2)) ** 0.5;
      return point.map((x, i) => x + -rate * (((root / weights) * M[i]) / (Math.sqrt(V[i]) + root * small)));
    };
  },
  newton: () => (point, { gradient, hessian }) => {
    const step = solved(hessian, gradient);
    return step && point.map((x, i) => x - step[i]);
  },
};
steppers.minibatch = steppers.sgd = steppers.gd;

// The examples of each step: all of them, or the next few in the order that Python drew.
function* batches(scene, key) {
  const few = { minibatch: scene.batchSize, sgd: 1 }[key];
  if (!few) for (;;) yield scene.rows;
  for (const order of scene.orders) {
    for (let i = 0; i < order.length; i += few) yield order.slice(i, i + few).map((j) => scene.rows[j]);
  }
}

// The points of a descent, the start first; the slope of all examples at each. It ends early where a point is not finite.
function descend(scene, key, rate, start, steps) {
  const step = steppers[key](rate);
  const path = [{ point: start, ...slopes(scene, start) }];
  let k = 0;
  for (const rows of batches(scene, key)) {
    if (k === steps) break;
    const here = path[k];
    const next = step(here.point, rows === scene.rows ? here : slopes(scene, here.point, rows));
    if (!next || !next.every(Number.isFinite)) break;
    path.push({ point: next, ...slopes(scene, next) });
    k += 1;
    const steepness = size(path[k].gradient);
    if (!(steepness < 1e200)) break;
  }
  return path;
}

// What became of a descent: after how many steps its slope was small and stayed so, or why it never does.
function outcome(scene, key, path, most) {
  const first = size(path[0].gradient);
  let small = 0;
  for (let k = 0; k < path.length; k += 1) {
    const now = size(path[k].gradient);
    small = now <= scene.tolerance * first ? small + 1 : 0;
    if (small > data.stays) return { steps: k + 1 - small };
    if (Number.isNaN(now)) return { steps: null, why: "ends" };
    if (!(now < 1e9 * first) && first > 0) return { steps: null, why: path[k].value < path[0].value ? "falls" : "climbs" };
  }
  if (small) return { steps: path.length - small };
  const last = path[path.length - 1];
  if (path.length <= most) return { steps: null, why: key === "newton" ? "singular" : "ends" };
  if (key === "gd" && Math.abs(size(last.gradient) / first - 1) < 1e-9) return { steps: null, why: "bounces" };
  return { steps: null, why: isSampled(key) ? "noise" : "slow" };
}

// The largest difference between the page's path and the engine's, relative to the size of the points. Newton goes step by
// step from the engine's points: where it leaps about, the last digit of a point soon decides where it goes.
function apart(scene, key, engine) {
  const path = key === "newton"
    ? engine.map((point, k) => (k ? descend(scene, key, scene.rate, engine[k - 1], 1)[1] : { point }))
    : descend(scene, key, scene.rate, scene.start, engine.length - 1);
  let worst = 0;
  engine.forEach((point, k) => point.forEach((x, i) => {
    const gap = Math.abs((path[k] ? path[k].point[i] : NaN) - x) / Math.max(1, Math.abs(x));
    if (!(gap <= worst)) worst = gap;
  }));
  return worst;
}
