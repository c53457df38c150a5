import { s, label } from '../dom';
import { number, percent, unitText } from '../format';
import { kInk, kMuted, seriesColour, seriesDash } from '../theme';
import { Plot, draw, fit, legend, place, stack, svg, textLine, textWidth } from './base';

/** Five numbers of each row on a log axis. */
export function drawRanges(
  rows: { name: string; minimum: number; q1: number; median: number; q3: number; maximum: number }[],
  title: string,
  width: number,
): SVGElement {
  const left = Math.min(170, Math.max(...rows.map((row) => textWidth(label(row.name, 24)))) + 22);
  const height = 56 + rows.length * 34;
  const names = rows.map((_, i) => i);
  return draw({
    width,
    height,
    marginLeft: left,
    marginRight: 34,
    marginBottom: 44,
    marginTop: 6,
    x: { type: 'log', label: title, labelAnchor: 'center', labelArrow: 'none', grid: true, ticks: width < 480 ? 3 : 6, tickFormat: (v: number) => (Math.log10(v) % 1 === 0 ? number(v) : ''), nice: true },
    y: { type: 'band', domain: names, label: null, tickSize: 0, tickFormat: (i: number) => fit(rows[i]!.name, left - 16), padding: 0.3 },
    marks: [
      Plot.ruleY(names, { y: (i: number) => i, x1: (i: number) => rows[i]!.minimum, x2: (i: number) => rows[i]!.maximum, stroke: '#8a919c', strokeWidth: 1.2 }),
      Plot.barX(names, { y: (i: number) => i, x1: (i: number) => rows[i]!.q1, x2: (i: number) => rows[i]!.q3, fill: '#a9c6de', stroke: seriesColour(0), strokeWidth: 1 }),
      Plot.tickX(names, { y: (i: number) => i, x: (i: number) => rows[i]!.median, stroke: kInk, strokeWidth: 2.5 }),
    ],
  });
}

/** Stacked shares of subtypes in each row, with counts. */
export function drawComposition(rows: { name: string; parts: { group: string; index: number; n: number }[] }[], width: number): SVGElement {
  const left = Math.min(170, Math.max(...rows.map((row) => textWidth(label(row.name, 24)))) + 14);
  const groups = [...new Map(rows.flatMap((row) => row.parts.map((p) => [p.group, p.index] as const))).entries()];
  const most = Math.max(1, ...rows.map((row) => row.parts.reduce((sum, p) => sum + p.n, 0)));
  const node = svg(width, rows.length * 32 + 4);
  rows.forEach((row, i) => {
    const y = i * 32 + 4;
    node.append(textLine(left - 10, y + 17, fit(row.name, left - 12), { 'text-anchor': 'end' }));
    let x = left;
    for (const part of row.parts) {
      if (part.n === 0) continue;
      const long = ((width - left - 6) * part.n) / most;
      node.append(s('rect', { x, y, width: Math.max(1, long - 1.5), height: 24, fill: seriesColour(part.index), 'data-value': part.n }));
      if (long > 22)
        node.append(textLine(x + long / 2 - 0.75, y + 16.5, String(part.n), { 'text-anchor': 'middle', 'font-weight': 600, fill: [4, 5, 6, 3, 2].includes(part.index % 8) ? '#10141a' : 'white' }));
      x += long;
    }
  });
  return stack(width, [
    legend(width, groups.map(([group, index]) => ({ text: group, index, mark: 'swatch' as const })), left),
    { node, width, height: rows.length * 32 + 4 },
  ]);
}

export function drawSpectrum(
  degree: number[],
  share: (number | null)[],
  training: { q1: (number | null)[]; median: (number | null)[]; q3: (number | null)[] } | null | undefined,
  width: number,
): SVGElement {
  const rows = degree.map((d, i) => ({ d, share: share[i] ?? null, q1: training?.q1[i] ?? null, median: training?.median[i] ?? null, q3: training?.q3[i] ?? null }));
  const positive = rows.flatMap((r) => [r.share, r.q1, r.q3]).filter((v): v is number => v !== null && v > 0);
  const low = Math.max(1e-6, Math.min(...positive));
  const ok = (v: number | null): boolean => v !== null && v > 0;
  const plot = draw({
    width,
    height: 290,
    marginLeft: 62,
    marginBottom: 44,
    x: { type: 'point', domain: degree, label: 'Degree of the spherical harmonics', labelAnchor: 'center', labelArrow: 'none' },
    y: { type: 'log', domain: [low * 0.7, Math.max(...positive) * 1.3], label: 'Share of the shape’s energy', labelArrow: 'none', grid: true, ticks: 4, tickFormat: (v: number) => (Math.abs(Math.log10(v) % 1) < 1e-9 ? percent(v, Math.max(0, -Math.log10(v) - 2)) : '') },
    marks: [
      Plot.areaY(rows.filter((r) => ok(r.q1) && ok(r.q3)), { x: 'd', y1: 'q1', y2: 'q3', fill: '#c3c9d1', fillOpacity: 0.6 }),
      Plot.line(rows.filter((r) => ok(r.median)), { x: 'd', y: 'median', stroke: kMuted, strokeDasharray: '5 3', strokeWidth: 1.6 }),
      Plot.line(rows.filter((r) => ok(r.share)), { x: 'd', y: 'share', stroke: seriesColour(0), strokeWidth: 2.2 }),
      Plot.dot(rows.filter((r) => ok(r.share)), { x: 'd', y: 'share', r: 4.5, fill: seriesColour(0), stroke: 'white' }),
    ],
  });
  const key = svg(width, 24);
  key.append(s('line', { x1: 62, x2: 88, y1: 11, y2: 11, stroke: seriesColour(0), 'stroke-width': 2.4 }), textLine(95, 15, 'this tumour'));
  if (training)
    key.append(
      s('rect', { x: 186, y: 4, width: 26, height: 14, fill: '#c3c9d1', 'fill-opacity': 0.6 }),
      s('line', { x1: 186, x2: 212, y1: 11, y2: 11, stroke: kMuted, 'stroke-width': 1.6, 'stroke-dasharray': '5 3' }),
      textLine(219, 15, width < 420 ? 'training cases' : 'training cases: median and quartiles'),
    );
  return stack(width, [
    { node: key, width, height: 26 },
    { node: plot, width, height: 290 },
  ]);
}

/** Horizontal bars with the value at the end; negative ones run to the left of zero. */
export function drawBars(
  rows: { name: string; value: number; colour: string; text: string }[],
  options: { title: string; domain?: [number, number]; mono?: boolean },
  width: number,
): SVGElement {
  const left = Math.min(width * 0.5, Math.max(...rows.map((row) => textWidth(label(row.name, 36)))) + 16);
  const right = 62;
  const values = rows.map((row) => row.value);
  const low = options.domain?.[0] ?? Math.min(0, ...values);
  const high = options.domain?.[1] ?? Math.max(0, ...values);
  const span = high - low || 1;
  const room = width - left - right - (low < 0 ? 46 : 0);
  const origin = left + (low < 0 ? 46 : 0);
  const at = (v: number): number => origin + ((v - low) / span) * room;
  const height = rows.length * 26 + 26;
  const node = svg(width, height);
  rows.forEach((row, i) => {
    const y = i * 26 + 2;
    node.append(textLine(left - 10, y + 15, fit(row.name, left - 12), { 'text-anchor': 'end' }));
    const x0 = at(Math.min(0, row.value));
    const x1 = at(Math.max(0, row.value));
    node.append(s('rect', { x: x0, y: y + 1, width: Math.max(1, x1 - x0), height: 19, fill: row.colour, 'data-value': row.value }));
    node.append(
      textLine(row.value < 0 ? x0 - 5 : x1 + 6, y + 15, row.text, { 'text-anchor': row.value < 0 ? 'end' : 'start', 'font-variant-numeric': 'tabular-nums' }),
    );
  });
  node.append(s('line', { x1: at(0), x2: at(0), y1: 0, y2: rows.length * 26, stroke: kInk, 'stroke-width': 1 }));
  node.append(textLine(origin, height - 4, options.title, { fill: kMuted, 'font-size': 11.5 }));
  return node;
}

export interface TrackPanel {
  name: string;
  points: { at: number; value: number | null }[];
  band: [number, number] | null;
}

/** Tick labels that do not run into one another. */
function spaced(ticks: { at: number; text: string }[], xs: [number, number], room: number): (v: number) => string {
  const kept = new Map<number, string>();
  let end = -Infinity;
  for (const tick of [...ticks].sort((a, b) => a.at - b.at)) {
    const centre = ((tick.at - xs[0]) / (xs[1] - xs[0])) * room;
    const half = textWidth(tick.text) / 2 + 3;
    if (centre - half < end) continue;
    end = centre + half;
    kept.set(tick.at, tick.text);
  }
  return (v) => kept.get(v) ?? '';
}

/** One measure through time, one panel a lesion; the band is what the same tumour may give on another day unchanged. */
export function drawTracks(panels: TrackPanel[], x: { label: string; ticks: { at: number; text: string }[] }, y: { title: string; unit: string }, width: number): SVGElement {
  const columns = Math.max(1, Math.min(panels.length, 3, Math.floor(width / 250)));
  const each = (width - (columns - 1) * 18) / columns;
  const height = panels.length === 1 ? 280 : 240;
  const all = x.ticks.map((t) => t.at);
  const xs: [number, number] = [Math.min(...all), Math.max(...all)];
  if (xs[0] === xs[1]) xs[1] = xs[0] + 1;
  const node = svg(width, Math.ceil(panels.length / columns) * (height + 8));
  panels.forEach((panel, i) => {
    const known = panel.points.filter((p) => p.value !== null);
    const values = [...known.map((p) => p.value!), ...(panel.band ?? [])];
    if (values.length === 0) values.push(0, 1);
    const low = Math.min(...values);
    const high = Math.max(...values);
    const pad = (high - low || Math.abs(high) || 1) * 0.18;
    const domain: [number, number] = [low >= 0 && low - pad < 0 ? 0 : low - pad, high + pad];
    const plot = draw({
      width: each,
      height,
      marginLeft: 58,
      marginRight: 22,
      marginBottom: 42,
      marginTop: 34,
      x: { domain: xs, ticks: all, tickFormat: spaced(x.ticks, xs, each - 104), label: x.label, labelAnchor: 'center', labelArrow: 'none', inset: 12 },
      y: { domain, label: null, grid: true, ticks: 5, tickFormat: (v: number) => number(v) },
      marks: [
        ...(panel.band ? [Plot.rect([panel.band], { x1: xs[0], x2: xs[1], y1: '0', y2: '1', fill: '#dfe3e8', insetLeft: -12, insetRight: -12 })] : []),
        // Dashes across a timepoint without a value.
        Plot.line(known, { x: 'at', y: 'value', stroke: seriesColour(0), strokeWidth: 1.2, strokeDasharray: '3 4' }),
        Plot.line(panel.points, { x: 'at', y: 'value', stroke: seriesColour(0), strokeWidth: 2.2 }),
        Plot.dot(known, { x: 'at', y: 'value', r: 5, stroke: 'white', fill: (d: { value: number }) => (panel.band && (d.value < panel.band[0] || d.value > panel.band[1]) ? seriesColour(1) : seriesColour(0)), symbol: (d: { value: number }) => (panel.band && (d.value < panel.band[0] || d.value > panel.band[1]) ? 'diamond' : 'circle') }),
        Plot.text(known, { x: 'at', y: 'value', text: (d: { value: number }) => number(d.value), dy: -13, fontSize: 11, fill: kInk, stroke: 'white', strokeWidth: 3 }),
      ],
      symbol: { type: 'identity' },
    } as Plot.PlotOptions & { width: number; height: number });
    const holder = svg(each, height);
    place(holder, { node: plot, width: each, height }, 0, 0);
    holder.append(textLine(0, 14, panels.length > 1 ? fit(panel.name, each - 8) : `${y.title}${unitText(y.unit) ? ` (${unitText(y.unit)})` : ''}`, { 'font-weight': 600 }));
    place(node, { node: holder, width: each, height }, (i % columns) * (each + 18), Math.floor(i / columns) * (height + 8));
  });
  return node;
}

/** Probability of each subtype through time, one panel a lesion. */
export function drawProbabilities(
  panels: { name: string; points: { at: number; parts: { group: string; index: number; p: number }[] }[] }[],
  x: { label: string; ticks: { at: number; text: string }[] },
  width: number,
): SVGElement {
  const columns = Math.max(1, Math.min(panels.length, 3, Math.floor(width / 250)));
  const each = (width - (columns - 1) * 18) / columns;
  const height = 230;
  const all = x.ticks.map((t) => t.at);
  const xs: [number, number] = [Math.min(...all), Math.max(...all)];
  if (xs[0] === xs[1]) xs[1] = xs[0] + 1;
  const groups = [...new Map(panels.flatMap((p) => p.points.flatMap((q) => q.parts.map((r) => [r.group, r.index] as const)))).entries()];
  const symbols = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross', 'wye', 'times'] as const;
  const node = svg(width, Math.ceil(panels.length / columns) * (height + 8));
  panels.forEach((panel, i) => {
    const rows = panel.points.flatMap((point) => point.parts.map((part) => ({ at: point.at, ...part })));
    const plot = draw({
      width: each,
      height,
      marginLeft: 48,
      marginRight: 22,
      marginBottom: 42,
      marginTop: 30,
      x: { domain: xs, ticks: all, tickFormat: spaced(x.ticks, xs, each - 104), label: x.label, labelAnchor: 'center', labelArrow: 'none', inset: 10 },
      y: { domain: [0, 1], label: null, grid: true, ticks: 5, tickFormat: (v: number) => `${Math.round(100 * v)} %` },
      marks: groups.flatMap(([group, index]) => {
        const own = rows.filter((row) => row.group === group);
        return [
          Plot.line(own, { x: 'at', y: 'p', stroke: seriesColour(index), strokeWidth: 2, strokeDasharray: seriesDash(index) }),
          Plot.dot(own, { x: 'at', y: 'p', r: 4.5, symbol: symbols[index % 8], fill: seriesColour(index), stroke: 'white' }),
        ];
      }),
    });
    const holder = svg(each, height);
    place(holder, { node: plot, width: each, height }, 0, 0);
    holder.append(textLine(0, 13, fit(panel.name, each - 8), { 'font-weight': 600 }));
    place(node, { node: holder, width: each, height }, (i % columns) * (each + 18), Math.floor(i / columns) * (height + 8));
  });
  return stack(width, [
    legend(width, groups.map(([group, index]) => ({ text: `subtype ${group}`, index, mark: 'line' as const }))),
    { node, width, height: Math.ceil(panels.length / columns) * (height + 8) },
  ]);
}

/** Sum of diameters in percent of baseline, with the limits of response and progression. */
export function drawDiameters(
  rows: { at: number; text: string; percent: number | null; nadir: number | null; sum: number | null }[],
  xLabel: string,
  width: number,
): SVGElement {
  const known = rows.filter((r) => r.percent !== null);
  const most = Math.max(130, ...known.map((r) => r.percent! * 1.1));
  const xs: [number, number] = [Math.min(...rows.map((r) => r.at)), Math.max(...rows.map((r) => r.at))];
  if (xs[0] === xs[1]) xs[1] = xs[0] + 1;
  return draw({
    width,
    height: 290,
    marginLeft: 62,
    marginRight: 24,
    marginBottom: 44,
    x: { domain: xs, ticks: rows.map((r) => r.at), tickFormat: spaced(rows, xs, width - 114), label: xLabel, labelAnchor: 'center', labelArrow: 'none', inset: 14 },
    y: { domain: [0, most], label: 'Sum of diameters, percent of baseline', labelArrow: 'none', grid: true, tickFormat: (v: number) => `${v} %` },
    marks: [
      Plot.ruleY([100], { stroke: kMuted }),
      Plot.ruleY([70], { stroke: seriesColour(2), strokeDasharray: '6 4' }),
      Plot.text([70], { y: (d: number) => d, frameAnchor: 'right', text: () => '30 % smaller than at baseline', dy: 10, fill: '#00664b', fontSize: 11, stroke: 'white', strokeWidth: 3 }),
      Plot.line(known, { x: 'at', y: 'percent', stroke: seriesColour(0), strokeWidth: 2.4 }),
      Plot.dot(known, { x: 'at', y: 'percent', r: 5.5, fill: seriesColour(0), stroke: 'white' }),
      Plot.text(known, { x: 'at', y: 'percent', text: (d: { sum: number | null }) => (d.sum === null ? '' : `${number(d.sum)} mm`), dy: -14, fontSize: 11, fill: kInk, stroke: 'white', strokeWidth: 3 }),
    ],
  });
}
