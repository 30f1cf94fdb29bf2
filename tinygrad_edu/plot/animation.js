"use strict";
// Shows the frames of a picture one by one: what belongs to frame k has an id that begins with frame-k-.
const { labels, keep } = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const parts = [...document.querySelectorAll('[id^="frame-"]')].map((part) => [Number(part.id.split("-")[1]), part]);
let timer = null;

function show(k) {
  for (const [frame, part] of parts) {
    const seen = keep ? frame <= k : frame === k;
    if (seen) part.removeAttribute("display");
    else part.setAttribute("display", "none");
  }
  at("frame").value = k;
  at("label").textContent = labels[k];
}

function stop() {
  clearInterval(timer);
  timer = null;
  at("play").textContent = "Play";
}

function move(by) {
  stop();
  show(Math.min(labels.length - 1, Math.max(0, Number(at("frame").value) + by)));
}

function play() {
  if (timer !== null) return stop();
  let k = Number(at("frame").value);
  if (k === labels.length - 1) show(k = 0);
  at("play").textContent = "Pause";
  timer = setInterval(() => {
    show(++k);
    if (k >= labels.length - 1) stop();
  }, Math.max(60, Math.min(600, 8000 / labels.length)));
}

at("play").addEventListener("click", play);
at("back").addEventListener("click", () => move(-1));
at("next").addEventListener("click", () => move(1));
at("frame").addEventListener("input", () => move(0));
document.querySelector("[data-js]").hidden = false;
show(0);
