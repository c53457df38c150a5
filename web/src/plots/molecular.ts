import { s, label } from '../dom';
import type { GeneSet } from '../document';
import { number } from '../format';
import { diverging, kInk, seriesColour } from '../theme';
import { Plot, draw, fit, place, ramp, stack, svg, textLine, textWidth, type Part } from './base';

export interface GenePoint {
  gene: string;
  change: number;
  p: number;
  q: number | null;
}

/** log2 fold change against -log10 p; all genes of one kind are one path, so that 25,000 draw at once. */
export function drawVolcano(points: GenePoint[], level: number, width: number): SVGElement {
  const height = Math.min(430, Math.max(300, width * 0.55));
  const known = points.filter((d) => d.q !== null && d.q < level);
  const rest = points.filter((d) => !(d.q !== null && d.q < level));
  const y = (d: GenePoint): number => -Math.log10(Math.max(d.p, 1e-300));
  const reach = Math.max(0.5, ...points.map((d) => Math.abs(d.change))) * 1.05;
  const top = Math.max(2, ...points.map(y)) * 1.06;
  const cloud =
    (data: GenePoint[], colour: string, size: number, opacity: number): Plot.RenderFunction =>
    (_index, scales) =>
      s('path', {
        d: data.map((d) => `M${(scales.x!(d.change) as number).toFixed(1)},${(scales.y!(y(d)) as number).toFixed(1)}h0`).join(''),
        stroke: colour,
        'stroke-width': size,
        'stroke-linecap': 'round',
        'stroke-opacity': opacity,
        fill: 'none',
      });
  // Names for the strongest only, so that they can be read.
  const named = [...known].sort((a, b) => a.p - b.p).slice(0, width < 480 ? 5 : 10);
  return draw({
    width,
    height,
    marginLeft: 50,
    marginBottom: 44,
    x: { domain: [-reach, reach], label: 'log₂ fold change', labelAnchor: 'center', labelArrow: 'none', grid: false },
    y: { domain: [0, top], label: '−log₁₀ p', labelArrow: 'none', grid: true },
    marks: [
      Plot.ruleX([0], { stroke: '#8a919c' }),
      cloud(rest, '#8a919c', points.length > 4000 ? 2.6 : 4, points.length > 4000 ? 0.45 : 0.7),
      cloud(known.filter((d) => d.change < 0), seriesColour(0), 6, 0.9),
      cloud(known.filter((d) => d.change >= 0), seriesColour(1), 6, 0.9),
      Plot.text(named, { x: 'change', y, text: (d: GenePoint) => label(d.gene, 16), dy: -9, fontSize: 10.5, fill: kInk, stroke: 'white', strokeWidth: 3 }),
    ],
  });
}

/** Difference of each gene set (rows) in each contrast (columns); the cell says the q-value where it is small. */
export function drawSets(sets: GeneSet[], contrasts: string[], level: number, width: number): SVGElement {
  const names = [...new Set(sets.map((set) => set.set))];
  const left = Math.min(width * 0.46, Math.max(...names.map((n) => textWidth(label(n, 34), 11.5))) + 12);
  const cell = Math.min(110, (width - left) / contrasts.length);
  const rowHeight = 26;
  const top = cell > 95 ? 26 : 84;
  const reach = Math.max(0.5, ...sets.map((set) => Math.abs(set.difference ?? 0)));
  const node = svg(width, top + names.length * rowHeight + 6);
  contrasts.forEach((contrast, j) => {
    node.append(
      textLine(0, 0, fit(contrast, cell > 95 ? cell - 6 : 96, 11.5), { transform: `translate(${left + j * cell + cell / 2},${top - 8}) rotate(${cell > 95 ? 0 : -32})`, 'text-anchor': cell > 95 ? 'middle' : 'start', 'font-size': 11.5 }),
    );
  });
  const found = new Map(sets.map((set) => [`${set.set}\u0000${set.contrast}`, set]));
  names.forEach((name, i) => {
    const y = top + i * rowHeight;
    node.append(textLine(left - 8, y + 17, fit(name, left - 10, 11.5), { 'text-anchor': 'end', 'font-size': 11.5 }));
    contrasts.forEach((contrast, j) => {
      const set = found.get(`${name}\u0000${contrast}`);
      const value = set?.difference ?? null;
      const colour = value === null ? [240, 240, 240] : diverging(value / reach);
      node.append(
        s('rect', { x: left + j * cell + 1, y: y + 1, width: cell - 2, height: rowHeight - 2, fill: `rgb(${colour.join(',')})`, 'data-value': value }),
      );
      if (value === null) return;
      const dark = Math.abs(value / reach) > 0.6;
      node.append(
        textLine(left + j * cell + cell / 2, y + 17, number(value, 2) + (set!.q !== null && set!.q < level ? ' *' : ''), {
          'text-anchor': 'middle',
          'font-size': 11,
          fill: dark ? 'white' : kInk,
          'font-weight': set!.q !== null && set!.q < level ? 700 : 400,
        }),
      );
    });
  });
  const key = ramp(width - left, (t) => diverging(2 * t - 1), `−${number(reach, 2)}`, '0', number(reach, 2), 'Difference in mean log₂ expression');
  const keyed = svg(width, 50);
  place(keyed, key, left, 6);
  const parts: Part[] = [
    { node, width, height: top + names.length * rowHeight + 6 },
    { node: keyed, width, height: 54 },
  ];
  return stack(width, parts);
}

/** Every patient's score, by group: the points themselves. */
export function drawScores(
  panels: { set: string; points: { group: string; index: number; value: number }[] }[],
  groups: string[],
  width: number,
): SVGElement {
  const columns = Math.max(1, Math.min(5, Math.floor(width / 168)));
  const each = (width - (columns - 1) * 10) / columns;
  const height = 190;
  const node = svg(width, Math.ceil(panels.length / columns) * (height + 10));
  const symbols = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross', 'wye', 'times'] as const;
  panels.forEach((panel, i) => {
    const counts = new Map<string, number>();
    const spread = panel.points.map((point) => {
      const at = counts.get(point.group) ?? 0;
      counts.set(point.group, at + 1);
      // Van der Corput's sequence: spread without chance.
      return { ...point, dx: (corput(at + 1) - 0.5) * Math.min(26, (each / groups.length) * 0.62) };
    });
    const plot = draw({
      width: each,
      height,
      marginLeft: 38,
      marginRight: 2,
      marginTop: 30,
      marginBottom: 24,
      x: { type: 'point', domain: groups, padding: 0.6, label: null, tickFormat: (g: string) => label(g.replace(/^subtype /, ''), 5) },
      y: { label: null, grid: true, ticks: 4, nice: true, domain: rangeOf(panel.points.map((p) => p.value)) },
      marks: [
        ...groups.flatMap((group): Plot.Markish[] => {
          const own = spread.filter((p) => p.group === group);
          const index = own[0]?.index ?? 0;
          // Many points are one path, as in the volcano.
          if (panel.points.length > 150)
            return [
              ((_i, scales) =>
                s('path', {
                  d: own.map((p) => `M${((scales.x!(p.group) as number) + p.dx).toFixed(1)},${(scales.y!(p.value) as number).toFixed(1)}h0`).join(''),
                  stroke: seriesColour(index),
                  'stroke-width': 3.2,
                  'stroke-linecap': 'round',
                  'stroke-opacity': 0.6,
                  fill: 'none',
                })) as Plot.RenderFunction,
            ];
          return own.map((p) =>
            Plot.dot([p], { x: 'group', y: 'value', dx: p.dx, r: 2.6, symbol: symbols[index % 8], fill: seriesColour(index), fillOpacity: 0.75, stroke: 'white', strokeWidth: 0.4 }),
          );
        }),
      ],
    });
    const title = textLine(38, 13, fit(panel.set.replace(/_/g, ' '), each - 42, 12), { 'font-size': 11, 'font-weight': 600, fill: kInk });
    const holder = svg(each, height);
    place(holder, { node: plot, width: each, height }, 0, 0);
    holder.append(title);
    place(node, { node: holder, width: each, height }, (i % columns) * (each + 10), Math.floor(i / columns) * (height + 10));
  });
  return node;
}

function rangeOf(values: number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return values.length === 0 ? [0, 1] : low === high ? [low - 1, high + 1] : [low, high];
}

function corput(n: number): number {
  let result = 0;
  let part = 0.5;
  while (n > 0) {
    if (n & 1) result += part;
    part /= 2;
    n >>= 1;
  }
  return result;
}
