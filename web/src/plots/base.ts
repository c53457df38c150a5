import * as Plot from '@observablehq/plot';
import { s } from '../dom';
import { shorten } from '../format';
import { kInk, kMuted, seriesColour, seriesDash, seriesSymbol } from '../theme';
import { symbol as shape, symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolStar, symbolCross, symbolWye, symbolTimes } from 'd3-shape';

export { Plot };

const kFont = 'system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif';
const kShapes = [
  symbolCircle,
  symbolSquare,
  symbolTriangle,
  symbolDiamond,
  symbolStar,
  symbolCross,
  symbolWye,
  symbolTimes,
];

export interface Part {
  node: SVGElement;
  width: number;
  height: number;
}

/** Plot in the page's style, as one SVG element. */
export function draw(options: Plot.PlotOptions & { width: number; height: number }): SVGElement {
  // Room below the axis's label for letters that reach down.
  const x = options.x && options.marginBottom ? { labelOffset: options.marginBottom - 7, ...options.x } : options.x;
  const node = Plot.plot({
    ...options,
    x,
    style: { fontFamily: kFont, fontSize: '12px', color: kInk, background: 'none', overflow: 'visible' },
  });
  if (!(node instanceof SVGElement)) throw new Error('the figure is not one SVG element');
  return node;
}

/** Parts under one another as one SVG. */
export function stack(width: number, parts: Part[]): SVGElement {
  let y = 0;
  const outer = svg(width, 0);
  for (const part of parts) {
    place(outer, part, 0, y);
    y += part.height;
  }
  resize(outer, width, y);
  return outer;
}

export function svg(width: number, height: number): SVGElement {
  const node = s('svg', { 'font-family': kFont, 'font-size': 12, fill: kInk });
  resize(node, width, height);
  return node;
}

function resize(node: SVGElement, width: number, height: number): void {
  node.setAttribute('width', String(width));
  node.setAttribute('height', String(height));
  node.setAttribute('viewBox', `0 0 ${width} ${height}`);
}

export function place(outer: SVGElement, part: Part, x: number, y: number): void {
  part.node.setAttribute('x', String(x));
  part.node.setAttribute('y', String(y));
  outer.append(part.node);
}

export interface Key {
  text: string;
  /** Place in the palette; null is the grey of "no subtype". */
  index: number | null;
  mark: 'dot' | 'line' | 'swatch';
}

/** Marker, dash and colour of each group in words, wrapped to the width. */
export function legend(width: number, keys: Key[], left = 0): Part {
  const node = svg(width, 20);
  let x = left;
  let y = 12;
  for (const key of keys) {
    const markWidth = key.mark === 'line' ? 30 : 14;
    const needed = markWidth + 6 + textWidth(key.text) + 18;
    if (x + needed - 18 > width && x > left) {
      x = left;
      y += 20;
    }
    const colour = key.index === null ? '#8a919c' : seriesColour(key.index);
    if (key.mark === 'line')
      node.append(
        s('line', {
          x1: x,
          x2: x + markWidth,
          y1: y - 1,
          y2: y - 1,
          stroke: colour,
          'stroke-width': 2.5,
          'stroke-dasharray': seriesDash(key.index ?? 0) || null,
        }),
      );
    else if (key.mark === 'swatch') node.append(s('rect', { x, y: y - 7, width: 12, height: 12, fill: colour }));
    else node.append(markerAt(x + 6, y - 1, key.index, 7));
    node.append(s('text', { x: x + markWidth + 6, y: y + 3, fill: kInk, 'font-size': 12 }, key.text));
    x += needed;
  }
  resize(node, width, y + 14);
  return { node, width, height: y + 14 };
}

export function markerAt(x: number, y: number, index: number | null, radius = 5): SVGElement {
  const path = shape(kShapes[(index ?? 0) % 8]!, radius * radius * 1.9)() ?? '';
  return s('path', {
    d: path,
    transform: `translate(${x},${y})`,
    fill: index === null ? '#8a919c' : seriesColour(index),
    stroke: '#1f2328',
    'stroke-width': 0.6,
  });
}

/** Plot's name of the marker of a group. */
export const markerName = seriesSymbol;

/** About how wide a text of 12 px runs; full-width characters take twice the room. */
export function textWidth(text: string, size = 12): number {
  let width = 0;
  for (const c of text) {
    const code = c.codePointAt(0)!;
    if (code === 0x2068 || code === 0x2069) continue;
    width += code > 0x2e7f ? 1 : /[ilIjtf.,:;'|()\s]/.test(c) ? 0.33 : /[mwMW@]/.test(c) ? 0.86 : /[A-Z]/.test(c) ? 0.67 : 0.56;
  }
  return 1.07 * width * size;
}

/** The text cut to a width in pixels, and isolated from the direction of its surroundings. */
export function fit(text: string, width: number, size = 12): string {
  const short = shorten(text, 200);
  if (textWidth(short, size) <= width) return `\u2068${short}\u2069`;
  let kept = '';
  let used = textWidth('…', size);
  for (const c of short) {
    used += textWidth(c, size);
    if (used > width) break;
    kept += c;
  }
  return `\u2068${kept}…\u2069`;
}

/** Words on lines no longer than `width`, `most` lines at most. */
export function wrap(text: string, width: number, size = 12, most = 3): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap((part) => pieces(part, width, size))) {
    const next = line === '' ? word : `${line} ${word}`;
    if (textWidth(next, size) <= width || line === '') line = next;
    else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `${lines[most - 1]!.replace(/.$/u, '')}…`];
}

/** A word, in parts where it is longer than a line. */
function pieces(word: string, width: number, size: number): string[] {
  if (textWidth(word, size) <= width) return [word];
  const parts = [''];
  for (const c of word) {
    if (textWidth(parts[parts.length - 1]! + c, size) > width) parts.push('');
    parts[parts.length - 1] += c;
  }
  return parts;
}

export function textLine(x: number, y: number, text: string, attributes: Record<string, string | number> = {}): SVGElement {
  return s('text', { x, y, fill: kInk, ...attributes }, text);
}

/** One pixel of the picture for each cell, drawn without smoothing. */
export function raster(
  columns: number,
  rows: number,
  colourAt: (column: number, row: number) => [number, number, number],
  box: { x: number; y: number; width: number; height: number },
): SVGElement {
  const canvas = document.createElement('canvas');
  // Several pixels a cell, so that programs which smooth pictures still show cells.
  const times = Math.max(1, Math.min(4, Math.floor(800 / Math.max(columns, rows))));
  canvas.width = columns * times;
  canvas.height = rows * times;
  const context = canvas.getContext('2d')!;
  const picture = context.createImageData(canvas.width, canvas.height);
  for (let row = 0; row < rows; ++row)
    for (let column = 0; column < columns; ++column) {
      const [r, g, b] = colourAt(column, row);
      for (let v = 0; v < times; ++v)
        for (let u = 0; u < times; ++u) {
          const i = 4 * ((row * times + v) * canvas.width + column * times + u);
          picture.data[i] = r;
          picture.data[i + 1] = g;
          picture.data[i + 2] = b;
          picture.data[i + 3] = 255;
        }
    }
  context.putImageData(picture, 0, 0);
  return s('image', {
    ...box,
    href: canvas.toDataURL('image/png'),
    preserveAspectRatio: 'none',
    style: 'image-rendering: pixelated',
  });
}

/** A colour ramp with its ends in words. */
export function ramp(
  width: number,
  colourAt: (t: number) => [number, number, number],
  low: string,
  middle: string,
  high: string,
  title: string,
): Part {
  const node = svg(width, 44);
  const barWidth = Math.min(220, width - 20);
  node.append(textLine(0, 11, title, { 'font-size': 11.5, fill: kMuted }));
  node.append(raster(64, 1, (i) => colourAt(i / 63), { x: 0, y: 17, width: barWidth, height: 9 }));
  node.append(s('rect', { x: 0, y: 17, width: barWidth, height: 9, fill: 'none', stroke: '#b9bfc8', 'stroke-width': 0.6 }));
  const ends: [number, string, string][] = [
    [0, low, 'start'],
    [barWidth / 2, middle, 'middle'],
    [barWidth, high, 'end'],
  ];
  for (const [x, text, anchor] of ends)
    node.append(textLine(x, 39, text, { 'text-anchor': anchor, 'font-size': 11, fill: kMuted }));
  return { node, width, height: 44 };
}

/** Bars of colour that say where each group begins, along a raster's side. */
export function runs(groups: readonly string[]): { group: string; from: number; to: number }[] {
  const found: { group: string; from: number; to: number }[] = [];
  groups.forEach((group, i) => {
    const last = found[found.length - 1];
    if (last && last.group === group) last.to = i + 1;
    else found.push({ group, from: i, to: i + 1 });
  });
  return found;
}
