import type { Common, FeatureInfo, Provenance } from '../document';
import { absent, h, name, type Child } from '../dom';
import { bytes, clean, unitText, words } from '../format';
import { table } from '../table';
import type { Page } from './page';

/** Methods, references and provenance, which every kind of page ends with. */
export function addClosing(page: Page, report: Common): void {
  const references = report.references ?? [];
  const known = new Map(references.map((reference, i) => [reference.key, i + 1]));
  page.add('methods', 'Methods', () =>
    (report.methods ?? []).length === 0
      ? absent('No methods text is given.')
      : (report.methods ?? []).map((part) => [
          h('h3', {}, name(part.heading, 120)),
          ...part.text.split(/\n\s*\n/).map((paragraph) => h('p', { class: 'prose' }, ...cited(paragraph, known))),
        ]),
  );
  page.add('references', 'References', () =>
    references.length === 0
      ? absent('No references are given.')
      : h(
          'ol',
          { class: 'references' },
          ...references.map((reference, i) =>
            h('li', { id: `reference-${i + 1}` }, h('bdi', {}, clean(reference.text)), ' ', doiLink(reference.doi)),
          ),
        ),
  );
  page.add('provenance', 'Provenance', () => provenance(report.provenance));
}

/** Text with [@key] or [@a; @b] as numbers that lead to the references. */
export function cited(text: string, known: Map<string, number>): Child[] {
  const parts: Child[] = [];
  let last = 0;
  for (const match of text.matchAll(/\[(@[\w:.-]+(?:\s*[;,]\s*@[\w:.-]+)*)\]/g)) {
    parts.push(clean(text.slice(last, match.index)));
    const keys = match[1]!.split(/\s*[;,]\s*/).map((key) => key.slice(1));
    parts.push(
      h(
        'span',
        { class: 'cite' },
        '[',
        ...keys.map((key, i): Child => {
          const number = known.get(key);
          return [i > 0 ? ', ' : '', number ? h('a', { href: `#reference-${number}`, 'aria-label': `reference ${number}` }, String(number)) : key];
        }),
        ']',
      ),
    );
    last = match.index + match[0].length;
  }
  parts.push(clean(text.slice(last)));
  return parts;
}

function doiLink(doi: string | null | undefined): Child {
  if (!doi) return null;
  const bare = doi.replace(/^https?:\/\/(dx\.)?doi\.org\//, '');
  // Only what looks like a DOI becomes an address.
  if (!/^10\.\d{4,9}\/[\w.()/:;<>-]+$/.test(bare)) return h('bdi', {}, clean(doi));
  return h('a', { href: `https://doi.org/${encodeURI(bare)}`, rel: 'noreferrer noopener' }, `doi:${bare}`);
}

function provenance(value: Provenance | null | undefined): Child {
  if (!value) return absent('No provenance is given.');
  const config = Object.entries(value.config ?? {});
  const inputs = value.inputs ?? [];
  return [
    h(
      'p',
      {},
      `${value.program ?? 'radtype'} ${value.version ?? ''}`,
      value.git_revision ? [', revision ', h('code', {}, value.git_revision)] : '',
      value.verb ? [', ', h('code', {}, `radtype ${value.verb}`)] : '',
      '. The same inputs, version and seed give the same numbers.',
    ),
    inputs.length > 0 &&
      table({
        title: 'Inputs',
        rows: inputs,
        columns: [
          { title: 'Role', value: (row) => row.role },
          { title: 'File', value: (row) => row.path ?? '', show: (row) => (row.path ? name(row.path, 48) : '–') },
          { title: 'Size', value: (row) => row.bytes ?? null, show: (row) => (row.bytes === undefined ? '–' : bytes(row.bytes)), kind: 'number' },
          { title: 'SHA-256', value: (row) => row.sha256 ?? '', show: (row) => h('code', { title: row.sha256 }, (row.sha256 ?? '').slice(0, 16) + '…') },
        ],
      }),
    config.length > 0 &&
      table({
        title: 'Configuration, fully resolved',
        rows: config,
        pageSize: 15,
        columns: [
          { title: 'Setting', value: (row) => row[0], show: (row) => h('code', {}, row[0].slice(0, 80)) },
          { title: 'Value', value: (row) => asText(row[1]), show: (row) => (row[1] === null ? h('span', { class: 'muted' }, 'not given') : name(asText(row[1]), 80)) },
        ],
      }),
  ];
}

export function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A feature in words with its definition on hovering. */
export function featureName(feature: string, features: Record<string, FeatureInfo>): HTMLElement {
  const info = features[feature];
  const text = name(words(feature), 44);
  if (info) {
    const unit = unitText(info.unit);
    text.setAttribute('title', `${info.definition}${unit ? ` Unit: ${unit}.` : ''}`);
  }
  return text;
}

const kFamilies: Record<string, string> = {
  shape_spectrum: 'shape spectrum',
  shape_zernike: 'Zernike invariants',
  shape_lobes: 'lobes',
  shape_fractal: 'fractal',
  shape_surface: 'curvature',
};
export function familyName(family: string | undefined): string {
  return family === undefined ? 'other' : kFamilies[family] ?? words(family);
}
