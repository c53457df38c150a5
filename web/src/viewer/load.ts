import { gunzip } from '../decode';
import type { ViewerApi } from './viewer';

let loading: Promise<ViewerApi> | null = null;

/** Runs the page's second script, once; its text is in the page, and the page's policy admits it by its hash. */
export function loadViewer(): Promise<ViewerApi> {
  loading ??= (async () => {
    const element = document.getElementById('radtype-viewer');
    if (!element) throw new Error('this page was built without its viewer');
    const code = new TextDecoder().decode(await gunzip((element.textContent ?? '').trim()));
    const script = document.createElement('script');
    script.textContent = code;
    document.head.append(script);
    const api = (globalThis as unknown as { radtypeViewer?: ViewerApi }).radtypeViewer;
    if (!api) throw new Error('the viewer was not admitted by the page’s policy');
    return api;
  })();
  return loading;
}

let able: boolean | null = null;
export function hasWebGl(): boolean {
  if (able === null) {
    const context = document.createElement('canvas').getContext('webgl2');
    able = context !== null;
    context?.getExtension('WEBGL_lose_context')?.loseContext();
  }
  return able;
}

interface Live {
  element: Element;
  dispose: () => void;
}
const live: Live[] = [];
const kMostLive = 8;

/** Browsers keep about sixteen WebGL contexts; the one longest out of use goes when there are too many. */
export function keepAlive(entry: Live): void {
  live.push(entry);
  while (live.length > kMostLive) {
    const far = live.reduce((worst, other) => (distance(other.element) > distance(worst.element) ? other : worst));
    if (far === entry) break;
    live.splice(live.indexOf(far), 1);
    far.dispose();
  }
}

function distance(element: Element): number {
  const box = element.getBoundingClientRect();
  return Math.abs((box.top + box.bottom) / 2 - innerHeight / 2);
}

/** Calls `show` each time that the element comes into view. */
export function whenSeen(element: Element, show: () => void): void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting)) show();
    },
    { rootMargin: '120px 0px' },
  );
  observer.observe(element);
}
