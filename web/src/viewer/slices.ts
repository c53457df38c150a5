import { gunzip } from '../decode';
import { h, name, type Child } from '../dom';
import { resolve, type Lazy, type Volume } from '../document';
import { count, number } from '../format';
import { frame } from './frame';
import type { Plane, SliceLayer, SliceSource, SliceViewer } from './viewer';

// Okabe-Ito, bright on black.
const kLayerColours: [number, number, number][] = [
  [240, 228, 66],
  [86, 180, 233],
  [230, 159, 0],
  [204, 121, 167],
  [0, 158, 115],
  [213, 94, 0],
];

export interface SlicesOptions {
  title: string;
  caption: Child;
  image: Lazy<Volume>;
  compact?: boolean;
}

/** Slices of a volume with its outlines: wheel, slider and keys move through it; the window is set in the image's unit. */
export function slicesFigure(options: SlicesOptions): HTMLElement {
  let volume: Volume | null = null;
  let source: SliceSource | null = null;
  const embedded = 'href' in options.image ? null : options.image;
  let plane: Plane = 'axial';
  const at: Record<Plane, number | null> = { axial: null, coronal: null, sagittal: null };
  let counts: Record<Plane, number> = { axial: 1, coronal: 1, sagittal: 1 };
  let layer: number | null = 0;
  let style: 'outline' | 'fill' = 'outline';
  let centre = embedded?.window.centre ?? 0;
  let width = embedded?.window.width ?? 1;

  const slice = range('Slice', 0, 0, 0, 1, () => moveTo(Number(slice.input.value)));
  const low = range('Window centre', centre - 2 * width, centre + 2 * width, centre, width / 50, () => setWindow());
  const wide = range('Window width', width / 10, width * 3, width, width / 50, () => setWindow());
  const planes = choice<Plane>('Plane', [['axial', 'Axial'], ['coronal', 'Coronal'], ['sagittal', 'Sagittal']], plane, (value) => {
    plane = value;
    fitSlider();
    draw();
  });
  const layers = h('select', { change: () => setLayer() });
  const styles = choice<'outline' | 'fill'>('Shown as', [['outline', 'Outline'], ['fill', 'Area']], style, (value) => {
    style = value;
    setLayer();
  });
  const key = h('div', { class: 'layer-key' });
  const layersLabel = h('label', { class: 'field' }, h('span', {}, 'Regions'), layers);

  const shown = frame<SliceViewer>({
    title: options.title,
    caption: options.caption,
    description:
      'Slices of the scan. Arrow keys up and down change the slice, Page Up and Page Down by five, Home and End go to the ends; left and right move the window, plus and minus widen and narrow it.',
    aspect: options.compact ? 1.15 : 1.5,
    compact: options.compact,
    controls: options.compact
      ? [planes.element, slice.element, key, h('details', { class: 'more-controls' }, h('summary', {}, 'Window and regions'), h('div', { class: 'controls' }, low.element, wide.element, layersLabel, styles.element))]
      : [planes.element, slice.element, low.element, wide.element, layersLabel, styles.element, key],
    start: async (api, canvas) => {
      if (!volume) await load();
      const viewer = await api.slices(canvas, source!);
      counts = { axial: viewer.count('axial'), coronal: viewer.count('coronal'), sagittal: viewer.count('sagittal') };
      for (const each of ['axial', 'coronal', 'sagittal'] as Plane[]) at[each] ??= Math.floor(counts[each] / 2);
      fitSlider();
      viewer.window(centre, width);
      viewer.layer(layer, 0.45, style === 'outline');
      for (const each of ['coronal', 'sagittal', 'axial'] as Plane[]) viewer.show(each, at[each]!);
      viewer.show(plane, at[plane]!);
      return viewer;
    },
  });

  async function load(): Promise<void> {
    volume = await resolve(options.image);
    const described: SliceLayer[] = [];
    for (const each of volume.layers ?? [])
      described.push({
        name: each.name,
        labels: each.labels.map((entry, i) => ({ ...entry, colour: kLayerColours[i % kLayerColours.length]! })),
        voxels: await gunzip(each.voxels),
      });
    source = {
      size: volume.size,
      lps_from_index: volume.lps_from_index,
      slope: volume.slope,
      intercept: volume.intercept,
      voxels: await gunzip(volume.voxels),
      layers: described,
    };
    if (!embedded) {
      ({ centre, width } = volume.window);
      limit(low.input, centre - 2 * width, centre + 2 * width, centre, width / 50);
      limit(wide.input, width / 10, width * 3, width, width / 50);
    }
    const unit = volume.unit ? ` (${volume.unit})` : '';
    low.title.textContent = `Window centre${unit}`;
    wide.title.textContent = `Window width${unit}`;
    layers.replaceChildren(
      ...described.map((each, i) => h('option', { value: i }, each.name)),
      h('option', { value: 'none' }, 'none'),
    );
    if (described.length === 0) {
      layer = null;
      layersLabel.hidden = true;
      styles.element.hidden = true;
    }
    showKey();
    showWindow();
  }

  function showKey(): void {
    key.replaceChildren(
      ...(layer === null ? [] : source?.layers[layer]?.labels ?? []).map((entry) => {
        const swatch = h('span', { class: 'swatch' });
        swatch.style.backgroundColor = `rgb(${entry.colour.join(',')})`;
        return h('span', { class: 'key' }, swatch, name(entry.name, 24));
      }),
    );
  }
  function showWindow(): void {
    low.output.textContent = number(centre);
    wide.output.textContent = number(width);
  }
  function fitSlider(): void {
    limit(slice.input, 0, counts[plane] - 1, at[plane] ?? 0, 1);
    slice.output.textContent = `${count((at[plane] ?? 0) + 1)} of ${count(counts[plane])}`;
  }
  function moveTo(index: number): void {
    at[plane] = Math.max(0, Math.min(counts[plane] - 1, index));
    fitSlider();
    draw();
  }
  function draw(): void {
    shown.with((viewer) => viewer.show(plane, at[plane] ?? 0));
  }
  function setWindow(): void {
    centre = Number(low.input.value);
    width = Number(wide.input.value);
    showWindow();
    shown.with((viewer) => viewer.window(centre, width));
  }
  function setLayer(): void {
    layer = layers.value === 'none' ? null : Number(layers.value);
    showKey();
    shown.with((viewer) => viewer.layer(layer, 0.45, style === 'outline'));
  }

  // The wheel scrolls slices once the figure has been clicked or reached by Tab; before that it scrolls the page.
  let turned = 0;
  shown.canvasBox.addEventListener(
    'wheel',
    (event) => {
      if (document.activeElement !== shown.canvasBox || event.ctrlKey) return;
      event.preventDefault();
      turned += event.deltaY * (event.deltaMode === 1 ? 33 : 1);
      const steps = Math.trunc(turned / 50);
      turned -= steps * 50;
      if (steps !== 0) moveTo((at[plane] ?? 0) + Math.max(-3, Math.min(3, steps)));
    },
    { passive: false },
  );
  shown.canvasBox.addEventListener('keydown', (event) => {
    const here = at[plane] ?? 0;
    const to: Record<string, number> = { ArrowUp: here + 1, ArrowDown: here - 1, PageUp: here + 5, PageDown: here - 5, Home: 0, End: counts[plane] - 1 };
    if (event.key in to) moveTo(to[event.key]!);
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      low.input.value = String(centre + (event.key === 'ArrowLeft' ? -1 : 1) * width * 0.05);
      setWindow();
    } else if (event.key === '+' || event.key === '-') {
      wide.input.value = String(width * (event.key === '+' ? 1.1 : 1 / 1.1));
      setWindow();
    } else return;
    event.preventDefault();
  });
  // Dragging sideways changes the window's centre, up and down moves through the slices.
  drag(shown.canvasBox, (dx, dy) => {
    dragged += dy;
    const steps = Math.trunc(dragged / 12);
    dragged -= steps * 12;
    if (steps !== 0) moveTo((at[plane] ?? 0) - steps);
    if (dx !== 0) {
      low.input.value = String(centre + dx * (width / 300));
      setWindow();
    }
  });
  let dragged = 0;
  return shown.element;
}

export function drag(element: HTMLElement, move: (dx: number, dy: number) => void): void {
  let last: { x: number; y: number } | null = null;
  element.addEventListener('pointerdown', (event) => {
    last = { x: event.clientX, y: event.clientY };
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener('pointermove', (event) => {
    if (!last) return;
    move(event.clientX - last.x, event.clientY - last.y);
    last = { x: event.clientX, y: event.clientY };
  });
  const end = (): void => {
    last = null;
  };
  element.addEventListener('pointerup', end);
  element.addEventListener('pointercancel', end);
}

export interface Range {
  element: HTMLElement;
  input: HTMLInputElement;
  output: HTMLElement;
  title: HTMLElement;
}

export function range(title: string, low: number, high: number, value: number, step: number, changed: () => void): Range {
  const input = h('input', { type: 'range', input: changed });
  limit(input, low, high, value, step);
  const output = h('span', { class: 'value' });
  const heading = h('span', {}, title);
  return { element: h('label', { class: 'field range' }, heading, input, output), input, output, title: heading };
}

export function limit(input: HTMLInputElement, low: number, high: number, value: number, step: number): void {
  input.min = String(low);
  input.max = String(high);
  input.step = Number.isInteger(step) ? String(step) : 'any';
  input.value = String(value);
}

export function choice<T extends string>(title: string, options: [T, string][], chosen: T, changed: (value: T) => void): { element: HTMLElement } {
  const select = h(
    'select',
    { change: () => changed(select.value as T) },
    ...options.map(([value, text]) => h('option', { value, selected: value === chosen }, text)),
  );
  return { element: h('label', { class: 'field' }, h('span', {}, title), select) };
}
