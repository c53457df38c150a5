import { s, label } from '../dom';
import type { Estimate } from '../document';
import { count, interval, pValue } from '../format';
import { kInk, kMuted, seriesColour, seriesDash } from '../theme';
import { Plot, draw, fit, legend, stack, svg, textLine, textWidth, type Part } from './base';

export interface CurveGroup {
  name: string;
  index: number;
  /** From time 0; at_risk is the number just before `time`. */
  points: { time: number; at_risk: number; events: number; censored: number; estimate: number | null; lower: number | null; upper: number | null }[];
  n: number;
}

/** Step curves with bands and marks where someone was censored; numbers at risk below. */
export function drawCurves(
  groups: CurveGroup[],
  labels: { x: string; y: string; from: number },
  width: number,
): SVGElement {
  const left = 58;
  const right = 18;
  const rows = groups.flatMap((group) => [
    { group, time: 0, estimate: labels.from, lower: labels.from, upper: labels.from, censored: 0 },
    ...group.points.map((point) => ({ group, ...point })),
  ]);
  const longest = Math.max(1, ...rows.map((row) => row.time));
  const ticks = niceTicks(longest, width < 480 ? 4 : 7);
  const domain: [number, number] = [0, Math.max(longest, ticks[ticks.length - 1]!)];
  const height = Math.min(400, Math.max(280, width * 0.46));
  const plot = draw({
    width,
    height,
    marginLeft: left,
    marginRight: right,
    marginBottom: 44,
    marginTop: 26,
    x: { domain, ticks, label: labels.x, labelAnchor: 'center', labelArrow: 'none', tickFormat: (t: number) => count(t) },
    y: { domain: [0, 1], label: labels.y, grid: true, labelArrow: 'none', tickFormat: (v: number) => `${Math.round(100 * v)} %` },
    marks: [
      ...groups.map((group) =>
        Plot.areaY(
          rows.filter((row) => row.group === group && row.lower !== null && row.upper !== null),
          { x: 'time', y1: 'lower', y2: 'upper', curve: 'step-after', fill: seriesColour(group.index), fillOpacity: 0.1 },
        ),
      ),
      ...groups.map((group) =>
        Plot.line(
          rows.filter((row) => row.group === group && row.estimate !== null),
          { x: 'time', y: 'estimate', curve: 'step-after', stroke: seriesColour(group.index), strokeWidth: 2.2, strokeDasharray: seriesDash(group.index) },
        ),
      ),
      ...groups.map((group) =>
        Plot.dot(
          rows.filter((row) => row.group === group && row.censored > 0 && row.estimate !== null),
          { x: 'time', y: 'estimate', symbol: 'plus', r: 4, stroke: seriesColour(group.index), strokeWidth: 1.3 },
        ),
      ),
    ],
  });
  // Numbers at risk under the axis's own ticks.
  const scale = (t: number): number => left + ((t - domain[0]) / (domain[1] - domain[0])) * (width - left - right);
  const table = svg(width, 24 + groups.length * 18);
  table.append(textLine(0, 12, 'Number at risk', { fill: kMuted, 'font-size': 11.5 }));
  groups.forEach((group, i) => {
    const y = 32 + i * 18;
    table.append(
      s('line', { x1: 0, x2: 22, y1: y - 4, y2: y - 4, stroke: seriesColour(group.index), 'stroke-width': 2.5, 'stroke-dasharray': seriesDash(group.index) || null }),
    );
    for (const t of ticks)
      table.append(
        textLine(scale(t), y, count(atRisk(group, t)), { 'text-anchor': t === 0 ? 'start' : 'middle', 'font-size': 11.5, 'font-variant-numeric': 'tabular-nums', 'data-at-risk': group.name }),
      );
  });
  const parts: Part[] = [
    legend(width, groups.map((group) => ({ text: `${label(group.name, 30)} (n = ${count(group.n)})`, index: group.index, mark: 'line' as const })), left),
    { node: plot, width, height },
    { node: table, width, height: 36 + groups.length * 18 },
  ];
  return stack(width, parts);
}

export function atRisk(group: CurveGroup, time: number): number {
  const next = group.points.find((point) => point.time >= time);
  if (next) return next.at_risk;
  return 0;
}

export function niceTicks(longest: number, about: number): number[] {
  const raw = longest / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((m) => m >= raw) ?? raw;
  const ticks: number[] = [];
  for (let t = 0; t <= longest * 1.0001; t += step) ticks.push(Number(t.toPrecision(10)));
  return ticks;
}

export interface ForestRow {
  heading?: string;
  label?: string;
  counts?: string;
  reference?: boolean;
  effect?: Estimate | null;
  missing?: string | null;
  index?: number | null;
}

/** Ratios with intervals on a log axis, one a row. */
export function drawForest(rows: ForestRow[], title: string, width: number): SVGElement {
  const wide = width >= 620;
  const labelWidth = Math.min(wide ? 220 : 150, Math.max(90, ...rows.map((row) => textWidth(row.label ?? '') + 24)));
  const countWidth = wide && rows.some((row) => row.counts) ? 84 : 0;
  const textRoom = wide ? 196 : 138;
  const x0 = labelWidth + countWidth + 8;
  const x1 = width - textRoom - 8;
  const effects = rows.flatMap((row) => (row.effect?.estimate ? [row.effect] : []));
  const positive = effects.flatMap((e) => [e.lower, e.estimate, e.upper]).filter((v): v is number => v !== null && v > 0 && Number.isFinite(v));
  const low = Math.max(0.02, Math.min(0.5, ...positive)) * 0.9;
  const high = Math.min(50, Math.max(2, ...positive)) * 1.1;
  const at = (v: number): number => x0 + ((Math.log(v) - Math.log(low)) / (Math.log(high) - Math.log(low))) * (x1 - x0);
  const rowHeight = 24;
  const top = 30;
  const bottom = top + rows.length * rowHeight;
  const node = svg(width, bottom + 46);
  node.append(textLine(0, 14, '', {}));
  if (countWidth) node.append(textLine(x0 - 12, 14, 'n (events)', { 'text-anchor': 'end', fill: kMuted, 'font-size': 11.5 }));
  node.append(textLine(x1 + 12, 14, wide ? 'Ratio (interval)' : 'Ratio (interval), p', { fill: kMuted, 'font-size': 11.5 }));
  if (wide) node.append(textLine(width - 2, 14, 'p', { 'text-anchor': 'end', fill: kMuted, 'font-size': 11.5, 'font-style': 'italic' }));
  node.append(s('line', { x1: at(1), x2: at(1), y1: top - 6, y2: bottom, stroke: '#8a919c', 'stroke-width': 1 }));
  const all = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50].filter((v) => v >= low && v <= high);
  const ticks = (x1 - x0) / all.length < 28 ? all.filter((v) => [0.02, 0.1, 1, 10, 50].includes(v) || (all.length < 7 && [0.5, 2, 5, 0.2].includes(v))) : all;
  node.append(s('line', { x1: x0, x2: x1, y1: bottom, y2: bottom, stroke: '#5b6370' }));
  for (const tick of ticks) {
    node.append(s('line', { x1: at(tick), x2: at(tick), y1: bottom, y2: bottom + 5, stroke: '#5b6370' }));
    node.append(textLine(at(tick), bottom + 18, String(tick), { 'text-anchor': 'middle', 'font-size': 11.5 }));
  }
  node.append(textLine((x0 + x1) / 2, bottom + 38, title, { 'text-anchor': 'middle', 'font-size': 11.5 }));
  rows.forEach((row, i) => {
    const y = top + i * rowHeight + rowHeight / 2;
    if (row.heading !== undefined) {
      node.append(textLine(0, y + 5, fit(row.heading, width - 60, 12.8), { 'font-weight': 600 }));
      if (i > 0) node.append(s('line', { x1: 0, x2: width, y1: y - 12, y2: y - 12, stroke: '#e3e6ea' }));
      return;
    }
    node.append(textLine(14, y + 4, fit(row.label ?? '', labelWidth - 14)));
    if (countWidth && row.counts) node.append(textLine(x0 - 12, y + 4, row.counts, { 'text-anchor': 'end', 'font-size': 11.5, 'font-variant-numeric': 'tabular-nums' }));
    const colour = row.index === null || row.index === undefined ? kInk : seriesColour(row.index);
    const effect = row.effect;
    if (row.reference) {
      node.append(s('rect', { x: at(1) - 4, y: y - 4, width: 8, height: 8, fill: 'white', stroke: colour, 'stroke-width': 1.6 }));
      node.append(textLine(x1 + 12, y + 4, 'reference', { fill: kMuted }));
    } else if (effect && effect.estimate !== null && effect.estimate > 0) {
      const from = effect.lower === null || effect.lower < low ? low : effect.lower;
      const to = effect.upper === null || effect.upper > high ? high : effect.upper;
      node.append(s('line', { x1: at(from), x2: at(to), y1: y, y2: y, stroke: colour, 'stroke-width': 2 }));
      if (from === low) node.append(s('path', { d: `M${x0 + 6},${y - 4}L${x0 - 1},${y}L${x0 + 6},${y + 4}`, fill: 'none', stroke: colour, 'stroke-width': 1.6 }));
      if (to === high) node.append(s('path', { d: `M${x1 - 6},${y - 4}L${x1 + 1},${y}L${x1 - 6},${y + 4}`, fill: 'none', stroke: colour, 'stroke-width': 1.6 }));
      const centre = at(Math.max(low, Math.min(high, effect.estimate)));
      node.append(s('rect', { x: centre - 4.5, y: y - 4.5, width: 9, height: 9, fill: colour, 'data-estimate': effect.estimate }));
      const text = interval(effect.estimate, effect.lower, effect.upper);
      if (wide) {
        node.append(textLine(x1 + 12, y + 4, text, { 'font-variant-numeric': 'tabular-nums' }));
        node.append(textLine(width - 2, y + 4, pValue(effect.p), { 'text-anchor': 'end', 'font-variant-numeric': 'tabular-nums' }));
      } else {
        node.append(textLine(x1 + 12, y, text, { 'font-size': 10.5 }));
        node.append(textLine(x1 + 12, y + 11, pValue(effect.p).replace(/^(?=\d)/, 'p = ').replace(/^</, 'p <'), { 'font-size': 10, fill: kMuted }));
      }
    } else node.append(textLine(x1 + 12, y + 4, fit(row.missing ?? 'not given', textRoom - 8, 11), { fill: kMuted, 'font-size': 11 }));
  });
  return node;
}

/** Shares in [0, 1] by row and group, with a marker each. */
export function drawShares(
  rows: { row: string; group: string; index: number; value: number | null; p: number | null }[],
  title: string,
  width: number,
): SVGElement {
  const names = [...new Set(rows.map((r) => r.row))];
  const groups = [...new Map(rows.map((r) => [r.group, r.index])).entries()];
  const present = rows.filter((r) => r.value !== null);
  const symbols = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross', 'wye', 'times'] as const;
  const height = 60 + names.length * 26 * Math.max(1, groups.length * 0.55);
  const plot = draw({
    width,
    height,
    marginLeft: Math.min(150, 20 + Math.max(...names.map((n) => textWidth(label(n, 20))))),
    marginBottom: 42,
    marginTop: 10,
    x: { domain: [0, 1], label: title, labelAnchor: 'center', labelArrow: 'none', grid: true },
    fy: { domain: names, label: null, axis: null, padding: 0.15 },
    y: { domain: groups.map(([g]) => g), label: null, axis: null },
    marks: [
      Plot.frame({ stroke: '#e3e6ea' }),
      Plot.text(names, { fy: (d: string) => d, frameAnchor: 'left', dx: -10, textAnchor: 'end', text: (d: string) => fit(d, 128), fontSize: 12 }),
      Plot.ruleY(present, { fy: 'row', y: 'group', x1: 0, x2: 'value', stroke: (d) => seriesColour(d.index), strokeWidth: 1.5 }),
      Plot.dot(present, {
        fy: 'row',
        y: 'group',
        x: 'value',
        r: 5,
        symbol: (d: { index: number }) => symbols[d.index % 8]!,
        fill: (d: { index: number }) => seriesColour(d.index),
        stroke: kInk,
        strokeWidth: 0.6,
      }),
    ],
    symbol: { type: 'identity' },
  } as Plot.PlotOptions & { width: number; height: number });
  return stack(width, [
    legend(width, groups.map(([group, index]) => ({ text: group, index, mark: 'dot' as const }))),
    { node: plot, width, height },
  ]);
}
