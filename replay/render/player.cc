#include "replay/render/player.h"

namespace pawl::replay {

const char kPlayerHead[] = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
)html";

const char kPlayerStyle[] = R"html(<style>
body { font: 14px Arial, Helvetica, sans-serif; margin: 12px 16px; color: #22242a; }
h1 { font-size: 16px; margin: 0 0 8px; }
#controls { display: flex; gap: 8px; align-items: center; position: sticky; top: 0; background: #fff; padding: 6px 0; z-index: 1; }
#controls button { min-width: 38px; height: 30px; font-size: 14px; }
#slider { flex: 1; }
#where { min-width: 300px; font-variant-numeric: tabular-nums; }
#picture { overflow: auto; border: 1px solid #d0d3d9; }
#picture svg { display: block; }
#texts { height: 160px; overflow: auto; margin: 8px 0 0; padding-left: 28px; list-style: none; }
#texts li.incident { color: #c62828; }
g.taken > path.line { stroke: #2e7d32; stroke-width: 2.6; }
.active { fill: none; stroke: #1565c0; stroke-width: 3; }
.tokens { fill: #1565c0; } .completed { fill: #2e7d32; } .incidents { fill: #c62828; }
.badge rect { stroke: #fff; stroke-width: 1.2; }
.badge text { fill: #fff; font-size: 10px; font-weight: bold; text-anchor: middle; }
.traveller { fill: #1565c0; stroke: #fff; stroke-width: 1.5; }
</style>
)html";

const char kPlayerControls[] = R"html(<div id="controls">
<button id="first" title="First">|&lt;</button>
<button id="back" title="One back (arrow left)">&lt;</button>
<button id="play" title="Play or pause (space)">Play</button>
<button id="next" title="One on (arrow right)">&gt;</button>
<input id="slider" type="range" min="0" value="0" step="1" aria-label="Frame">
<select id="speed" aria-label="Speed"><option value="1600">0.5 x</option><option value="800" selected>1 x</option><option value="400">2 x</option><option value="100">8 x</option></select>
<span id="where"></span>
</div>
)html";

const char kPlayerScript[] = R"html(<script>
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const frames = data.frames;
  const svg = document.querySelector('#picture svg');
  const NS = 'http://www.w3.org/2000/svg';
  const byId = (name) => document.getElementById(name);
  const make = (tag, attributes, parent) => {
    const node = document.createElementNS(NS, tag);
    for (const name in attributes) node.setAttribute(name, attributes[name]);
    parent.appendChild(node);
    return node;
  };
  const many = () => {
    const map = new Map();
    return {
      add: (id, value) => map.has(id) ? map.get(id).push(value) : map.set(id, [value]),
      of: (id) => map.get(id) || [],
    };
  };
  const groups = many(), shapes = many(), edges = many();
  for (const g of svg.querySelectorAll('[data-element-id]')) groups.add(g.dataset.elementId, g);
  for (const [id, activity, x, y, w, h] of data.shapes) shapes.add(id, {activity, x, y, w, h});
  for (const [id, ...points] of data.edges) edges.add(id, points);
  const layer = make('g', {class: 'player'}, svg);
  const moving = make('g', {class: 'moving'}, svg);
  // What is drawn over each element, and how it stands.
  const drawn = new Map();

  const badge = (x, y, text, kind, parent) => {
    const width = Math.max(16, 7 * text.length + 8);
    const g = make('g', {class: 'badge ' + kind}, parent);
    make('rect', {x: x - width / 2, y: y - 8, width, height: 16, rx: 8}, g);
    make('text', {x, y: y + 3.6}, g).textContent = text;
    return g;
  };
  const fresh = (id) => {
    if (drawn.has(id)) drawn.get(id).remove();
    const g = make('g', {'data-overlay-of': id}, layer);
    drawn.set(id, g);
    return g;
  };
  const drawElement = ([id, tokens, completed, incidents]) => {
    const g = fresh(id);
    for (const s of shapes.of(id)) {
      const inside = s.activity ? 10 : 2;
      if (tokens > 0) {
        const rx = s.activity ? 10 : Math.min(s.w, s.h) / 2 + 3;
        make('rect', {x: s.x - 3, y: s.y - 3, width: s.w + 6, height: s.h + 6, rx, class: 'active'}, g);
        badge(s.x + inside, s.y + s.h - 1, String(tokens), 'tokens', g);
      }
      if (completed > 0) badge(s.x + s.w - inside, s.y + s.h - 1, String(completed), 'completed', g);
      if (incidents.length > 0) {
        const b = badge(s.x + s.w - inside, s.y + 1, incidents.length > 1 ? incidents.length + ' !' : '!', 'incidents', g);
        make('title', {}, b).textContent = incidents.join('\n');
      }
    }
  };
  const drawFlow = ([id, taken, resting]) => {
    const g = fresh(id);
    for (const group of groups.of(id)) group.classList.toggle('taken', taken > 0);
    for (const p of edges.of(id)) {
      const n = p.length;
      if (resting > 0) {
        const dx = p[n - 2] - p[n - 4], dy = p[n - 1] - p[n - 3], length = Math.hypot(dx, dy) || 1;
        const part = Math.min(22, length / 2) / length;
        badge(p[n - 2] - dx * part, p[n - 1] - dy * part, String(resting), 'tokens', g);
      }
    }
  };

  let at = -1;
  // Applies frames up to `to`; backwards from the beginning.
  const show = (to) => {
    to = Math.max(0, Math.min(frames.length - 1, to));
    moving.replaceChildren();
    const elements = new Map(), flows = new Map();
    if (to < at) {
      for (const g of drawn.values()) g.remove();
      drawn.clear();
      for (const g of svg.querySelectorAll('.taken')) g.classList.remove('taken');
      at = -1;
    }
    for (let i = at + 1; i <= to; ++i) {
      for (const e of frames[i].elements) elements.set(e[0], e);
      for (const f of frames[i].flows) flows.set(f[0], f);
    }
    flows.forEach(drawFlow);
    elements.forEach(drawElement);
    at = to;
    const frame = frames[at];
    byId('slider').value = at;
    byId('where').textContent = (at + 1) + ' of ' + frames.length + ' · ' + frame.position + ' · ' + frame.time;
    byId('texts').replaceChildren(...frame.texts.map((text) => {
      const li = document.createElement('li');
      li.textContent = text;
      if (text.includes('incident')) li.className = 'incident';
      return li;
    }));
    document.body.dataset.frame = at;
  };

  // A dot along each flow that this frame took, one flow after the other.
  const travel = (milliseconds) => {
    const lines = frames[at].taken.flatMap((id) => edges.of(id).slice(0, 1));
    if (lines.length === 0) return;
    const dot = make('circle', {r: 6, class: 'traveller'}, moving);
    const paths = lines.map((p) => {
      const path = document.createElementNS(NS, 'path');
      let d = 'M' + p[0] + ',' + p[1];
      for (let i = 2; i < p.length; i += 2) d += ' L' + p[i] + ',' + p[i + 1];
      path.setAttribute('d', d);
      return path;
    });
    const started = performance.now();
    const step = (now) => {
      const part = (now - started) / milliseconds * paths.length;
      const index = Math.floor(part);
      if (index >= paths.length || !dot.isConnected) return dot.remove();
      const point = paths[index].getPointAtLength((part - index) * paths[index].getTotalLength());
      dot.setAttribute('cx', point.x);
      dot.setAttribute('cy', point.y);
      requestAnimationFrame(step);
    };
    dot.setAttribute('cx', lines[0][0]);
    dot.setAttribute('cy', lines[0][1]);
    requestAnimationFrame(step);
  };

  let timer = 0;
  const pause = () => {
    clearTimeout(timer);
    timer = 0;
    byId('play').textContent = 'Play';
  };
  const tick = () => {
    if (at >= frames.length - 1) return pause();
    const delay = Number(byId('speed').value);
    show(at + 1);
    travel(delay * 0.9);
    timer = setTimeout(tick, delay);
  };
  const play = () => {
    if (timer !== 0) return pause();
    if (at >= frames.length - 1) show(0);
    byId('play').textContent = 'Pause';
    timer = setTimeout(tick, 200);
  };
  const go = (to) => {
    pause();
    show(to);
  };
  byId('play').onclick = play;
  byId('first').onclick = () => go(0);
  byId('back').onclick = () => go(at - 1);
  byId('next').onclick = () => { go(at + 1); travel(500); };
  byId('slider').max = frames.length - 1;
  byId('slider').oninput = (event) => go(Number(event.target.value));
  document.addEventListener('keydown', (event) => {
    if (event.target.tagName === 'SELECT' || event.target.tagName === 'INPUT') return;
    if (event.key === ' ') { event.preventDefault(); play(); }
    if (event.key === 'ArrowLeft') go(at - 1);
    if (event.key === 'ArrowRight') go(at + 1);
  });
  // "#12" begins there; else at the first frame.
  show(Number(location.hash.slice(1)) - 1 || 0);
})();
</script>
)html";

}  // namespace pawl::replay
