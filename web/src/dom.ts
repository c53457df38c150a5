import { clean, shorten } from './format';

export type Child = Node | string | number | null | undefined | false | Child[];
export type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

const kSvg = 'http://www.w3.org/2000/svg';

/** An element; text only ever becomes text nodes. A function value is an event listener. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  set(element, attributes);
  append(element, children);
  return element;
}

export function s(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS(kSvg, tag);
  set(element, attributes);
  append(element, children);
  return element;
}

function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

export function append(element: Element, children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** A name from the study: kept apart from the direction of the text around it, and short with a way to read all of it. */
export function name(text: string | null | undefined, limit = 40): HTMLElement {
  if (text === null || text === undefined || text === '') return h('span', { class: 'muted' }, 'no name');
  const short = shorten(text, limit);
  if (short === clean(text)) return h('bdi', { class: short.length <= 30 ? 'short' : short.length > 60 ? 'text' : null }, short);
  const shown = h('bdi', { title: shorten(text, 400) }, short);
  const button = h(
    'button',
    {
      type: 'button',
      class: 'more',
      'aria-expanded': 'false',
      'aria-label': `Show all ${text.length} characters`,
      click: () => {
        const open = button.getAttribute('aria-expanded') === 'true';
        button.setAttribute('aria-expanded', String(!open));
        button.textContent = open ? 'more' : 'less';
        shown.textContent = open ? short : clean(text);
      },
    },
    'more',
  );
  return h('span', { class: 'long' }, shown, ' ', button);
}

/** A label inside a figure: short, and isolated from the direction of its surroundings. */
export function label(text: string, limit = 26): string {
  return `\u2068${shorten(text, limit)}\u2069`;
}

/** One muted line where something is not there. */
export function absent(reason: string): HTMLElement {
  return h('p', { class: 'absent' }, reason);
}

let lastId = 0;
export function uniqueId(prefix: string): string {
  return `${prefix}-${++lastId}`;
}
