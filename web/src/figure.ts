import { toCsv, type Data } from './csv';
import { h, name, uniqueId, type Child } from './dom';
import { downloadText, fileName, svgText } from './download';
import { shorten } from './format';
import { plainTable } from './table';

export interface FigureOptions {
  title: string;
  caption?: Child;
  /** What the figure shows, in a sentence or two, for who cannot see it. */
  description: string;
  /** Draws at the width given (pixels). */
  draw: (width: number) => SVGElement;
  data: () => Data;
  /** Narrower boxes scroll. */
  minWidth?: number;
  maxWidth?: number;
  /** Height held free until drawn. */
  height?: number;
  controls?: Child;
}

export interface Figure {
  element: HTMLElement;
  redraw: () => void;
}

let lastFigure = 0;
export function nextFigureNumber(): number {
  return ++lastFigure;
}

interface Job {
  element: Element;
  draw: () => void;
}
const waiting: Job[] = [];
let running = false;
let whenDone: () => void = () => undefined;

/** Figures are drawn one after another once the text stands; done when `settled` resolves. */
export function drawWaiting(): Promise<void> {
  return new Promise((resolve) => {
    whenDone = resolve;
    step();
  });
}

function step(): void {
  if (running) return;
  running = true;
  const turn = (): void => {
    const start = performance.now();
    while (waiting.length > 0 && performance.now() - start < 30) waiting.shift()!.draw();
    if (waiting.length > 0) setTimeout(turn, 0);
    else {
      running = false;
      whenDone();
    }
  };
  setTimeout(turn, 0);
}

/** Draws all that waits, at once: before printing. */
export function drawNow(): void {
  while (waiting.length > 0) waiting.shift()!.draw();
}

export function figure(options: FigureOptions): Figure {
  const number = nextFigureNumber();
  const plot = h('div', { class: 'plot', role: 'img', 'aria-label': shorten(`${shorten(options.title, 300)}. ${options.description}`, 3000) });
  if (options.height) plot.style.minHeight = `${options.height}px`;
  const scroll = h('div', { class: 'plot-scroll' }, plot);
  let svg: SVGElement | null = null;
  let drawnWidth = 0;

  function redraw(): void {
    const room = Math.floor(scroll.clientWidth || 820);
    const width = Math.min(options.maxWidth ?? 900, Math.max(options.minWidth ?? 300, room));
    drawnWidth = room;
    svg = options.draw(width);
    svg.setAttribute('aria-hidden', 'true');
    plot.style.minHeight = '';
    plot.style.width = `${width}px`;
    plot.replaceChildren(svg);
    // A box that scrolls can be reached and scrolled by keys.
    if (width > room + 1) {
      scroll.setAttribute('tabindex', '0');
      scroll.setAttribute('role', 'region');
      scroll.setAttribute('aria-label', `Figure ${number}, scrolls sideways`);
    } else for (const attribute of ['tabindex', 'role', 'aria-label']) scroll.removeAttribute(attribute);
  }

  const file = `figure-${number}-${fileName(options.title)}`;
  const holder = h('div');
  const details = h(
    'details',
    {
      class: 'data',
      toggle: () => {
        if (details.open && holder.childElementCount === 0) holder.append(plainTable(options.data(), options.title));
      },
    },
    h('summary', { 'aria-label': `Data of figure ${number}` }, 'Data'),
    holder,
  );
  const id = uniqueId('figure');
  const element = h(
    'figure',
    { id, class: 'figure', 'aria-labelledby': `${id}-title`, 'data-figure': number },
    h('div', { class: 'figure-title', id: `${id}-title` }, h('b', {}, `Figure ${number}. `), name(options.title, 200)),
    options.controls ? h('div', { class: 'controls' }, options.controls) : null,
    scroll,
    h('figcaption', {}, options.caption),
    h(
      'div',
      { class: 'tools' },
      h(
        'button',
        {
          type: 'button',
          'aria-label': `Download figure ${number} as SVG`,
          click: () => {
            if (!svg) redraw();
            downloadText(svgText(svg!), 'image/svg+xml', `${file}.svg`);
          },
        },
        'SVG',
      ),
      h(
        'button',
        {
          type: 'button',
          'aria-label': `Download data of figure ${number} as CSV`,
          click: () => downloadText(toCsv(options.data()), 'text/csv', `${file}.csv`),
        },
        'CSV',
      ),
      details,
    ),
  );

  waiting.push({ element, draw: redraw });
  let timer = 0;
  new ResizeObserver(() => {
    if (!svg || Math.abs(scroll.clientWidth - drawnWidth) < 2) return;
    clearTimeout(timer);
    timer = window.setTimeout(redraw, 120);
  }).observe(scroll);
  return { element, redraw };
}
