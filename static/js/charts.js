/* Parameters over time, drawn by uPlot from the points that the server gives. Pages say the same in words without it. */
(function () {
  "use strict";
  const COLOURS = ["--accent", "--orange", "--yes", "--no", "--blue", "--warn", "--quiet", "--ink"];
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const drawn = new Set();

  /* A template's words with {names} filled in; always put into the page as text. */
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const lang = document.documentElement.lang || "en";
  const locale = lang === "en" ? "en-GB" : lang;
  const decimal = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const digits = { format: (value) => decimal.formatToParts(value).map((part) => (part.type === "group" ? "\u202f" : part.value)).join("") };
  const format = (zone, parts) => new Intl.DateTimeFormat(locale, Object.assign({ timeZone: zone, hourCycle: "h23" }, parts));
  const telling = (zone) => format(zone, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });

  /* What stands under a time axis: hours and minutes, with the day under the first of each day; days alone where they are long. */
  function timeLabels(zone) {
    const [clock, day] = [format(zone, { hour: "2-digit", minute: "2-digit" }), format(zone, { day: "numeric", month: "short" })];
    return (_plot, splits, _axis, _space, step) => splits.map((at, place) => {
      const today = day.format(at * 1000);
      if (step >= 86400) return today;
      return clock.format(at * 1000) + (place === 0 || day.format(splits[place - 1] * 1000) !== today ? "\n" + today : "");
    });
  }

  /* Pixels between points that are further apart than this many seconds: nothing is known there, so nothing is drawn. */
  function gapsOf(limit) {
    return (plot, _series, first, last) => {
      const [times, found] = [plot.data[0], []];
      for (let at = first + 1; at <= last; at += 1) {
        if (times[at] - times[at - 1] > limit) found.push([plot.valToPos(times[at - 1], "x", true), plot.valToPos(times[at], "x", true)]);
      }
      return found;
    };
  }

  function axis(extra) {
    return Object.assign({
      stroke: () => css("--ink-soft"), font: "12px system-ui, sans-serif",
      grid: { stroke: () => css("--line"), width: 1 }, ticks: { stroke: () => css("--line"), width: 1, size: 5 },
    }, extra);
  }

  /* One chart: a place, times, values, and what happens when the pointer is over a point. */
  function draw(place, times, values, options) {
    const width = () => Math.max(240, place.clientWidth);
    const colour = () => css(options.colour || "--accent");
    const plot = new window.uPlot({
      width: width(), height: options.height || 170, legend: { show: false },
      tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), options.zone || "UTC"),
      cursor: { sync: { key: options.sync, setSeries: false }, drag: { x: true, y: false }, points: { size: 9 } },
      scales: { x: { time: true }, y: { range: (_plot, low, high) => window.uPlot.rangeNum(low, high, 0.1, true) } },
      axes: [axis({ values: timeLabels(options.zone), size: 46 }), axis({ size: 62, values: (_plot, splits) => splits.map((value) => digits.format(value)) })],
      series: [{}, { stroke: colour, width: 1.75, spanGaps: !options.gap, points: { show: times.length < 40 }, gaps: options.gap ? gapsOf(options.gap) : undefined,
        fill: () => { const soft = colour(); return /^#[0-9a-f]{6}$/i.test(soft) ? soft + "1f" : "transparent"; } }],
      hooks: { setCursor: [(one) => options.over && options.over(one.cursor.idx)] },
    }, [times, values], place);
    new ResizeObserver(() => plot.setSize({ width: width(), height: options.height || 170 })).observe(place);
    drawn.add(plot);
    return plot;
  }

  function heading(name, unit, values, words) {
    const line = document.createElement("p");
    line.className = "chart-name";
    const known = values.filter((one) => one !== null);
    const told = (value) => digits.format(value) + (unit ? " " + unit : "");
    const strong = document.createElement("strong");
    strong.textContent = name;
    const span = document.createElement("span");
    const now = document.createElement("span");
    now.className = "chart-now";
    if (known.length) {
      const sentence = fill(words, { name: "", from: told(Math.min(...known)), to: told(Math.max(...known)), last: told(known[known.length - 1]) });
      span.textContent = sentence.replace(/^[\s:]+/, "");
    }
    line.append(strong, span, now);
    return { line: line, say: (text) => { now.textContent = text; }, told: told, any: known.length > 0 };
  }

  function one(box, name, data, number) {
    const values = data.series[name];
    const unit = data.units[name] || "";
    const head = heading(name, unit, values, box.dataset.lines);
    if (!head.any) return null;
    const part = document.createElement("div");
    part.className = "chart";
    const place = document.createElement("div");
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", name + ": " + head.line.children[1].textContent);
    part.append(head.line, place);
    box.append(part);
    const when = telling(box.dataset.zone);
    draw(place, data.times, values, {
      zone: box.dataset.zone, sync: "charts", colour: COLOURS[number % COLOURS.length],
      over: (index) => head.say(index === null || index === undefined || values[index] === null ? "" : when.format(data.times[index] * 1000) + " · " + head.told(values[index])),
    });
    return part;
  }

  function load(box) {
    fetch(box.dataset.charts, { credentials: "same-origin", headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
      .then((data) => {
        box.replaceChildren();
        const parts = Object.keys(data.series).map((name, number) => one(box, name, data, number)).filter(Boolean);
        if (!parts.length) note(box, box.dataset.empty);
        else if (sampled(data, box.dataset.note, box.dataset.cut)) note(box, sampled(data, box.dataset.note, box.dataset.cut));
      })
      .catch(() => { box.replaceChildren(); note(box, document.getElementById("toasts").dataset.failed); })
      .finally(() => box.setAttribute("aria-busy", "false"));
  }

  /* What is left out of a drawing, in words: rows older than the newest that are read, and those between the drawn ones. */
  function sampled(data, everyWords, cutWords) {
    const values = { step: data.step, count: digits.format(data.count) };
    return [data.cut ? cutWords : "", data.step > 1 ? everyWords : ""].filter(Boolean).map((words) => fill(words, values)).join(" ");
  }

  function note(box, text) {
    const line = document.createElement("p");
    line.className = "chart-note";
    line.textContent = text;
    box.append(line);
  }

  new MutationObserver(() => drawn.forEach((plot) => plot.redraw(false, true))).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-chart-choice]");
    if (form && form.querySelector("input:checked")) form.requestSubmit();
  });
  window.portalCharts = { draw: draw, fill: fill, digits: digits, telling: telling, sampled: sampled };
  document.querySelectorAll("[data-charts]").forEach(load);
})();
