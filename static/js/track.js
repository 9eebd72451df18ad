/* A track: positions drawn as a line on a plain grid, with a scale, start and end, stops, and a moment to look at.
   Nothing is fetched but the positions: no map server learns where anybody was. */
(function () {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const EARTH = 6371000;
  const SPEEDS = [5, 50, 90];
  const STOP_SECONDS = 600;
  const STOP_METRES = 150;
  const GAP_SECONDS = 1800;
  const TIME = 0, LAT = 1, LON = 2, SPEED = 3;
  const { draw, fill, digits, telling, sampled } = window.portalCharts;

  function make(name, attributes, text) {
    const node = document.createElementNS(SVG, name);
    Object.entries(attributes || {}).forEach(([key, value]) => node.setAttribute(key, value));
    if (text !== undefined) node.textContent = text;
    return node;
  }

  const radians = (degrees) => (degrees * Math.PI) / 180;
  function metres(a, b) {
    const x = radians(b[LON] - a[LON]) * Math.cos(radians((a[LAT] + b[LAT]) / 2));
    return EARTH * Math.hypot(x, radians(b[LAT] - a[LAT]));
  }
  const length = (value) => (value >= 1000 ? digits.format(Math.round(value / 100) / 10) + " km" : digits.format(Math.round(value)) + " m");
  function duration(seconds) {
    const minutes = Math.round(seconds / 60);
    return minutes < 60 ? minutes + " min" : Math.floor(minutes / 60) + " h " + (minutes % 60) + " min";
  }
  /* 1, 2 or 5 times a power of ten, the largest that is not above. */
  function round(value) {
    const power = Math.pow(10, Math.floor(Math.log10(value)));
    return [5, 2, 1].map((one) => one * power).find((one) => one <= value);
  }
  const speedClass = (speed) => SPEEDS.filter((limit) => speed > limit).length;

  /* Longitudes that go on over the date line, so that a line never runs around the world. */
  function unwrap(points) {
    for (let at = 1; at < points.length; at += 1) {
      while (points[at][LON] - points[at - 1][LON] > 180) points[at][LON] -= 360;
      while (points[at][LON] - points[at - 1][LON] < -180) points[at][LON] += 360;
    }
  }

  function projection(points, width, height) {
    const span = (column) => [Math.min(...points.map((one) => one[column])), Math.max(...points.map((one) => one[column]))];
    const [south, north] = span(LAT);
    const [west, east] = span(LON);
    const middle = [(south + north) / 2, (west + east) / 2];
    const squeeze = Math.max(0.05, Math.cos(radians(middle[0])));
    const degree = radians(1) * EARTH;
    const margin = 46;
    const scale = Math.min((width - 2 * margin) / Math.max((east - west) * squeeze * degree, 300), (height - 2 * margin) / Math.max((north - south) * degree, 300));
    return {
      scale: scale, degree: degree, squeeze: squeeze,
      x: (lon) => width / 2 + (lon - middle[1]) * squeeze * degree * scale,
      y: (lat) => height / 2 - (lat - middle[0]) * degree * scale,
      lon: (x) => middle[1] + (x - width / 2) / (squeeze * degree * scale),
      lat: (y) => middle[0] - (y - height / 2) / (degree * scale),
    };
  }

  function drawGrid(svg, to, width, height) {
    const name = (value, step, signs) => Math.abs(value).toFixed(Math.max(0, Math.ceil(-Math.log10(step)))) + "°" + signs[value < 0 ? 1 : 0];
    const east = round(190 / (to.degree * to.squeeze * to.scale));
    for (let lon = Math.ceil(to.lon(0) / east) * east; lon < to.lon(width); lon += east) {
      svg.append(make("line", { class: "track-grid", x1: to.x(lon), x2: to.x(lon), y1: 0, y2: height }));
      if (to.x(lon) < width - 60) svg.append(make("text", { class: "track-label", x: to.x(lon) + 4, y: 13 }, name(lon, east, "EW")));
    }
    const north = round(150 / (to.degree * to.scale));
    for (let lat = Math.ceil(to.lat(height) / north) * north; lat < to.lat(0); lat += north) {
      svg.append(make("line", { class: "track-grid", x1: 0, x2: width, y1: to.y(lat), y2: to.y(lat) }));
      if (to.y(lat) > 34) svg.append(make("text", { class: "track-label", x: 4, y: to.y(lat) - 4 }, name(lat, north, "NS")));
    }
  }

  function drawScale(svg, to, width, height) {
    const size = round(Math.min(160, width / 3) / to.scale);
    const [left, right, base] = [width - 16 - size * to.scale, width - 16, height - 14];
    svg.append(make("path", { class: "track-scale", d: "M" + left + " " + (base - 6) + "V" + base + "H" + right + "V" + (base - 6) }));
    svg.append(make("text", { class: "track-label", x: (left + right) / 2, y: base - 6, "text-anchor": "middle" }, length(size)));
  }

  function drawLine(svg, points, to) {
    const spot = (one) => to.x(one[LON]).toFixed(1) + " " + to.y(one[LAT]).toFixed(1);
    const whole = "M" + points.map(spot).join("L");
    svg.append(make("path", { class: "track-halo", d: whole }));
    let path = null;
    for (let at = 1; at < points.length; at += 1) {
      const [from, on] = [points[at - 1], points[at]];
      const kind = on[TIME] - from[TIME] > GAP_SECONDS ? "track-gap" : "track-line sp-" + speedClass(on[SPEED] || 0);
      if (!path || path.kind !== kind) {
        if (path) svg.append(make("path", { class: path.kind, d: path.d }));
        path = { kind: kind, d: "M" + spot(from) };
      }
      path.d += "L" + spot(on);
    }
    if (path) svg.append(make("path", { class: path.kind, d: path.d }));
  }

  /* Places where it stood for ten minutes or longer. */
  function stops(points) {
    const found = [];
    for (let at = 0; at < points.length;) {
      let last = at;
      while (last + 1 < points.length && metres(points[at], points[last + 1]) < STOP_METRES) last += 1;
      if (points[last][TIME] - points[at][TIME] >= STOP_SECONDS) found.push({ at: points[at], seconds: points[last][TIME] - points[at][TIME] });
      at = last + 1;
    }
    return found;
  }

  function mark(svg, point, to, kind, word) {
    const [x, y] = [to.x(point[LON]), to.y(point[LAT])];
    svg.append(make("circle", { class: "track-mark " + kind, cx: x, cy: y, r: 8 }));
    svg.append(make("text", { class: "track-word", x: x + 12, y: y + 5 }, word));
  }

  class Track {
    constructor(box, data) {
      this.box = box;
      this.points = data.points;
      this.unit = data.unit;
      this.when = telling(box.dataset.zone);
      unwrap(this.points);
      this.map = box.querySelector("[data-map]");
      this.now = box.querySelector("[data-now]");
      this.moment = box.querySelector("[data-moment]");
      this.facts();
      this.key();
      this.paint();
      new ResizeObserver(() => { if (Math.abs(this.map.clientWidth - this.width) > 4) this.paint(); }).observe(this.map);
      this.moment.max = String(this.points.length - 1);
      this.moment.value = this.moment.max;
      this.moment.disabled = false;
      this.moment.addEventListener("input", () => this.look(Number(this.moment.value)));
      if (this.points.some((one) => one[SPEED] !== null)) this.profile();
      this.look(this.points.length - 1);
    }

    facts() {
      let [distance, moving, top] = [0, 0, null];
      this.points.forEach((on, at) => {
        if (on[SPEED] !== null) top = Math.max(top || 0, on[SPEED]);
        if (!at) return;
        const [from, step] = [this.points[at - 1], metres(this.points[at - 1], on)];
        distance += step;
        if (step > 30 && on[TIME] - from[TIME] <= GAP_SECONDS) moving += on[TIME] - from[TIME];
      });
      const say = (name, text) => { this.box.querySelector('[data-fact="' + name + '"]').textContent = text; };
      say("distance", length(distance));
      say("moving", duration(moving));
      say("top", top === null ? "–" : digits.format(top) + " " + this.unit);
      say("count", digits.format(this.points.length));
      this.distance = distance;
    }

    key() {
      const names = ["≤ " + SPEEDS[0], SPEEDS[0] + "–" + SPEEDS[1], SPEEDS[1] + "–" + SPEEDS[2], "> " + SPEEDS[2]];
      this.box.querySelector("[data-key]").replaceChildren(...names.map((name, kind) => {
        const line = document.createElement("li");
        const sign = make("svg", { viewBox: "0 0 26 8", "aria-hidden": "true" });
        sign.append(make("line", { class: "track-line sp-" + kind, x1: 3, x2: 23, y1: 4, y2: 4 }));
        line.append(sign, name + " " + this.unit);
        return line;
      }));
    }

    paint() {
      const width = this.width = Math.max(280, this.map.clientWidth);
      const height = Math.round(Math.min(560, Math.max(320, width * 0.5)));
      const to = this.to = projection(this.points, width, height);
      const [first, last] = [this.points[0], this.points[this.points.length - 1]];
      const words = { count: this.points.length, from: this.when.format(first[TIME] * 1000), to: this.when.format(last[TIME] * 1000), distance: length(this.distance) };
      const svg = make("svg", { viewBox: "0 0 " + width + " " + height, role: "img", "aria-label": fill(this.box.dataset.wordsLabel, words) });
      drawGrid(svg, to, width, height);
      drawLine(svg, this.points, to);
      stops(this.points).forEach((stop) => {
        const sign = make("circle", { class: "track-stop", cx: to.x(stop.at[LON]), cy: to.y(stop.at[LAT]), r: 5 });
        sign.append(make("title", {}, this.when.format(stop.at[TIME] * 1000) + " · " + this.box.dataset.wordsStop + " " + duration(stop.seconds)));
        svg.append(sign);
      });
      this.markEnds(svg, first, last, to);
      drawScale(svg, to, width, height);
      this.spot = make("circle", { class: "track-at", r: 11 });
      svg.append(this.spot);
      svg.addEventListener("pointermove", (event) => this.near(event, svg, width));
      this.map.replaceChildren(svg);
      if (this.index !== undefined) this.look(this.index);
    }

    /* Start and end; where they lie so close that their words would cover each other, one mark says both. */
    markEnds(svg, first, last, to) {
      const { wordsStart, wordsEnd } = this.box.dataset;
      const close = Math.abs(to.x(first[LON]) - to.x(last[LON])) < 48 && Math.abs(to.y(first[LAT]) - to.y(last[LAT])) < 18;
      mark(svg, first, to, "", close && this.points.length > 1 ? "" : wordsStart);
      if (this.points.length > 1) mark(svg, last, to, "track-mark-end", close ? wordsStart + " · " + wordsEnd : wordsEnd);
    }

    near(event, svg, width) {
      const frame = svg.getBoundingClientRect();
      const factor = width / frame.width;
      const [x, y] = [(event.clientX - frame.left) * factor, (event.clientY - frame.top) * factor];
      let [best, found] = [900, null];
      this.points.forEach((one, at) => {
        const away = (this.to.x(one[LON]) - x) ** 2 + (this.to.y(one[LAT]) - y) ** 2;
        if (away < best) [best, found] = [away, at];
      });
      if (found !== null) this.look(found);
    }

    look(index) {
      const one = this.points[index];
      if (!one) return;
      this.index = index;
      this.spot.setAttribute("cx", this.to.x(one[LON]));
      this.spot.setAttribute("cy", this.to.y(one[LAT]));
      this.moment.value = String(index);
      const speed = one[SPEED] === null ? "" : " · " + digits.format(one[SPEED]) + " " + this.unit;
      const text = this.when.format(one[TIME] * 1000) + speed + " · " + one[LAT].toFixed(4) + ", " + one[LON].toFixed(4);
      this.now.textContent = text;
      this.moment.setAttribute("aria-valuetext", text);
    }

    profile() {
      draw(this.box.querySelector("[data-speed]"), this.points.map((one) => one[TIME]), this.points.map((one) => one[SPEED]), {
        zone: this.box.dataset.zone, height: 140, sync: "track", gap: GAP_SECONDS,
        over: (index) => { if (index !== null && index !== undefined) this.look(index); },
      });
    }
  }

  function say(box, text) {
    const line = document.createElement("p");
    line.className = "track-empty";
    line.textContent = text;
    box.querySelector("[data-map]").replaceChildren(line);
    box.querySelector("[data-facts]").hidden = true;
    box.querySelector(".track-foot").hidden = true;
    box.querySelector("[data-key]").hidden = true;
  }

  function load(box) {
    fetch(box.dataset.track, { credentials: "same-origin", headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
      .then((data) => {
        if (!data.points.length) { say(box, box.dataset.wordsEmpty); return; }
        box.track = new Track(box, data);
        const note = box.querySelector("[data-note]");
        note.textContent = sampled(data, box.dataset.wordsNote, box.dataset.wordsCut);
        note.hidden = !note.textContent;
      })
      .catch((error) => { say(box, document.getElementById("toasts").dataset.failed); if (error instanceof Error) throw error; })
      .finally(() => box.setAttribute("aria-busy", "false"));
  }

  document.querySelectorAll("[data-track]").forEach(load);
})();
