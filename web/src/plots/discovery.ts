import { bytesOf } from '../decode';
import { s } from '../dom';
import type { Discovery, StudyReport } from '../document';
import { number } from '../format';
import { groupIndex, kInk, kMuted, sequential, seriesColour } from '../theme';
import { Plot, draw, legend, place, ramp, raster, runs, stack, svg, textLine, type Part } from './base';

export function drawConsensus(consensus: NonNullable<StudyReport['consensus']>, all: string[], width: number): SVGElement {
  const { size } = consensus;
  const values = bytesOf(consensus.values);
  const side = Math.min(width - 120, 460);
  const bar = 10;
  const x0 = bar + 8;
  const node = svg(width, side + x0 + 8);
  node.append(raster(size, size, (c, r) => sequential(values[r * size + c]! / 255), { x: x0, y: x0, width: side, height: side }));
  node.append(s('rect', { x: x0, y: x0, width: side, height: side, fill: 'none', stroke: '#b9bfc8', 'stroke-width': 0.6 }));
  for (const run of runs(consensus.subtype)) {
    const index = groupIndex(run.group, all);
    const from = x0 + (side * run.from) / size;
    const length = (side * (run.to - run.from)) / size;
    node.append(s('rect', { x: 0, y: from, width: bar, height: Math.max(0.5, length - 1), fill: seriesColour(index) }));
    node.append(s('rect', { y: 0, x: from, height: bar, width: Math.max(0.5, length - 1), fill: seriesColour(index) }));
    node.append(s('rect', { x: from, y: from, width: length, height: length, fill: 'none', stroke: kInk, 'stroke-width': 0.8 }));
    node.append(textLine(x0 + side + 10, from + length / 2 + 4, `subtype ${run.group}`, {}));
  }
  const key = ramp(width - x0, sequential, '0', '0.5', '1', 'Share of repetitions with both cases in one group');
  const keyed = svg(width, 50);
  place(keyed, key, x0, 4);
  return stack(width, [
    { node, width, height: side + x0 + 8 },
    { node: keyed, width, height: 52 },
  ]);
}

export function drawCdf(cdf: NonNullable<StudyReport['cdf']>, chosen: number, width: number): SVGElement {
  const rows = cdf.k.flatMap((k, i) => cdf.x.map((x, j) => ({ k, i, x, y: cdf.curves[i]?.[j] ?? null })));
  const plot = draw({
    width,
    height: 300,
    marginLeft: 50,
    marginBottom: 44,
    x: { label: 'Consensus of a pair of cases', domain: [0, 1], labelAnchor: 'center', labelArrow: 'none' },
    y: { label: 'Share of pairs at or below', domain: [0, 1], grid: true, labelArrow: 'none' },
    marks: [
      Plot.rect([0], { x1: 0.1, x2: 0.9, y1: 0, y2: 1, fill: '#f3f4f6' }),
      Plot.line(rows, {
        x: 'x',
        y: 'y',
        z: 'k',
        stroke: (d: { i: number }) => seriesColour(d.i),
        strokeWidth: (d: { k: number }) => (d.k === chosen ? 3 : 1.6),
        curve: 'step-after',
      }),
    ],
  });
  return stack(width, [
    legend(width, cdf.k.map((k, i) => ({ text: k === chosen ? `k = ${k} (kept)` : `k = ${k}`, index: i, mark: 'swatch' as const })), 50),
    { node: plot, width, height: 300 },
  ]);
}

/** PAC with what tables without clusters give, and mean silhouette, by k. */
export function drawChoice(discovery: Discovery, width: number): SVGElement {
  const numbers = discovery.numbers;
  const beside = width >= 640;
  const each = beside ? (width - 24) / 2 : width;
  const ks = numbers.map((n) => n.k);
  const tests = numbers.flatMap((n) =>
    n.stability && n.stability.expected !== null
      ? [{ k: n.k, expected: n.stability.expected, sd: n.stability.sd ?? 0, found: n.stability.ambiguous_share }]
      : [],
  );
  const common = { width: each, height: 250, marginLeft: 50, marginTop: 34, marginBottom: 42 };
  const x = { type: 'point' as const, domain: ks, label: 'Number of groups, k', labelAnchor: 'center' as const, labelArrow: 'none' as const, padding: 0.4 };
  const pac = draw({
    ...common,
    x,
    y: { label: 'Ambiguous share of pairs (PAC)', domain: [0, 1], grid: true, labelArrow: 'none' },
    marks: [
      Plot.ruleX(tests, { x: 'k', y1: (d) => Math.max(0, d.expected - d.sd), y2: (d) => Math.min(1, d.expected + d.sd), stroke: '#b3b9c2', strokeWidth: 9 }),
      Plot.dot(tests, { x: 'k', y: 'expected', r: 2.5, fill: kMuted }),
      Plot.line(numbers, { x: 'k', y: 'ambiguous_share', stroke: seriesColour(0), strokeWidth: 2 }),
      Plot.dot(numbers, { x: 'k', y: 'ambiguous_share', r: 5, fill: (d) => (d.k === discovery.k ? seriesColour(0) : 'white'), stroke: seriesColour(0), strokeWidth: 2 }),
      Plot.dot(tests, { x: 'k', y: 'found', symbol: 'diamond', r: 5, fill: seriesColour(1), stroke: 'white' }),
    ],
  });
  const silhouettes = numbers.map((n) => n.mean_silhouette).filter((v): v is number => v !== null);
  const silhouette = draw({
    ...common,
    x,
    y: { label: 'Mean silhouette', domain: [Math.min(0, ...silhouettes), Math.max(0.3, ...silhouettes)], nice: true, grid: true, labelArrow: 'none' },
    marks: [
      Plot.ruleY([0], { stroke: '#8a919c' }),
      Plot.line(numbers, { x: 'k', y: 'mean_silhouette', stroke: seriesColour(2), strokeWidth: 2 }),
      Plot.dot(numbers, { x: 'k', y: 'mean_silhouette', r: 5, fill: (d) => (d.k === discovery.k ? seriesColour(2) : 'white'), stroke: seriesColour(2), strokeWidth: 2 }),
    ],
  });
  const panels = svg(width, beside ? 250 : 510);
  place(panels, { node: pac, width: each, height: 250 }, 0, 0);
  place(panels, { node: silhouette, width: each, height: 250 }, beside ? each + 24 : 0, beside ? 0 : 260);
  const key = svg(width, 24);
  let at = 50;
  const entry = (node: SVGElement, text: string, room: number): void => {
    if (at + room > width && at > 50) {
      at = 50;
      rows += 1;
    }
    node.setAttribute('transform', `translate(${at},${rows * 20})`);
    key.append(node, textLine(at + 22, 14 + rows * 20, text));
    at += room;
  };
  let rows = 0;
  entry(s('circle', { cx: 10, cy: 10, r: 5, fill: seriesColour(0) }), `the k kept (${discovery.k})`, 140);
  if (tests.length > 0) {
    entry(s('path', { d: 'M10,4L15,10L10,16L5,10Z', fill: seriesColour(1) }), 'PAC in the stability test', 200);
    entry(s('rect', { x: 6, y: 2, width: 9, height: 16, fill: '#b3b9c2' }), 'tables without clusters, mean ± 1 SD', 250);
  }
  const height = 26 + rows * 20;
  return stack(width, [
    { node: resized(key, width, height), width, height },
    { node: panels, width, height: beside ? 250 : 510 },
  ]);
}

function resized(node: SVGElement, width: number, height: number): SVGElement {
  node.setAttribute('height', String(height));
  node.setAttribute('viewBox', `0 0 ${width} ${height}`);
  return node;
}

/** Scores of cases (rows) by feature (columns), cases in order of subtype. */
export function drawHeatmap(
  heatmap: { rows: number; features: string[]; subtype: string[]; families: string[] },
  scores: Int8Array,
  all: string[],
  diverging: (t: number) => [number, number, number],
  width: number,
): SVGElement {
  const columns = heatmap.features.length;
  const left = 74;
  const top = 84;
  const bodyWidth = width - left - 8;
  const bodyHeight = Math.max(220, Math.min(520, heatmap.rows * 7));
  const node = svg(width, top + bodyHeight + 8);
  node.append(
    raster(columns, heatmap.rows, (c, r) => diverging(scores[r * columns + c]! / 75), { x: left, y: top, width: bodyWidth, height: bodyHeight }),
  );
  for (const run of runs(heatmap.subtype)) {
    const from = top + (bodyHeight * run.from) / heatmap.rows;
    const to = top + (bodyHeight * run.to) / heatmap.rows;
    node.append(s('rect', { x: left - 12, y: from, width: 8, height: Math.max(1, to - from - 1), fill: seriesColour(groupIndex(run.group, all)) }));
    if (run.from > 0) node.append(s('line', { x1: left - 12, x2: left + bodyWidth, y1: from, y2: from, stroke: 'white', 'stroke-width': 2 }));
    node.append(textLine(left - 17, (from + to) / 2 + 4, `subtype ${run.group}`, { 'text-anchor': 'end', 'font-size': 11.5 }));
  }
  const families = runs(heatmap.families);
  let lastEnd = -Infinity;
  for (const run of families) {
    const from = left + (bodyWidth * run.from) / columns;
    const to = left + (bodyWidth * run.to) / columns;
    if (run.from > 0) node.append(s('line', { x1: from, x2: from, y1: top - 6, y2: top + bodyHeight, stroke: 'white', 'stroke-width': 2 }));
    node.append(s('line', { x1: from + 1, x2: to - 1, y1: top - 5, y2: top - 5, stroke: kMuted, 'stroke-width': 1.5 }));
    const middle = Math.max((from + to) / 2, lastEnd + 12);
    lastEnd = middle;
    node.append(
      textLine(0, 0, run.group, { transform: `translate(${middle + 2},${top - 11}) rotate(-38)`, 'font-size': 11, fill: kMuted }),
    );
  }
  node.append(s('rect', { x: left, y: top, width: bodyWidth, height: bodyHeight, fill: 'none', stroke: '#b9bfc8', 'stroke-width': 0.6 }));
  const key = ramp(width, (t) => diverging(2 * t - 1), '−3', '0', '3', 'Prepared feature (score)');
  const keyed = svg(width, 50);
  place(keyed, key, left, 4);
  return stack(width, [
    { node, width, height: top + bodyHeight + 8 },
    { node: keyed, width, height: 52 },
  ]);
}

export interface EmbeddedPoint {
  x: number;
  y: number;
  group: string | null;
  title: string;
}

/** Cases in the plane of the first two principal components; `marked` is the patient of this page. */
export function drawEmbedding(
  points: EmbeddedPoint[],
  axes: { x: number | null; y: number | null },
  all: string[],
  width: number,
  marked?: { x: number; y: number } | null,
): SVGElement {
  const height = Math.min(480, Math.max(320, width * 0.56));
  const many = points.length > 400;
  const axis = (i: number, share: number | null): string =>
    share === null ? `Component ${i}` : `Component ${i} (${number(100 * share)} % of the variance)`;
  const parts: Part[] = [];
  const groups = [...new Set(points.map((p) => p.group))].sort((a, b) => (a ?? '~').localeCompare(b ?? '~', 'en', { numeric: true }));
  parts.push(
    legend(
      width,
      groups.map((g) => ({ text: g === null ? 'no subtype' : `subtype ${g}`, index: g === null ? null : groupIndex(g, all), mark: 'dot' as const })),
      50,
    ),
  );
  const symbols = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross', 'wye', 'times'] as const;
  const plot = draw({
    width,
    height,
    marginLeft: 50,
    marginBottom: 44,
    inset: 10,
    x: { label: axis(1, axes.x), labelAnchor: 'center', labelArrow: 'none', nice: true },
    y: { label: axis(2, axes.y), labelArrow: 'none', nice: true },
    marks: [
      Plot.frame({ stroke: '#d4d8de' }),
      Plot.ruleX([0], { stroke: '#eceef1' }),
      Plot.ruleY([0], { stroke: '#eceef1' }),
      ...groups.map((g) =>
        Plot.dot(
          points.filter((p) => p.group === g),
          {
            x: 'x',
            y: 'y',
            r: many ? 2.8 : 4.5,
            symbol: g === null ? 'circle' : symbols[groupIndex(g, all) % 8],
            fill: g === null ? '#8a919c' : seriesColour(groupIndex(g, all)),
            fillOpacity: many ? 0.7 : 0.85,
            stroke: 'white',
            strokeWidth: many ? 0.4 : 0.7,
            title: 'title',
          },
        ),
      ),
      ...(marked
        ? [
            Plot.dot([marked], { x: 'x', y: 'y', r: 12, stroke: kInk, strokeWidth: 1.6, fill: 'none' }),
            Plot.dot([marked], { x: 'x', y: 'y', r: 5.5, fill: kInk, symbol: 'star' }),
            Plot.text([marked], { x: 'x', y: 'y', dy: -20, text: () => 'this case', fontWeight: 600, fill: kInk, stroke: 'white', strokeWidth: 4 }),
          ]
        : []),
    ],
  });
  parts.push({ node: plot, width, height });
  return stack(width, parts);
}
