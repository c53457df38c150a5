import type { AssociateColumn, StudyReport } from '../document';
import { absent, h, name, type Child } from '../dom';
import { figure } from '../figure';
import { count, interval, level, number, pText, plural, words } from '../format';
import { drawScores, drawSets, drawVolcano, type GenePoint } from '../plots/molecular';
import { numberCell, table } from '../table';
import { groupIndex } from '../theme';
import { choice } from '../viewer/slices';
import { asText } from './common';
import { foldedList, type Page } from './page';

const kLevel = 0.05;

export function addMolecular(page: Page, report: StudyReport, all: string[]): void {
  page.add('molecular', 'Biology', () => {
    const value = report.associate;
    if (!value) return absent('No clinical columns or molecular data are given with this study.');
    const expression = value.expression;
    return [
      value.columns.length > 0 ? columns(value.columns) : absent('No clinical column was compared.'),
      value.mutations.length > 0 && mutations(value.mutations),
      expression
        ? [
            h('h3', {}, 'Genes'),
            h(
              'p',
              {},
              `${count(expression.genes)} genes in ${plural(expression.patients, 'patient')}`,
              expression.covariates.length > 0 ? `, beside ${expression.covariates.slice(0, 6).map(words).join(', ')}` : '',
              '. ',
              expression.genes_that_differ ? h('strong', {}, `${plural(expression.genes_that_differ.number, 'gene')} ${expression.genes_that_differ.number === 1 ? 'differs' : 'differ'} between subtypes at q < ${level(expression.genes_that_differ.q_below)}.`) : '',
            ),
            volcano(report),
            h('h3', {}, 'Gene sets'),
            geneSets(report),
            h('h3', {}, 'Scores of gene sets'),
            scores(report, all),
          ]
        : absent('No expression table is given.'),
      foldedList('Notes', value.notes ?? []),
      foldedList('Patients not matched', (value.unmatched ?? []).map((row) => `${row.patient}: ${row.reason}`)),
    ];
  });
}

function columns(rows: AssociateColumn[]): Child {
  return table({
    title: 'Clinical and molecular columns by subtype',
    rows,
    pageSize: 20,
    columns: [
      { title: 'Column', value: (row) => row.column, show: (row) => name(words(row.column), 40) },
      { title: 'n', value: (row) => row.n, kind: 'count' },
      { title: 'By subtype', csv: 'groups', value: (row) => row.groups.map((g) => `${g.group}: ${groupText(g)}`).join('; '), show: (row) => h('span', { class: 'by-group' }, ...row.groups.map((g) => h('span', { class: 'group-line' }, h('bdi', { class: 'muted' }, g.group), ' ', groupText(g)))) },
      { title: 'Test', value: (row) => row.test },
      { title: 'p', value: (row) => row.p, show: (row) => (row.p === null ? h('span', { class: 'muted' }, name(row.missing ?? 'not given', 60)) : numberCell(row.p, 'p')), kind: 'p' },
      { title: 'q', value: (row) => row.q, kind: 'p' },
      { title: 'Effect (interval)', csv: 'effect', value: (row) => row.effect?.estimate ?? null, show: (row) => (row.effect ? [interval(row.effect.estimate, row.effect.lower, row.effect.upper), h('span', { class: 'sub' }, row.effect_name)] : '–'), kind: 'number' },
    ],
  });
}

function groupText(group: AssociateColumn['groups'][number]): string {
  if (group.counts) return Object.entries(group.counts).slice(0, 6).map(([key, n]) => `${key.slice(0, 24)}: ${count(n)}`).join(', ');
  if (group.median !== undefined) return interval(group.median, group.lower_quartile, group.upper_quartile);
  return group.n === undefined ? '–' : count(group.n);
}

function mutations(rows: Record<string, unknown>[]): Child {
  const keys = Object.keys(rows[0] ?? {}).filter((key) => typeof rows[0]![key] !== 'object' || rows[0]![key] === null);
  return table({
    title: 'Mutated genes by subtype',
    rows,
    pageSize: 12,
    search: 'Find a gene',
    columns: keys.map((key) => ({
      title: words(key),
      csv: key,
      value: (row: Record<string, unknown>) => (typeof row[key] === 'number' ? (row[key] as number) : asText(row[key])),
      kind: key === 'p' || key === 'q' ? ('p' as const) : typeof rows[0]![key] === 'number' ? ('number' as const) : ('text' as const),
    })),
  });
}

function volcano(report: StudyReport): Child {
  const genes = report.genes;
  if (!genes || genes.contrasts.length === 0) return absent('The table of genes is not given.');
  let chosen = 0;
  const points = (): GenePoint[] => {
    const contrast = genes.per_contrast[chosen]!;
    return genes.gene.flatMap((gene, i) => {
      const change = contrast.log2_fold_change[i];
      const p = contrast.p[i];
      return change === null || change === undefined || p === null || p === undefined ? [] : [{ gene, change, p, q: contrast.q[i] ?? null }];
    });
  };
  const control = choice('Contrast', genes.contrasts.map((contrast, i): [string, string] => [String(i), contrast.slice(0, 60)]), '0', (value) => {
    chosen = Number(value);
    drawn.redraw();
  });
  const drawn = figure({
    title: 'Genes: fold change and p in one contrast',
    caption: `Coloured: q < ${kLevel} (blue lower, orange higher). Names: the smallest p among them.`,
    description: `${count(genes.gene.length)} genes in ${plural(genes.contrasts.length, 'contrast')}.`,
    controls: control.element,
    draw: (width) => drawVolcano(points(), kLevel, width),
    data: () => ({
      columns: ['gene', 'contrast', 'log2_fold_change', 'p', 'q'],
      rows: points().map((point) => [point.gene, genes.contrasts[chosen], point.change, point.p, point.q]),
    }),
  });
  const values = (row: { i: number; c: number }): { p: number | null; q: number | null; change: number | null; lower: number | null; upper: number | null } => {
    const part = genes.per_contrast[row.c]!;
    return { p: part.p[row.i] ?? null, q: part.q[row.i] ?? null, change: part.log2_fold_change[row.i] ?? null, lower: part.lower[row.i] ?? null, upper: part.upper[row.i] ?? null };
  };
  const ranked = genes.per_contrast
    .flatMap((part, c) => part.p.flatMap((p, i) => (p === null ? [] : [{ p, i, c }])))
    .sort((a, b) => a.p - b.p)
    .slice(0, 500)
    .map(({ i, c }) => ({ gene: genes.gene[i]!, contrast: genes.contrasts[c]!, i, c }));
  return [
    drawn.element,
    table({
      title: 'Genes with the smallest p',
      rows: ranked,
      pageSize: 8,
      search: 'Find a gene',
      columns: [
        { title: 'Gene', value: (row) => row.gene },
        { title: 'Contrast', value: (row) => row.contrast },
        { title: 'log₂ fold change (interval)', csv: 'log2_fold_change', value: (row) => values(row).change, show: (row) => interval(values(row).change, values(row).lower, values(row).upper), kind: 'number' },
        { title: 'p', value: (row) => values(row).p, kind: 'p' },
        { title: 'q', value: (row) => values(row).q, kind: 'p' },
      ],
    }),
  ];
}

function geneSets(report: StudyReport): Child {
  const expression = report.associate!.expression!;
  const sets = expression.sets;
  if (sets.length === 0) return absent('No gene set was tested.');
  // As many sets as can be read, in order of their smallest p.
  const smallest = new Map<string, number>();
  for (const set of sets) smallest.set(set.set, Math.min(smallest.get(set.set) ?? Infinity, set.p ?? Infinity));
  const shown = new Set([...smallest].sort((a, b) => a[1] - b[1]).slice(0, 30).map(([set]) => set));
  const drawn = [...shown].flatMap((set) => sets.filter((row) => row.set === set));
  return [
    figure({
      title: 'Gene sets by contrast',
      caption: `Difference of the set’s genes, correlation between them allowed for. Bold with *: q < ${kLevel}.${smallest.size > 30 ? ` The 30 sets with the smallest p of ${count(smallest.size)}.` : ''}`,
      description: drawn.slice(0, 40).map((set) => `${set.set}, ${set.contrast}: ${number(set.difference)}, ${pText(set.q, 'q')}`).join('; '),
      minWidth: 460,
      draw: (width) => drawSets(drawn, expression.contrasts, kLevel, width),
      data: () => ({
        columns: ['set', 'contrast', 'genes', 'difference', 'lower', 'upper', 'p', 'q'],
        rows: sets.map((set) => [set.set, set.contrast, set.genes, set.difference, set.lower, set.upper, set.p, set.q]),
      }),
    }).element,
    table({
      title: 'Gene sets',
      rows: [...sets].sort((a, b) => (a.p ?? 2) - (b.p ?? 2)),
      pageSize: 8,
      search: 'Find a set',
      columns: [
        { title: 'Set', value: (row) => row.set },
        { title: 'Contrast', value: (row) => row.contrast },
        { title: 'Genes', value: (row) => row.genes, kind: 'count' },
        { title: 'Difference (interval)', csv: 'difference', value: (row) => row.difference, show: (row) => interval(row.difference, row.lower, row.upper), kind: 'number' },
        { title: 'p', value: (row) => row.p, kind: 'p' },
        { title: 'q', value: (row) => row.q, kind: 'p' },
      ],
    }),
  ];
}

function scores(report: StudyReport, all: string[]): Child {
  const expression = report.associate!.expression!;
  const values = report.scores;
  const missing = [expression.scores_missing, expression.cytolytic_missing].filter((text): text is string => Boolean(text));
  const groups = values ? [...new Set(values.group)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })) : [];
  return [
    values && values.sets.length > 0
      ? figure({
          title: 'Scores of each patient by subtype',
          caption: 'Every point is a patient; the numbers along the bottom are subtypes. Points are spread sideways only to be seen.',
          description: expression.scores.map((row) => `${row.score}: ${pText(row.p)}`).join('; '),
          draw: (width) =>
            drawScores(
              values.sets.map((set, i) => ({
                set,
                points: values.group.flatMap((group, j) => {
                  const value = values.values[i]?.[j];
                  return value === null || value === undefined ? [] : [{ group, index: groupIndex(group, all.length > 0 ? all : groups), value }];
                }),
              })),
              groups,
              width,
            ),
          data: () => ({
            columns: ['group', ...values.sets],
            rows: values.group.map((group, j) => [group, ...values.sets.map((_, i) => values.values[i]?.[j] ?? null)]),
          }),
        }).element
      : absent('The scores of each patient are not given.'),
    expression.scores.length > 0 &&
      table({
        title: 'Scores compared between subtypes',
        rows: expression.scores,
        pageSize: 12,
        columns: [
          { title: 'Score', value: (row) => row.score },
          { title: 'n', value: (row) => row.n, kind: 'count' },
          { title: 'χ²', csv: 'chi_square', value: (row) => row.chi_square, kind: 'number' },
          { title: 'ε²', csv: 'epsilon_squared', value: (row) => row.epsilon_squared, kind: 'number' },
          { title: 'p', value: (row) => row.p, kind: 'p' },
          { title: 'q', value: (row) => row.q, kind: 'p' },
        ],
      }),
    missing.map((text) => absent(`Not computed: ${text}.`)),
  ];
}
