import { absent, append, h, name, type Child } from '../dom';

export interface Section {
  id: string;
  title: string;
  element: HTMLElement;
}

/** Sections in the order they are added, each made when asked; one that fails says so in its place and the page goes on. */
export class Page {
  readonly sections: Section[] = [];
  private readonly builders: (() => Child)[] = [];

  add(id: string, title: string, build: () => Child): void {
    const element = h('section', { id, 'aria-labelledby': `${id}-title` }, h('h2', { id: `${id}-title` }, title));
    this.sections.push({ id, title, element });
    this.builders.push(build);
  }

  get length(): number {
    return this.builders.length;
  }

  build(index: number): void {
    const { element, title } = this.sections[index]!;
    try {
      append(element, [this.builders[index]!()]);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      console.error(`section "${title}": ${reason}`);
      append(element, [absent(`This section cannot be shown: ${reason}`)]);
    }
  }
}

/** Where the reader is; sticky beside the text, folded above it on narrow pages. */
export function contents(sections: Section[]): HTMLElement {
  const links = new Map<string, HTMLAnchorElement>();
  const list = h(
    'ol',
    {},
    ...sections.map((section) => {
      const link = h('a', { href: `#${section.id}` }, section.title);
      links.set(section.id, link);
      return h('li', {}, link);
    }),
  );
  const wide = matchMedia('(min-width: 1000px)');
  const details = h('details', { class: 'contents-box' }, h('summary', {}, 'Contents'), list);
  details.open = wide.matches;
  wide.addEventListener('change', () => (details.open = wide.matches));
  list.addEventListener('click', () => {
    if (!wide.matches) details.open = false;
  });
  const visible = new Set<string>();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) entry.isIntersecting ? visible.add(entry.target.id) : visible.delete(entry.target.id);
      const current = sections.find((section) => visible.has(section.id));
      for (const [id, link] of links)
        if (id === current?.id) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
    },
    { rootMargin: '-20% 0px -60% 0px' },
  );
  for (const section of sections) observer.observe(section.element);
  return h('nav', { class: 'contents', 'aria-label': 'Contents' }, details);
}

/** "name: value" pairs. */
export function facts(pairs: [string, Child][]): HTMLElement {
  return h('dl', { class: 'facts' }, ...pairs.map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))));
}

export function bullets(items: Child[]): HTMLElement | null {
  return items.length === 0 ? null : h('ul', {}, ...items.map((item) => h('li', {}, item)));
}

/** Items beyond the first few behind a fold. */
export function foldedList(title: string, items: string[], shown = 5): HTMLElement | null {
  if (items.length === 0) return null;
  if (items.length <= shown) return h('div', {}, h('p', { class: 'lead-in' }, title), bullets(items.map((item) => name(item, 200))));
  return h('details', { class: 'fold' }, h('summary', {}, `${title} (${items.length})`), bullets(items.map((item) => name(item, 200))));
}

export function sentence(...parts: Child[]): HTMLElement {
  return h('p', {}, ...parts);
}
