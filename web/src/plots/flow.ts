import { s } from '../dom';
import { count, shorten } from '../format';
import { kMuted } from '../theme';
import { svg, textLine, wrap } from './base';

export interface FlowStep {
  stage: string;
  n: number;
  /** Reasons with counts of what was left out on the way to this stage. */
  left: { reason: string; n: number }[];
}

/** Boxes from top to bottom, with what was left out at the side (or below, where there is no room). */
export function drawFlow(steps: FlowStep[], width: number): SVGElement {
  const wide = width >= 560;
  const boxWidth = wide ? Math.min(300, width * 0.42) : width - 2;
  const sideX = wide ? boxWidth + 56 : 36;
  const sideWidth = width - sideX - 4;
  const node = svg(width, 10);
  let y = 1;
  const centre = wide ? boxWidth / 2 : 18;
  steps.forEach((step, i) => {
    const shown = step.left.slice(0, 6);
    const lines = shown.flatMap((left) => {
      const text = wrap(`\u2068${shorten(left.reason, 140)}\u2069`, sideWidth - 58, 12, 3);
      return text.map((line, at) => ({ line, n: at === 0 ? left.n : null }));
    });
    const rest = step.left.slice(6).reduce((sum, left) => sum + left.n, 0);
    if (rest > 0) lines.push({ line: 'for other reasons', n: rest });
    if (i > 0) {
      const gap = lines.length > 0 ? Math.max(44, lines.length * 17 + 26) : 30;
      node.append(s('line', { x1: centre, x2: centre, y1: y, y2: y + gap - 6, stroke: '#5b6370', 'stroke-width': 1.2 }));
      node.append(
        s('path', { d: `M${centre - 4.5},${y + gap - 9}L${centre},${y + gap - 1}L${centre + 4.5},${y + gap - 9}Z`, fill: '#5b6370' }),
      );
      if (lines.length > 0) {
        const middle = y + gap / 2;
        let lineY = middle - (lines.length * 17) / 2 + 12;
        node.append(s('line', { x1: centre, x2: sideX - 8, y1: middle, y2: middle, stroke: '#5b6370', 'stroke-width': 1.2 }));
        node.append(
          s('line', { x1: sideX - 4, x2: sideX - 4, y1: lineY - 13, y2: lineY + lines.length * 17 - 11, stroke: '#d55e00', 'stroke-width': 2.5 }),
        );
        for (const { line, n } of lines) {
          if (n !== null)
            node.append(textLine(sideX + 34, lineY, count(n), { 'text-anchor': 'end', 'font-weight': 600, 'font-variant-numeric': 'tabular-nums' }));
          node.append(textLine(sideX + 44, lineY, line, { fill: kMuted }));
          lineY += 17;
        }
      }
      y += gap;
    }
    const title = wrap(shorten(step.stage, 120), boxWidth - 96, 13, 2);
    const boxHeight = 26 + title.length * 17;
    node.append(
      s('rect', { x: 1, y, width: boxWidth - 2, height: boxHeight, rx: 3, fill: '#f6f7f9', stroke: '#aab1bb', 'stroke-width': 1 }),
    );
    title.forEach((line, at) => node.append(textLine(16, y + 26 + at * 17, line, { 'font-size': 13 })));
    node.append(
      textLine(boxWidth - 18, y + 28, count(step.n), {
        'text-anchor': 'end',
        'font-size': 19,
        'font-weight': 600,
        'font-variant-numeric': 'tabular-nums',
      }),
    );
    y += boxHeight;
  });
  node.setAttribute('height', String(y + 2));
  node.setAttribute('viewBox', `0 0 ${width} ${y + 2}`);
  return node;
}
