// The sky: footprints of the rows, near ones in the tangent plane, the whole sky as a globe.
"use strict";
(() => {
  const RAD = Math.PI / 180;
  const COLOURS = { HST: "#7dd3fc", JWST: "#fbbf24", TESS: "#f87171", Kepler: "#a3e635", K2: "#bef264", GALEX: "#c4b5fd",
    IUE: "#f0abfc", HLA: "#5eead4", HLSP: "#fdba74", PS1: "#94a3b8", SWIFT: "#fda4af" };
  const colour = (mission) => COLOURS[mission] || `hsl(${[...mission].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 360, 7)} 70% 70%)`;
  let state = null, frame = 0;

  const vector = (ra, dec) => [Math.cos(dec * RAD) * Math.cos(ra * RAD), Math.cos(dec * RAD) * Math.sin(ra * RAD), Math.sin(dec * RAD)];
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  function basis(ra, dec) { // east, north and towards us
    return [[-Math.sin(ra * RAD), Math.cos(ra * RAD), 0],
      [-Math.sin(dec * RAD) * Math.cos(ra * RAD), -Math.sin(dec * RAD) * Math.sin(ra * RAD), Math.cos(dec * RAD)], vector(ra, dec)];
  }
  function projector() {
    const { width, height } = state.canvas, [east, north, out] = basis(state.ra, state.dec);
    const globe = state.field > 60, size = Math.min(width, height);
    const scale = globe ? size / 2 / Math.sin(Math.min(90, state.field / 2) * RAD) : size / 2 / Math.tan(state.field / 2 * RAD);
    return (v) => {
      const z = dot(v, out);
      if (z <= (globe ? 0 : .05)) return null;
      const k = globe ? scale : scale / z;
      return [width / 2 - k * dot(v, east), height / 2 - k * dot(v, north)];
    };
  }
  function pathOf(shape, project) {
    const path = new Path2D();
    let first = true;
    for (const corner of shape.corners) {
      const point = project(corner);
      if (!point) return null;
      if (first) path.moveTo(...point); else path.lineTo(...point);
      first = false;
    }
    path.closePath();
    return path;
  }
  function draw() {
    frame = 0;
    const { canvas, context } = state, project = projector();
    context.fillStyle = "#0b1524";
    context.fillRect(0, 0, canvas.width, canvas.height);
    drawGrid(context, project);
    context.globalAlpha = .5;
    for (const cell of state.cells) {
      const point = project(cell.v);
      if (!point) continue;
      context.fillStyle = cell.fill;
      context.fillRect(point[0] - 2, point[1] - 2, 4, 4);
    }
    context.globalAlpha = 1;
    context.lineWidth = Math.max(1, devicePixelRatio);
    state.paths = [];
    for (const shape of state.shapes) {
      const path = pathOf(shape, project);
      if (!path) continue;
      state.paths.push([path, shape]);
      context.strokeStyle = shape.colour;
      context.globalAlpha = shape.large ? .35 : .85;
      context.stroke(path);
    }
    context.globalAlpha = 1;
    if (state.cone) drawCone(context, project);
    for (const [path, shape] of state.paths) {
      if (shape.id !== state.lit) continue;
      context.fillStyle = "rgb(255 243 196 / 35%)"; context.fill(path);
      context.strokeStyle = "#fff3c4"; context.lineWidth = 3 * devicePixelRatio; context.stroke(path);
    }
  }
  function drawGrid(context, project) {
    const step = [30, 15, 10, 5, 2, 1, .5, .2, .1, .05, .02, .01].find((each) => state.field / each >= 3) || .01;
    context.strokeStyle = "rgb(148 163 184 / 28%)"; context.lineWidth = 1;
    const wide = Math.min(90, state.field), low = Math.max(-90, state.dec - wide), high = Math.min(90, state.dec + wide);
    const span = Math.min(180, wide / Math.max(.05, Math.cos(Math.min(89, Math.abs(state.dec) + wide / 2) * RAD)));
    const line = (points) => {
      context.beginPath();
      let down = false;
      for (const [ra, dec] of points) {
        const p = project(vector(ra, dec));
        if (!p) { down = false; continue; }
        if (down) context.lineTo(...p); else context.moveTo(...p);
        down = true;
      }
      context.stroke();
    };
    const many = 48;
    for (let dec = Math.ceil(low / step) * step; dec <= high; dec += step)
      line(Array.from({ length: many + 1 }, (_, n) => [state.ra - span + 2 * span * n / many, dec]));
    const across = Math.min(30, step * (span > wide * 1.5 ? 2 : 1)) || step;
    for (let ra = Math.ceil((state.ra - span) / across) * across; ra <= state.ra + span; ra += across)
      line(Array.from({ length: many + 1 }, (_, n) => [ra, low + (high - low) * n / many]));
  }
  function drawCone(context, project) {
    const [ra, dec, radius] = state.cone, [east, north, out] = basis(ra, dec);
    context.beginPath();
    for (let n = 0; n <= 72; n++) {
      const a = n * 5 * RAD, s = Math.sin(radius * RAD), c = Math.cos(radius * RAD);
      const p = project([0, 1, 2].map((k) => c * out[k] + s * (Math.cos(a) * north[k] + Math.sin(a) * east[k])));
      if (p) context[n ? "lineTo" : "moveTo"](...p);
    }
    context.setLineDash([6, 4]); context.strokeStyle = "#fff"; context.stroke(); context.setLineDash([]);
  }
  const later = () => { if (!frame) frame = requestAnimationFrame(draw); };

  function fit() { // the field that holds the cone, or the footprints
    if (state.cone) { [state.ra, state.dec] = state.cone; state.field = Math.max(.01, state.cone[2] * 3); return; }
    const middles = state.shapes.map((shape) => shape.corners[0]);
    if (!middles.length) { state.ra = 266; state.dec = 30; state.field = 180; return; }
    const sum = middles.reduce((a, v) => [a[0] + v[0], a[1] + v[1], a[2] + v[2]], [0, 0, 0]);
    const size = Math.hypot(...sum) || 1, mean = sum.map((x) => x / size);
    state.ra = (Math.atan2(mean[1], mean[0]) / RAD + 360) % 360;
    state.dec = Math.asin(Math.max(-1, Math.min(1, mean[2]))) / RAD;
    const widest = Math.max(...state.shapes.flatMap((s) => s.corners.map((v) => Math.acos(Math.max(-1, Math.min(1, dot(v, mean)))) / RAD)));
    state.field = Math.min(180, Math.max(.02, widest * 2.3));
  }
  function size() {
    const box = state.canvas.getBoundingClientRect();
    state.canvas.width = Math.round(box.width * devicePixelRatio);
    state.canvas.height = Math.round(box.height * devicePixelRatio);
    later();
  }
  function at(event) {
    const box = state.canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) * devicePixelRatio, y = (event.clientY - box.top) * devicePixelRatio;
    const found = (state.paths || []).filter(([path]) => state.context.isPointInPath(path, x, y));
    found.sort((a, b) => a[1].size - b[1].size);
    return found.length ? found[0][1] : null;
  }
  function light(id, from) { document.dispatchEvent(new CustomEvent("light", { detail: { id, from } })); }
  function move(dx, dy) {
    const turn = state.field / Math.min(state.canvas.clientWidth, state.canvas.clientHeight);
    state.ra = (state.ra + dx * turn / Math.max(.1, Math.cos(state.dec * RAD)) + 360) % 360;
    state.dec = Math.max(-90, Math.min(90, state.dec + dy * turn));
    later();
  }
  function zoom(by) { state.field = Math.max(.001, Math.min(180, state.field * by)); later(); }

  function listen(canvas) {
    let held = null;
    canvas.addEventListener("pointerdown", (event) => { held = [event.clientX, event.clientY, false]; canvas.setPointerCapture(event.pointerId); });
    canvas.addEventListener("pointermove", (event) => {
      if (held) {
        const dx = event.clientX - held[0], dy = event.clientY - held[1];
        if (Math.abs(dx) + Math.abs(dy) > 2 || held[2]) { move(dx, dy); held = [event.clientX, event.clientY, true]; }
      } else { const shape = at(event); state.lit = shape && shape.id; light(shape && String(shape.id), "hover"); later(); }
    });
    canvas.addEventListener("pointerup", (event) => {
      if (held && !held[2]) { const shape = at(event); if (shape) light(String(shape.id), "sky"); }
      held = null;
    });
    canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2); }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
      if (steps[event.key]) { event.preventDefault(); move(...steps[event.key]); }
      if (event.key === "+" || event.key === "-") zoom(event.key === "+" ? 1 / 1.5 : 1.5);
    });
  }
  async function load(figure) {
    const own = state, text = figure.querySelector("figcaption");
    const density = fetch("/sky/density.json").then((answer) => answer.json());
    if (!figure.dataset.empty) {
      const found = await (await fetch("/sky/footprints.json?" + figure.dataset.query)).json();
      if (own !== state) return;
      own.shapes = (found.shapes || []).filter((s) => s.length >= 7).map(([owner, ...numbers]) => {
        const corners = [];
        for (let n = 0; n < numbers.length; n += 2) corners.push(vector(numbers[n], numbers[n + 1]));
        const middle = corners.reduce((a, v) => [a[0] + v[0], a[1] + v[1], a[2] + v[2]], [0, 0, 0]);
        const length = Math.hypot(...middle) || 1;
        const reach = Math.max(...corners.map((v) => Math.acos(Math.max(-1, Math.min(1, dot(v, middle) / length)))));
        return { id: String(found.ids[owner]), colour: colour(found.missions[owner] || ""), corners, size: reach, large: false };
      });
      const usual = own.shapes.map((s) => s.size).sort((a, b) => a - b)[own.shapes.length >> 1] || 0;
      own.shapes.forEach((s) => { s.large = s.size > 4 * usual; });
      own.shapes.sort((a, b) => b.size - a.size);
      const missions = [...new Set(found.missions)].sort();
      text.replaceChildren(...missions.flatMap((name) => {
        const mark = document.createElementNS("http://www.w3.org/2000/svg", "svg"), dot_ = document.createElementNS("http://www.w3.org/2000/svg", "circle");
        mark.setAttribute("width", 12); mark.setAttribute("height", 12); mark.setAttribute("aria-hidden", "true");
        for (const [key, value] of Object.entries({ cx: 6, cy: 6, r: 5, fill: colour(name) })) dot_.setAttribute(key, value);
        mark.append(dot_);
        return [mark, ` ${name || "none"}   `];
      }), found.total > own.shapes.length ? `${own.shapes.length.toLocaleString()} shapes of ${found.total.toLocaleString()} observations` : "");
      fit(); later();
    } else { fit(); later(); text.textContent = "Where the archive has observations. Drag to turn, scroll to zoom."; }
    const cells = await density;
    if (own !== state) return;
    const most = Math.max(1, ...cells.count);
    own.cells = cells.ra.map((ra, n) => ({ v: vector(ra, cells.dec[n]), fill: `hsl(205 60% ${25 + 50 * Math.log1p(cells.count[n]) / Math.log1p(most)}%)` }));
    later();
  }
  function start() {
    const figure = document.querySelector("#sky");
    if (!figure) return;
    const canvas = figure.querySelector("canvas");
    state = { canvas, context: canvas.getContext("2d"), shapes: [], cells: [], paths: [], lit: null, ra: 0, dec: 0, field: 180,
      cone: figure.dataset.cone ? figure.dataset.cone.split(" ").map(Number) : null };
    window.topmastSky = state;
    listen(canvas); size(); load(figure);
  }
  document.addEventListener("light", (event) => { if (state && event.detail.from === "rows") { state.lit = event.detail.id; later(); } });
  document.addEventListener("page-ready", start);
  addEventListener("resize", () => { if (state) size(); });
  if (document.readyState !== "loading" && document.querySelector("#sky")) start();
})();
