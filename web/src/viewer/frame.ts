import { h, name, uniqueId, type Child } from '../dom';
import { download, fileName } from '../download';
import { nextFigureNumber } from '../figure';
import { shorten } from '../format';
import { hasWebGl, keepAlive, loadViewer, whenSeen } from './load';
import type { ViewerApi } from './viewer';

export interface FrameOptions<V> {
  title: string;
  caption: Child;
  description: string;
  /** Aspect of the canvas, width over height. */
  aspect: number;
  controls: Child;
  tools?: Child;
  /** Makes the viewer in a fresh canvas, and restores its state when it comes back into view. */
  start: (api: ViewerApi, canvas: HTMLCanvasElement) => Promise<V>;
  compact?: boolean;
}

export interface Frame<V> {
  element: HTMLElement;
  canvasBox: HTMLElement;
  /** Runs on the live viewer; does nothing while none is there. */
  with: (action: (viewer: V) => void) => void;
}

/** A figure with a WebGL canvas that lives while it is in view. */
export function frame<V extends { dispose: () => void; toCanvas: () => HTMLCanvasElement }>(options: FrameOptions<V>): Frame<V> {
  const number = nextFigureNumber();
  const id = uniqueId('viewer');
  const box = h('div', {
    class: 'canvas-box',
    tabindex: 0,
    role: 'group',
    'aria-roledescription': 'interactive figure',
    'aria-label': shorten(`${shorten(options.title, 300)}. ${options.description}`, 3000),
  });
  box.style.aspectRatio = String(options.aspect);
  const message = h('p', { class: 'canvas-message' }, 'The figure is drawn when it comes into view.');
  box.append(message);
  let viewer: V | null = null;
  let starting = false;
  let still: HTMLCanvasElement | null = null;

  async function begin(): Promise<void> {
    if (viewer || starting) return;
    if (!hasWebGl()) {
      message.textContent = 'This browser offers no WebGL 2, so the figure is not drawn.';
      return;
    }
    starting = true;
    try {
      const api = await loadViewer();
      const canvas = h('canvas', { 'aria-hidden': 'true' });
      const holder = h('div', { class: 'canvas-holder' }, canvas);
      box.append(holder);
      viewer = await options.start(api, canvas);
      message.remove();
      still?.remove();
      still = null;
      box.dataset.live = 'yes';
      keepAlive({
        element: box,
        dispose: () => {
          // A still picture stays in its place until it is looked at again.
          still = viewer?.toCanvas() ?? null;
          viewer?.dispose();
          viewer = null;
          holder.remove();
          delete box.dataset.live;
          if (still) {
            still.className = 'still';
            box.append(still);
          }
        },
      });
    } catch (error) {
      message.textContent = `The figure cannot be drawn: ${error instanceof Error ? error.message : String(error)}`;
      if (!message.isConnected) box.append(message);
    } finally {
      starting = false;
    }
  }
  whenSeen(box, () => void begin());
  // A WebGL canvas may print as black: a copy of what it shows is printed instead.
  let printed: HTMLCanvasElement | null = null;
  addEventListener('beforeprint', () => {
    if (!viewer || printed) return;
    printed = viewer.toCanvas();
    printed.className = 'still printed';
    box.append(printed);
  });
  addEventListener('afterprint', () => {
    printed?.remove();
    printed = null;
  });

  const element = h(
    'figure',
    { class: options.compact ? 'figure viewer compact' : 'figure viewer', 'aria-labelledby': `${id}-title`, 'data-figure': number },
    h('div', { class: 'figure-title', id: `${id}-title` }, h('b', {}, `Figure ${number}. `), name(options.title, 200)),
    box,
    h('div', { class: 'controls' }, options.controls),
    h('figcaption', {}, options.caption),
    h(
      'div',
      { class: 'tools' },
      h(
        'button',
        {
          type: 'button',
          'aria-label': `Download figure ${number} as PNG`,
          click: () => {
            const picture = viewer?.toCanvas() ?? still;
            picture?.toBlob((blob) => blob && download(blob, `figure-${number}-${fileName(options.title)}.png`));
          },
        },
        'PNG',
      ),
      options.tools,
    ),
  );
  return { element, canvasBox: box, with: (action) => viewer && action(viewer) };
}
