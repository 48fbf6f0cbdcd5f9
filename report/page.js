/* page.js: what the page does beyond being read: theme, folding, sorting, charts.
 * SPDX-License-Identifier: Apache-2.0
 * Without it everything is there to read. It asks for nothing and keeps nothing but the theme. */
"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));

  /* ---- theme and folding: two buttons in front ---- */

  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const stored = (value) => { /* a page opened from a file may not be allowed to keep anything */
    try {
      if (value) localStorage.setItem("weighin-theme", value);
      return localStorage.getItem("weighin-theme");
    } catch { return null; }
  };
  if (["light", "dark"].includes(stored())) root.dataset.theme = stored();

  const button = (name, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = name;
    made.addEventListener("click", () => act(made));
    return made;
  };
  const theme = button("Dark theme", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    stored(root.dataset.theme);
    shown();
    colour();
  });
  const shown = () => theme.setAttribute("aria-pressed", String(dark()));
  const unfold = button("Open all details", (self) => {
    const open = self.textContent === "Open all details";
    for (const fold of all("details")) fold.open = open;
    self.textContent = open ? "Close all details" : "Open all details";
  });
  const header = document.createElement("header");
  header.append(theme, unfold);
  document.body.prepend(header);
  shown();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { shown(); colour(); });

  /* A link to what is folded away opens the way to it. */
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    for (let at = target; at; at = at.parentElement)
      if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);

  /* ---- sorting ---- */

  const key = (row, column) => {
    const cell = row.cells[column];
    const text = cell.textContent.trim();
    if (cell.dataset.sort) return Number(cell.dataset.sort);
    if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
    return text === "-" || text === "unknown" ? null : text;
  };
  const order = (a, b, sign) => {
    if (a === null || b === null) return (a === null) - (b === null); /* what is unknown comes last */
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * String(a).localeCompare(String(b), "en", { numeric: true });
  };
  const sort = (table, column) => {
    const heads = Array.from(table.tHead.rows[0].cells);
    const down = heads[column].getAttribute("aria-sort") === "ascending";
    heads.forEach((head, i) => head.setAttribute("aria-sort", i !== column ? "none" : down ? "descending" : "ascending"));
    const rows = Array.from(table.tBodies[0].rows).map((row) => [key(row, column), row]);
    rows.sort(([a], [b]) => order(a, b, down ? -1 : 1));
    table.tBodies[0].append(...rows.map(([, row]) => row));
  };
  for (const table of all("table.sortable")) {
    if (!table.tBodies.length) continue;
    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      const name = Array.from(head.childNodes);
      const made = button("", () => sort(table, column));
      made.append(...name);
      head.append(made);
      head.setAttribute("aria-sort", "none");
    });
  }

  /* ---- charts ---- */

  const charts = []; /* drawn: [chart, how to colour it] */
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const hue = (name) => { /* as the theme has it now */
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const series = (i) => hue(`series-${i % 6 + 1}`);
  const SIGNS = ["circle", "rect", "triangle", "rectRot", "crossRot", "star"];
  const DASHES = [[], [7, 4], [2, 3], [10, 4, 2, 4], [4, 4], [1, 2]];
  const three = (x) => Number(x.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });

  /* Whiskers of intervals; limits and budgets as dashed lines with their names on top. */
  const whisker = (ctx, x1, y1, x2, y2, along) => {
    const [dx, dy] = along === "x" ? [0, 4] : [4, 0];
    ctx.beginPath();
    for (const [fx, fy, tx, ty] of [[x1, y1, x2, y2], [x1 - dx, y1 - dy, x1 + dx, y1 + dy], [x2 - dx, y2 - dy, x2 + dx, y2 + dy]]) {
      ctx.moveTo(fx, fy);
      ctx.lineTo(tx, ty);
    }
    ctx.stroke();
  };
  const whiskers = {
    id: "whiskers",
    afterDatasetsDraw(chart) {
      const along = chart.options.indexAxis === "y" ? "x" : "y";
      const ctx = chart.ctx;
      ctx.save();
      ctx.lineWidth = 1.5;
      chart.data.datasets.forEach((set, d) => (set.spans || []).forEach((span, i) => {
        const mark = chart.getDatasetMeta(d).data[i];
        if (!span || !mark || !chart.isDatasetVisible(d)) return;
        const [lo, hi] = span.map((v) => chart.scales[along].getPixelForValue(v));
        ctx.strokeStyle = along === "x" ? hue("ink") : set.borderColor;
        if (along === "x") whisker(ctx, lo, mark.y, hi, mark.y, along);
        else whisker(ctx, mark.x, lo, mark.x, hi, along);
      }));
      ctx.restore();
    },
  };
  const levels = {
    id: "levels",
    afterDatasetsDraw(chart, _, { lines }) {
      const ctx = chart.ctx, area = chart.chartArea;
      let busy = -Infinity, row = 0;
      ctx.save();
      ctx.setLineDash([5, 4]);
      ctx.strokeStyle = ctx.fillStyle = hue("ink");
      ctx.font = `12px ${Chart.defaults.font.family}`;
      for (const line of [...(lines || [])].sort((a, b) => a.level - b.level)) {
        const x = chart.scales.x.getPixelForValue(line.level);
        const width = ctx.measureText(line.name).width;
        const from = Math.max(area.left, Math.min(x - 4, area.right - width));
        row = from < busy ? row + 1 : 0;
        busy = Math.max(busy, from + width + 8);
        ctx.beginPath();
        ctx.moveTo(x, area.top - 4);
        ctx.lineTo(x, area.bottom);
        ctx.stroke();
        ctx.fillText(line.name, from, area.top - 8 - 15 * row);
      }
      ctx.restore();
    },
  };

  const axis = (title, more = {}) => ({
    title: { display: Boolean(title), text: title },
    ticks: { precision: 0 }, beginAtZero: true, grid: {}, ...more,
  });
  const powers = (title) => axis(title, {
    type: "logarithmic", beginAtZero: false,
    ticks: { callback: (v) => Math.abs(Math.log10(v) % 1) < 1e-9 ? v.toLocaleString("en") : "" },
  });
  const names = (title) => axis(title, { grid: { display: false }, ticks: { autoSkip: false, crossAlign: "far" } });
  const said = (point, unit) => `${point.label || ""} ${three(point.y)} ${unit}` + (point.lo !== undefined ? ` (${three(point.lo)} to ${three(point.hi)})` : "");

  const KINDS = {
    bars: (c) => {
      const points = c.series[0].points;
      return {
        type: "bar", height: 70 + 15 * c.lines.length + 26 * points.length, unit: c.x,
        data: { labels: points.map((p) => p.label),
                datasets: [{ data: points.map((p) => p.y), points, spans: points.map((p) => p.lo !== undefined ? [p.lo, p.hi] : null),
                             maxBarThickness: 14, paint: () => ({ backgroundColor: series(0) }) }] },
        options: { indexAxis: "y", layout: { padding: { top: 12 + 15 * c.lines.length } },
                   scales: { x: axis(c.x, { suggestedMax: Math.max(...c.lines.map((l) => 1.1 * l.level), ...points.map((p) => p.hi ?? p.y)) }), y: names() } },
        levels: { lines: c.lines }, legend: false,
      };
    },
    stack: (c) => ({
      type: "bar", height: 110 + 15 * c.lines.length + 26 * c.series[0].points.length, unit: "GiB",
      data: { labels: c.series[0].points.map((p) => p.label),
              datasets: c.series.map((s, i) => ({ label: s.name, data: s.points.map((p) => p.y), points: s.points, maxBarThickness: 14,
                                                  paint: () => ({ backgroundColor: series(i), borderColor: hue("paper"), borderWidth: 0.5 }) })) },
      options: { indexAxis: "y", layout: { padding: { top: 12 + 15 * c.lines.length } },
                 scales: { x: axis(c.x, { stacked: true, suggestedMax: 1.05 * Math.max(0, ...c.lines.map((l) => l.level)) }),
                           y: { ...names(), stacked: true } } },
      levels: { lines: c.lines }, legend: true,
    }),
    curves: (c) => ({
      type: "scatter", height: 300, unit: "tok/s",
      data: { datasets: c.series.map((s, i) => ({
        label: s.name, data: s.points, points: s.points, spans: s.points.map((p) => p.lo !== undefined ? [p.lo, p.hi] : null),
        showLine: true, borderWidth: 2, pointRadius: 4, pointStyle: SIGNS[i % 6], borderDash: DASHES[i % 6],
        paint: () => ({ borderColor: series(i), backgroundColor: series(i) }) })) },
      options: { scales: { x: axis(c.x), y: axis(c.y) } }, legend: true,
    }),
    roofline: (c) => {
      const points = c.series.flatMap((s) => s.points);
      const tops = c.lines.filter((l) => !l.slope), slope = c.lines.find((l) => l.slope).slope;
      const top = Math.max(...tops.map((l) => l.level), ...(tops.length ? [] : points.map((p) => 3 * p.y)));
      const left = Math.min(...points.map((p) => p.x)) / 3, right = 2 * Math.max(...points.map((p) => p.x), top / slope);
      const roof = (l, i) => ({
        label: l.name, showLine: true, pointRadius: 0, pointHitRadius: 0, borderWidth: 2, borderDash: DASHES[i % 6], pointStyle: "line",
        data: l.slope ? [{ x: left, y: left * slope }, { x: top / slope, y: top }] : [{ x: l.level / slope, y: l.level }, { x: right, y: l.level }],
        paint: () => ({ borderColor: i ? series(i + 1) : hue("ink") }) });
      return {
        type: "scatter", height: 420, unit: c.y,
        data: { datasets: [...c.series.map((s, i) => ({ label: s.name, data: s.points, points: s.points, pointRadius: 4, pointStyle: SIGNS[i],
                                                        paint: () => ({ borderColor: series(i), backgroundColor: series(i) }) })),
                           ...c.lines.map(roof)] },
        options: { scales: { x: powers(c.x), y: powers(c.y) } }, legend: true,
      };
    },
  };

  const paint = (chart) => {
    const grid = hue("line"), soft = hue("soft");
    for (const set of chart.data.datasets) Object.assign(set, set.paint());
    for (const scale of Object.values(chart.options.scales)) {
      scale.ticks.color = scale.title.color = soft;
      scale.grid.color = scale.grid.borderColor = grid;
    }
    chart.options.plugins.legend.labels.color = hue("ink");
  };
  const draw = (c) => {
    const canvas = document.getElementById(c.id);
    if (canvas.dataset.drawn) return;
    canvas.dataset.drawn = "yes";
    const made = KINDS[c.kind](c);
    canvas.parentElement.style.height = `${made.height}px`;
    const chart = {
      type: made.type, data: made.data, plugins: [whiskers, levels],
      options: { ...made.options, animation: false, maintainAspectRatio: false, responsive: true,
                 plugins: { levels: made.levels || {}, legend: { display: made.legend, position: "bottom", align: "start", labels: { usePointStyle: true, boxWidth: 8, boxHeight: 8, padding: 16 } },
                            tooltip: { callbacks: { label: (at) => at.dataset.points ? said(at.dataset.points[at.dataIndex], made.unit) : at.dataset.label } } } },
    };
    paint(chart);
    charts.push(new Chart(canvas, chart));
  };
  const colour = () => { for (const chart of charts) { paint(chart.config); chart.update("none"); } };

  const data = document.getElementById("data");
  if (data && typeof Chart === "function") {
    const wanted = JSON.parse(data.textContent);
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 12;
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) draw(wanted.find((c) => c.id === entry.target.firstChild.id));
    }, { rootMargin: "600px" });
    for (const c of wanted) {
      const plot = document.getElementById(c.id).parentElement;
      plot.hidden = false;
      seen.observe(plot);
    }
    let before;
    addEventListener("beforeprint", () => {
      before = root.dataset.theme;
      root.dataset.theme = "light";
      wanted.forEach(draw);
      colour();
    });
    addEventListener("afterprint", () => {
      if (before) root.dataset.theme = before; else delete root.dataset.theme;
      colour();
    });
  }
  reveal();
})();
