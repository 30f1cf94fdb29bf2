"use strict";
// The page's state is one number, the step; everything shown is a function of it, so back and forward agree.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const steps = data.steps.map(([source, target, n, of, isLast, told, words, running, contribution, incoming, local]) =>
    ({ source, target, n, of, last: isLast === 1, told, words: data.words[words], running, contribution, incoming, local }));
  const last = data.lines.length + 1 + steps.length; // forward lines, the seed, backward steps
  let at = 0;
  let playing = 0;

  const boxes = new Map([...document.querySelectorAll("[data-box]")].map((e) => [Number(e.dataset.box), e]));
  const edges = new Map([...document.querySelectorAll("[data-edge]")].map((e) => [e.dataset.edge, e]));
  const forwardRows = [...document.querySelectorAll("#forward tbody tr")];
  const backwardRows = [...document.querySelectorAll("#backward tbody tr")];

  const backwardAt = (i) => i - data.lines.length - 2; // which backward step is shown; -1 is the seed

  function known(i) {
    const values = new Set(data.sources);
    data.lines.slice(0, i).forEach((line) => values.add(line));
    const gradients = new Map();
    if (i > data.lines.length) gradients.set(data.result, data.seed);
    steps.slice(0, Math.max(0, backwardAt(i) + 1)).forEach((step) => {
      if (step.last) gradients.set(step.target, step.told);
    });
    if (i === last) data.unused.forEach((box) => gradients.set(box, "0"));
    return { values, gradients };
  }

  function clear() {
    document.querySelectorAll(".on").forEach((e) => e.classList.remove("on"));
    document.querySelectorAll("tr[aria-current]").forEach((e) => e.removeAttribute("aria-current"));
  }

  // Scroll a drawing that is larger than its frame until what is marked can be seen.
  function reveal(marked) {
    if (!marked.length) return;
    const frame = boxes.get(data.result).closest(".scroll");
    const outer = frame.getBoundingClientRect();
    const inner = marked.map((e) => e.getBoundingClientRect());
    const [top, bottom] = [Math.min(...inner.map((r) => r.top)), Math.max(...inner.map((r) => r.bottom))];
    const [left, right] = [Math.min(...inner.map((r) => r.left)), Math.max(...inner.map((r) => r.right))];
    if (top < outer.top || bottom > outer.bottom) frame.scrollTop += (top + bottom - outer.top - outer.bottom) / 2;
    if (left < outer.left || right > outer.right) frame.scrollLeft += (left + right - outer.left - outer.right) / 2;
  }

  function row(tr) {
    tr.classList.add("on");
    tr.setAttribute("aria-current", "step");
    const box = tr.closest(".scroll");
    box.scrollTop = Math.max(0, tr.offsetTop - box.clientHeight / 2);
    return tr;
  }

  function show() {
    clear();
    const { values, gradients } = known(at);
    boxes.forEach((e, box) => {
      const [, value, grad] = e.querySelectorAll("text");
      value.textContent = values.has(box) ? data.values[box] : "?";
      grad.textContent = "grad " + (gradients.has(box) ? gradients.get(box) : "?");
    });
    const now = $("formula");
    now.replaceChildren();
    ["numbers", "sum", "words", "where"].forEach((id) => { $(id).textContent = ""; });
    const back = backwardAt(at);
    if (at === 0) {
      $("what").textContent = "The inputs are given. Forward: every line computes a value from values before it.";
    } else if (at <= data.lines.length) {
      const tr = row(forwardRows[data.sources.length + at - 1]);
      const box = data.lines[at - 1];
      boxes.get(box).classList.add("on");
      edges.forEach((e, key) => key.endsWith("-" + box) && e.classList.add("on"));
      $("what").textContent = `Forward, line ${at} of ${data.lines.length}`;
      now.append(tr.cells[0].firstElementChild.cloneNode(true));
      $("numbers").textContent = "= " + data.values[box];
      $("where").textContent = tr.cells[2].textContent;
    } else if (back === -1) {
      boxes.get(data.result).classList.add("on");
      $("what").textContent = "Backward begins: the gradient of the result with respect to itself";
      $("numbers").textContent = data.seed;
    } else {
      const tr = row(backwardRows[back]);
      const step = steps[back];
      [step.source, step.target].forEach((box) => boxes.get(box).classList.add("on"));
      const edge = edges.get(step.target + "-" + step.source);
      if (edge) edge.classList.add("on");
      $("what").textContent = `Backward, step ${back + 1} of ${steps.length}`;
      now.append(tr.cells[1].firstElementChild.cloneNode(true));
      $("numbers").textContent = tr.cells[2].textContent;
      if (step.of > 1) {
        $("sum").textContent = `Paths meet here: contribution ${step.n} of ${step.of}` +
          (step.n > 1 ? `, together ${step.told}` : "") + (step.n < step.of ? "; the gradient is not known yet" : "");
      }
      const told = $("numbers").textContent.startsWith(step.words); // no rule to read, and so in words already
      $("words").textContent = told ? "" : `Rule: ${step.words}.`;
      $("where").textContent = forwardRows[data.sources.length + data.lines.indexOf(step.source)].cells[2].textContent;
    }
    reveal([...document.querySelectorAll("[data-box].on")]);
    $("count").textContent = `${at} of ${last}`;
    $("first").disabled = $("back").disabled = at === 0;
    $("next").disabled = $("end").disabled = at === last;
    ask();
    document.querySelectorAll(".wide").forEach((e) => { // what has to be scrolled can be reached by keyboard
      if (e.scrollWidth > e.clientWidth) e.tabIndex = 0;
      else e.removeAttribute("tabindex");
    });
  }

  // --- predict mode: the next number is hidden, and a wrong answer is diagnosed

  const upcoming = () => steps[backwardAt(at + 1)];

  function ask() {
    const step = $("predict").checked ? upcoming() : undefined;
    $("answer").value = "";
    $("question").hidden = step === undefined || step.running === undefined;
    $("next").disabled = at === last || !$("question").hidden;
    $("end").disabled = at === last || $("predict").checked;
    backwardRows.forEach((tr, i) => { tr.hidden = $("predict").checked && i > backwardAt(at); });
    if (!$("question").hidden) {
      const formula = backwardRows[backwardAt(at + 1)].cells[1].firstElementChild.cloneNode(true);
      $("ask").textContent = step.n > 1 ? "What is the sum after the next step?" : "What does the next step give?";
      $("asked").replaceChildren(formula);
    }
  }

  const near = (a, b) => Math.abs(a - b) <= 1e-3 * Math.max(Math.abs(a), Math.abs(b)) || Math.abs(a - b) < 1e-12;

  const tidy = (v) => Number(v.toPrecision(6)).toString();

  function diagnose(answer, step) {
    if (near(answer, step.running)) return "";
    if (near(answer, -step.running)) return "The size is right and the sign is wrong.";
    if (step.n > 1 && near(answer, step.contribution)) {
      return `That is this path alone. Another path came before: add the ${tidy(step.running - step.contribution)} that is there already.`;
    }
    if (step.local != null && near(answer, step.local)) {
      return `That is the local derivative. Multiply it with the incoming gradient, ${tidy(step.incoming)}.`;
    }
    if (near(answer, step.incoming)) {
      return "That is the incoming gradient. Multiply it with the local derivative" +
        (step.local == null ? "." : `, ${tidy(step.local)}.`);
    }
    if (step.local != null && near(answer, step.incoming + step.local)) {
      return "You added the incoming gradient and the local derivative. Along a path they are multiplied.";
    }
    return "Not this number: take the incoming gradient times the local derivative" +
      (step.n > 1 ? ", and add what came on other paths." : ".");
  }

  $("question").addEventListener("submit", (event) => {
    event.preventDefault();
    const step = upcoming();
    const answer = Number($("answer").value.trim().replace(",", ".").replace("−", "-"));
    const said = $("verdict");
    if ($("answer").value.trim() === "" || Number.isNaN(answer)) {
      said.className = "wrong";
      said.textContent = "Type a number, such as -0.25.";
      return;
    }
    const wrong = diagnose(answer, step);
    said.className = wrong ? "wrong" : "right";
    said.textContent = wrong || `Right: ${step.told}.`;
    if (!wrong) go(at + 1);
  });

  function go(to) {
    at = Math.min(last, Math.max(0, to));
    show();
  }

  function move(by) {
    if (by > 0 && $("next").disabled) return;
    $("verdict").textContent = "";
    go(at + by);
  }

  function play() {
    if (playing) {
      clearInterval(playing);
      playing = 0;
    } else {
      playing = setInterval(() => (at === last || $("next").disabled ? play() : move(1)), 900);
    }
    $("play").textContent = playing ? "Pause" : "Play";
  }

  $("first").addEventListener("click", () => move(-last));
  $("back").addEventListener("click", () => move(-1));
  $("next").addEventListener("click", () => move(1));
  $("end").addEventListener("click", () => { if (!$("end").disabled) move(last); });
  $("play").addEventListener("click", play);
  $("predict").addEventListener("change", () => { $("verdict").textContent = ""; show(); });
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input[type=text], .scroll, .wide") || event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowRight: 1, ArrowLeft: -1, Home: -last, End: last }[event.key];
    if (by === undefined || (by === last && $("end").disabled)) return;
    event.preventDefault();
    move(by);
  });
  document.querySelectorAll("[data-js]").forEach((e) => { e.hidden = false; });
  show();
})();
