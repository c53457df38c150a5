import { toCsv } from '../csv';
import { float32, uint32 } from '../decode';
import { h, type Child } from '../dom';
import { resolve, type Lazy, type Surface } from '../document';
import { downloadText, fileName } from '../download';
import { frame } from './frame';
import { drag, range } from './slices';
import type { SurfaceViewer } from './viewer';

export interface SurfaceOptions {
  title: string;
  caption: Child;
  surface: Lazy<Surface>;
  /** Reconstructions by degree, on triangles of their own. */
  reconstructions?: { degree: number; vertices: string }[];
  triangles?: string;
  colour: string;
  compact?: boolean;
}

/** A surface that is turned by dragging and by keys; with reconstructions, a slider runs through their degrees. */
export function surfaceFigure(options: SurfaceOptions): HTMLElement {
  let azimuth = 120;
  let elevation = 15;
  let scale = 1;
  const steps = options.triangles ? options.reconstructions ?? [] : [];
  let step = steps.length; // the outline itself
  const colour = hex(options.colour);
  let whole: { vertices: Float32Array; triangles: Uint32Array } | null = null;

  const degree =
    steps.length > 0
      ? range('Reconstruction', 0, steps.length, step, 1, () => {
          step = Number(degree!.input.value);
          say();
          shown.with((viewer) => void present(viewer));
        })
      : null;
  function say(): void {
    if (!degree) return;
    const text = step === steps.length ? 'the outline itself' : `up to degree ${steps[step]!.degree}`;
    degree.output.textContent = text;
    degree.input.setAttribute('aria-valuetext', text);
  }
  say();
  const turner = (label: string, text: string, da: number, de: number): HTMLElement =>
    h('button', { type: 'button', 'aria-label': label, click: () => turn(da, de) }, text);

  const shown = frame<SurfaceViewer>({
    title: options.title,
    caption: options.caption,
    description: 'Surface of the tumour. Arrow keys turn it, plus and minus bring it nearer and further, Home brings it back.',
    aspect: options.compact ? 1.15 : 1.5,
    compact: options.compact,
    controls: [
      h('div', { class: 'buttons', role: 'group', 'aria-label': 'Turn' }, turner('Turn left', '←', -15, 0), turner('Turn right', '→', 15, 0), turner('Turn up', '↑', 0, 15), turner('Turn down', '↓', 0, -15)),
      degree?.element,
    ],
    tools: h(
      'button',
      { type: 'button', 'aria-label': `Download the vertices as CSV: ${options.title}`, click: () => void saveVertices() },
      'CSV',
    ),
    start: async (api, canvas) => {
      const viewer = await api.surface(canvas);
      await present(viewer);
      viewer.turn(azimuth, elevation);
      if (scale !== 1) viewer.zoom(scale);
      return viewer;
    },
  });

  async function loadWhole(): Promise<{ vertices: Float32Array; triangles: Uint32Array }> {
    if (!whole) {
      const surface = await resolve(options.surface);
      whole = { vertices: float32(surface.vertices), triangles: uint32(surface.triangles) };
    }
    return whole;
  }
  async function present(viewer: SurfaceViewer): Promise<void> {
    const chosen = steps[step];
    if (chosen && options.triangles) viewer.show(float32(chosen.vertices), uint32(options.triangles), colour);
    else {
      const { vertices, triangles } = await loadWhole();
      viewer.show(vertices, triangles, colour);
    }
  }
  async function saveVertices(): Promise<void> {
    const { vertices } = await loadWhole();
    const rows: number[][] = [];
    for (let i = 0; i < vertices.length; i += 3) rows.push([vertices[i]!, vertices[i + 1]!, vertices[i + 2]!]);
    downloadText(toCsv({ columns: ['x_mm', 'y_mm', 'z_mm'], rows }), 'text/csv', `${fileName(options.title)}-vertices-lps.csv`);
  }
  function turn(da: number, de: number): void {
    azimuth = (azimuth + da + 360) % 360;
    elevation = Math.max(-89, Math.min(89, elevation + de));
    shown.with((viewer) => viewer.turn(azimuth, elevation));
  }
  function zoom(by: number): void {
    scale = Math.max(0.4, Math.min(4, scale * by));
    shown.with((viewer) => viewer.zoom(scale));
  }

  drag(shown.canvasBox, (dx, dy) => turn(-dx * 0.6, dy * 0.6));
  shown.canvasBox.addEventListener('keydown', (event) => {
    const turns: Record<string, [number, number]> = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, 10], ArrowDown: [0, -10] };
    const by = turns[event.key];
    if (by) turn(...by);
    else if (event.key === '+') zoom(1.15);
    else if (event.key === '-') zoom(1 / 1.15);
    else if (event.key === 'Home') {
      azimuth = 120;
      elevation = 15;
      scale = 1;
      turn(0, 0);
      zoom(1);
    } else return;
    event.preventDefault();
  });
  return shown.element;
}

function hex(colour: string): [number, number, number] {
  return [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)) as [number, number, number];
}
