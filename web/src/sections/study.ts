import { int8 } from '../decode';
import type { Common, StudyReport } from '../document';
import { absent, h, label, name, type Child } from '../dom';
import { figure } from '../figure';
import { count, interval, level, number, pText, plural, unitText, words } from '../format';
import { drawChoice, drawCdf, drawConsensus, drawEmbedding, drawHeatmap } from '../plots/discovery';
import { drawFlow, type FlowStep } from '../plots/flow';
import { drawBars, drawComposition, drawRanges } from '../plots/measures';
import { drawShares } from '../plots/outcome';
import { numberCell, table } from '../table';
import { diverging, groupIndex, kNoSubtype, seriesColour } from '../theme';
import { slicesFigure } from '../viewer/slices';
import { surfaceFigure } from '../viewer/surfaces';
import { markerAt, svg } from '../plots/base';
import { addClosing, familyName, featureName } from './common';
import { addMolecular } from './molecular';
import { addOutcome } from './outcome';
import { facts, foldedList, type Page } from './page';

export function subtypesOf(report: StudyReport): string[] {
  return (report.subtypes ?? []).map((subtype) => subtype.subtype);
}

/** Marker and name of a subtype, as everywhere on the page. */
export function chip(subtype: string | null | undefined, all: string[]): HTMLElement {
  if (subtype === null || subtype === undefined) return h('span', { class: 'muted' }, 'none');
  const icon = svg(14, 14);
  icon.setAttribute('aria-hidden', 'true');
  icon.append(markerAt(7, 7, groupIndex(subtype, all), 5));
  return h('span', { class: 'chip' }, icon, name(subtype.startsWith('subtype ') ? subtype : `subtype ${subtype}`, 28));
}

export function studySections(page: Page, report: StudyReport): void {
  const all = subtypesOf(report);
  page.add('flow', 'Cases', () => flow(report));
  page.add('cohorts', 'Cohorts', () => cohorts(report, all));
  page.add('number', 'How many subtypes', () => howMany(report, all));
  page.add('portraits', 'The subtypes', () => portraits(report, all));
  page.add('features', 'Features by subtype', () => heatmap(report, all));
  page.add('map', 'Where the cases lie', () => embedding(report, all));
  page.add('validation', 'Found again elsewhere', () => validation(report, all));
  addOutcome(page, report, all);
  addMolecular(page, report, all);
  page.add('reproducibility', 'Features kept and left out', () => reproducibility(report));
  addClosing(page, report as Common);
}

/** The few numbers that a reader looks for first, all from the document. */
export function studyBrief(report: StudyReport): HTMLElement | null {
  const pairs: [string, Child][] = [];
  const first = report.flow?.[0];
  const last = report.flow?.[report.flow.length - 1];
  if (first && last) pairs.push([first.stage === last.stage ? words(first.stage) : `of ${count(first.n)} ${words(first.stage)}`, [big(count(last.n)), small(words(last.stage))]]);
  if (report.discovery) {
    const { k, p_of_any_clusters: p } = report.discovery;
    pairs.push(['subtypes', [big(String(k)), small(p === null || p === undefined ? '' : `any clusters: ${pText(p)}`)]]);
  } else if (report.subtypes) pairs.push(['subtypes', [big(String(report.subtypes.length))]]);
  const primary = report.outcome?.analyses.find((analysis) => analysis.primary);
  if (primary?.primary) pairs.push([primary.primary.test, [big(pText(primary.primary.p)), small(`q ${pText(primary.primary.q, '').trim()}`)]]);
  const genes = report.associate?.expression?.genes_that_differ;
  if (genes) pairs.push([`genes at q below ${level(genes.q_below)}`, [big(count(genes.number)), small(`of ${count(report.associate!.expression!.genes)}`)]]);
  if (pairs.length === 0) return null;
  return h(
    'dl',
    { class: 'brief' },
    ...pairs.map(([term, value]) => h('div', {}, h('dt', {}, h('bdi', {}, label(term, 60))), h('dd', {}, value))),
  );
}
const big = (text: string): HTMLElement => h('span', { class: 'big' }, text);
const small = (text: string): HTMLElement => h('span', { class: 'small' }, text);

function flow(report: StudyReport): Child {
  if (!report.flow || report.flow.length === 0) return absent('The flow of cases is not given.');
  const leftOut = report.left_out ?? [];
  const steps: FlowStep[] = report.flow.map((step) => {
    const reasons = new Map<string, number>();
    for (const left of leftOut) if (left.stage === step.stage) reasons.set(left.reason, (reasons.get(left.reason) ?? 0) + 1);
    return { ...step, left: [...reasons].map(([reason, n]) => ({ reason, n })).sort((a, b) => b.n - a.n) };
  });
  const stated = steps.map((step) => `${step.stage}: ${count(step.n)}`).join('; ');
  return [
    figure({
      title: 'Cases from the manifest to the model',
      caption: 'Counts at each stage. At the side: how many were left out on the way to it, and why.',
      description: stated,
      draw: (width) => drawFlow(steps, width),
      data: () => ({
        columns: ['stage', 'n', 'left_out', 'reason'],
        rows: steps.flatMap((step) => [
          [step.stage, step.n, null, null],
          ...step.left.map((left) => [step.stage, null, left.n, left.reason]),
        ]),
      }),
    }).element,
    leftOut.length > 0
      ? table({
          title: 'Left out, and why',
          rows: leftOut,
          pageSize: 8,
          search: 'Find',
          columns: [
            { title: 'Case', value: (row) => row.case ?? '' },
            { title: 'Patient', value: (row) => row.patient ?? '' },
            { title: 'Stage', value: (row) => row.stage },
            { title: 'Reason', value: (row) => row.reason, show: (row) => name(row.reason, 110) },
          ],
        })
      : sentenceNone(),
  ];
}
const sentenceNone = (): HTMLElement => absent('No case was left out.');

function cohorts(report: StudyReport, all: string[]): Child {
  const rows = report.cohorts ?? [];
  if (rows.length === 0) return absent('No cohort table is given.');
  const spread = rows.flatMap((row) => {
    const v = row.volume_mm3;
    if (!v || [v.minimum, v.q1, v.median, v.q3, v.maximum].some((x) => x === null || !(x > 0))) return [];
    return [{ name: row.cohort, minimum: v.minimum!, q1: v.q1!, median: v.median!, q3: v.q3!, maximum: v.maximum! }];
  });
  const composed = rows.filter((row) => row.subtypes && Object.keys(row.subtypes).length > 0);
  return [
    table({
      title: 'Cohorts',
      rows,
      columns: [
        { title: 'Cohort', value: (row) => row.cohort },
        { title: 'Organ', value: (row) => row.organ },
        { title: 'Modality', value: (row) => row.modality },
        { title: 'Patients', value: (row) => row.patients, kind: 'count' },
        { title: 'Cases', value: (row) => row.cases, kind: 'count' },
        { title: 'Lesions', value: (row) => row.lesions, kind: 'count' },
        { title: 'Failed', value: (row) => row.failed, kind: 'count' },
        {
          title: 'Volume, mm³: median (quartiles)',
          csv: 'median_volume_mm3',
          value: (row) => row.volume_mm3?.median ?? null,
          show: (row) => (row.volume_mm3 ? interval(row.volume_mm3.median, row.volume_mm3.q1, row.volume_mm3.q3) : '–'),
          kind: 'number',
        },
      ],
    }),
    spread.length > 0 &&
      figure({
        title: 'Volume of the tumours by cohort',
        caption: 'Line: smallest to largest. Box: quartiles. Stroke: median. Logarithmic axis.',
        description: spread.map((row) => `${row.name}: median ${number(row.median)} mm³`).join('; '),
        draw: (width) => drawRanges(spread, 'Volume (mm³)', width),
        data: () => ({
          columns: ['cohort', 'minimum_mm3', 'q1_mm3', 'median_mm3', 'q3_mm3', 'maximum_mm3'],
          rows: spread.map((row) => [row.name, row.minimum, row.q1, row.median, row.q3, row.maximum]),
        }),
      }).element,
    composed.length > 0 &&
      figure({
        title: 'Subtypes in each cohort',
        caption: 'Number of cases.',
        description: composed
          .map((row) => `${row.cohort}: ${Object.entries(row.subtypes!).map(([subtype, n]) => `subtype ${subtype}, ${n}`).join('; ')}`)
          .join('. '),
        draw: (width) =>
          drawComposition(
            composed.map((row) => ({
              name: row.cohort,
              parts: Object.entries(row.subtypes!).map(([subtype, n]) => ({ group: `subtype ${subtype}`, index: groupIndex(subtype, all), n })),
            })),
            width,
          ),
        data: () => ({
          columns: ['cohort', 'subtype', 'cases'],
          rows: composed.flatMap((row) => Object.entries(row.subtypes!).map(([subtype, n]) => [row.cohort, subtype, n])),
        }),
      }).element,
  ];
}

function howMany(report: StudyReport, all: string[]): Child {
  const { discovery, consensus, cdf } = report;
  if (!discovery) return absent('No discovery is given with this study.');
  const chosen = discovery.numbers.find((entry) => entry.k === discovery.k);
  return [
    h(
      'p',
      { class: 'finding' },
      h('strong', {}, `${plural(discovery.k, 'subtype')}: `),
      name(`${discovery.reason}.`, 300),
    ),
    h(
      'p',
      {},
      discovery.p_of_any_clusters !== null && discovery.p_of_any_clusters !== undefined
        ? [
            'Are there any clusters? Against tables of the same covariance without clusters, the most stable partition has ',
            pSpan(discovery.p_of_any_clusters),
            '. ',
          ]
        : 'Whether there are clusters at all was not tested. ',
      chosen
        ? `At k = ${chosen.k} the ambiguous share of pairs (PAC) is ${number(chosen.ambiguous_share)} and the mean silhouette ${number(chosen.mean_silhouette)}.`
        : '',
      chosen?.stability ? [' In the stability test of this k, ', pSpan(chosen.stability.p), '.'] : '',
    ),
    consensus
      ? figure({
          title: `Consensus of pairs of cases at k = ${consensus.k}`,
          caption: 'Cases in order of subtype along both sides. Dark blocks on the diagonal are groups that are found again whichever cases are drawn.',
          description: `A matrix of ${consensus.size} by ${consensus.size} blocks of cases, in ${new Set(consensus.subtype).size} subtypes.`,
          maxWidth: 620,
          draw: (width) => drawConsensus(consensus, all, width),
          data: () => ({ columns: ['row', 'subtype'], rows: consensus.subtype.map((subtype, i) => [i + 1, subtype]) }),
        }).element
      : absent('The consensus matrix is not given.'),
    cdf
      ? figure({
          title: 'Distribution of consensus by number of groups',
          caption: 'A flat middle (grey: 0.1 to 0.9) means that pairs are either always or never together.',
          description: `Cumulative distributions for k from ${Math.min(...cdf.k)} to ${Math.max(...cdf.k)}.`,
          draw: (width) => drawCdf(cdf, discovery.k, width),
          data: () => ({
            columns: ['consensus', ...cdf.k.map((k) => `k_${k}`)],
            rows: cdf.x.map((x, i) => [x, ...cdf.curves.map((curve) => curve[i] ?? null)]),
          }),
        }).element
      : absent('The distributions of consensus are not given.'),
    discovery.numbers.length > 0 && [
      figure({
        title: 'Ambiguity and silhouette by number of groups',
        caption: 'PAC by itself falls with k, so the stability test compares it with tables of the same covariance that hold no clusters.',
        description: discovery.numbers.map((n) => `k ${n.k}: PAC ${number(n.ambiguous_share)}, silhouette ${number(n.mean_silhouette)}`).join('; '),
        draw: (width) => drawChoice(discovery, width),
        data: () => ({
          columns: ['k', 'ambiguous_share', 'mean_silhouette', 'test_ambiguous_share', 'test_expected', 'test_sd', 'p'],
          rows: discovery.numbers.map((n) => [n.k, n.ambiguous_share, n.mean_silhouette, n.stability?.ambiguous_share, n.stability?.expected, n.stability?.sd, n.stability?.p]),
        }),
      }).element,
      table({
        title: 'Numbers of groups considered',
        rows: discovery.numbers,
        rowClass: (row) => (row.k === discovery.k ? 'chosen' : null),
        columns: [
          { title: 'k', value: (row) => row.k, show: (row) => (row.k === discovery.k ? `${row.k} (kept)` : String(row.k)) },
          { title: 'Sizes', value: (row) => row.sizes.join(' '), show: (row) => row.sizes.join(', ') },
          { title: 'PAC', value: (row) => row.ambiguous_share, kind: 'number' },
          { title: 'Area', value: (row) => row.area, kind: 'number' },
          { title: 'Gain in area', value: (row) => row.delta_area, kind: 'number' },
          { title: 'Silhouette', value: (row) => row.mean_silhouette, kind: 'number' },
          { title: 'PAC expected (SD)', csv: 'expected', value: (row) => row.stability?.expected ?? null, show: (row) => (row.stability ? `${number(row.stability.expected)} (${number(row.stability.sd)})` : h('span', { class: 'muted' }, 'not tested')), kind: 'number' },
          { title: 'p', value: (row) => row.stability?.p ?? null, kind: 'p' },
        ],
      }),
    ],
    foldedList('Notices', (discovery.notices ?? []).map((notice) => `${notice.case}: ${notice.sentence}${notice.refused ? ' (left out)' : ''}`)),
  ];
}

function pSpan(p: number | null): HTMLElement {
  return h('span', { class: 'n', 'data-value': p }, pText(p));
}

function portraits(report: StudyReport, all: string[]): Child {
  const subtypes = report.subtypes ?? [];
  if (subtypes.length === 0) return absent('This study has no subtypes.');
  return [
    h('p', {}, 'Each subtype by its median tumour: the case nearest to the middle of the subtype. Below it, the ten features furthest from the mean of all cases.'),
    ...subtypes.map((subtype) => {
      const index = groupIndex(subtype.subtype, all);
      const portrait = subtype.portrait;
      const article = h(
        'article',
        { class: 'portrait', 'aria-label': subtype.name },
        h('h3', {}, chip(subtype.subtype, all), h('span', { class: 'count' }, plural(subtype.cases, 'case'))),
        portrait
          ? h(
              'p',
              { class: 'note' },
              'Median tumour: ',
              name(portrait.case, 40),
              ', ',
              name(portrait.organ, 30),
              ', ',
              name(portrait.modality, 30),
              portrait.volume_mm3 ? [', ', numberCell(portrait.volume_mm3), ' mm³'] : '',
            )
          : absent('No portrait is given.'),
        portrait &&
          (portrait.surface || portrait.image
            ? h(
                'div',
                { class: 'pair' },
                portrait.surface
                  ? surfaceFigure({
                      title: `Surface of the median tumour, ${subtype.name}`,
                      caption: 'Drag to turn, or use the arrow keys.',
                      surface: portrait.surface,
                      colour: seriesColour(index),
                      compact: true,
                    })
                  : absent(portrait.missing ?? 'No surface is given.'),
                portrait.image
                  ? slicesFigure({
                      title: `Slices of the median tumour, ${subtype.name}`,
                      caption: 'Click, then turn the wheel; or use the slider or the arrow keys.',
                      image: portrait.image,
                      compact: true,
                    })
                  : absent(portrait.missing ?? 'No image is given.'),
              )
            : absent(portrait.missing ?? 'Neither surface nor image is given.')),
        subtype.features.length > 0 &&
          figure({
            title: `Features furthest from the mean, ${subtype.name}`,
            caption: 'Mean prepared score of the subtype’s cases; 0 is the mean of all cases, 1 a standard deviation.',
            description: subtype.features.map((f) => `${words(f.name)} ${number(f.mean_score)}`).join('; '),
            maxWidth: 720,
            draw: (width) =>
              drawBars(
                subtype.features.map((f) => ({ name: words(f.name), value: f.mean_score, colour: seriesColour(index), text: number(f.mean_score) })),
                { title: 'Mean score' },
                width,
              ),
            data: () => ({ columns: ['feature', 'mean_score'], rows: subtype.features.map((f) => [f.name, f.mean_score]) }),
          }).element,
      );
      article.style.setProperty('--subtype', index < 0 ? kNoSubtype : seriesColour(index));
      return article;
    }),
  ];
}

function heatmap(report: StudyReport, all: string[]): Child {
  const map = report.heatmap;
  if (!map) return absent('The table of prepared features is not given.');
  const scores = int8(map.scores);
  const families = map.features.map((feature) => familyName(report.features[feature]?.family));
  return figure({
    title: 'Prepared features of the cases',
    caption: `${plural(map.features.length, 'feature')} in families (columns), cases by subtype and silhouette (rows${map.rows < (report.discovery?.cases ?? 0) ? `, averaged to ${count(map.rows)}` : ''}). Blue: below the mean of all cases; brown: above.`,
    description: `A heat map of ${map.rows} rows and ${map.features.length} features.`,
    minWidth: 520,
    draw: (width) => drawHeatmap({ ...map, families }, scores, all, diverging, width),
    data: () => ({
      columns: ['row', 'subtype', ...map.features],
      rows: Array.from({ length: map.rows }, (_, r) => [
        r + 1,
        map.subtype[r],
        ...map.features.map((_name, c) => scores[r * map.features.length + c]! / 25),
      ]),
    }),
  }).element;
}

function embedding(report: StudyReport, all: string[]): Child {
  const cases = report.cases;
  if (!cases) return absent('No cases are given.');
  const rows = cases.case.map((_, i) => i);
  const placed = rows.filter((i) => cases.x[i] !== null && cases.y[i] !== null && cases.x[i] !== undefined && cases.y[i] !== undefined);
  return [
    placed.length > 0
      ? figure({
          title: 'Cases by their first two principal components',
          caption: `${plural(placed.length, 'case')} of the model; distances in this plane show only a part of those between cases.`,
          description: `A scatter of ${placed.length} cases by subtype.`,
          draw: (width) =>
            drawEmbedding(
              placed.map((i) => ({ x: cases.x[i]!, y: cases.y[i]!, group: cases.subtype[i] ?? null, title: label(`${cases.case[i]}, ${cases.cohort[i]}`, 80) })),
              { x: report.axes?.x?.explained ?? null, y: report.axes?.y?.explained ?? null },
              all,
              width,
            ),
          data: () => ({
            columns: ['case', 'cohort', 'subtype', 'component_1', 'component_2'],
            rows: placed.map((i) => [cases.case[i], cases.cohort[i], cases.subtype[i], cases.x[i], cases.y[i]]),
          }),
        }).element
      : absent('No case is in the model, so there is no plane to show.'),
    table({
      title: 'All cases',
      rows,
      pageSize: 15,
      search: 'Find a case',
      columns: [
        { title: 'Case', value: (i) => cases.case[i] },
        { title: 'Patient', value: (i) => cases.patient[i] },
        { title: 'Cohort', value: (i) => cases.cohort[i], show: (i) => name(cases.cohort[i], 24) },
        { title: 'Organ', value: (i) => cases.organ[i] },
        { title: 'Modality', value: (i) => cases.modality[i] },
        { title: 'Timepoint', value: (i) => cases.timepoint[i] ?? null },
        { title: 'Subtype', value: (i) => cases.subtype[i], show: (i) => (cases.subtype[i] ? chip(cases.subtype[i], all) : h('span', { class: 'muted' }, name(cases.reason[i] || cases.status[i] || 'none', 60))) },
        { title: 'Silhouette', value: (i) => cases.silhouette[i], kind: 'number' },
        { title: 'Consensus', value: (i) => cases.item_consensus[i], kind: 'number' },
        { title: `Volume, ${unitText('mm3')}`, csv: 'volume_mm3', value: (i) => cases.volume_mm3[i], kind: 'number' },
        { title: 'Status', value: (i) => cases.status[i], csvOnly: true },
        { title: 'Reason', value: (i) => cases.reason[i], csvOnly: true },
      ],
    }),
  ];
}

function validation(report: StudyReport, all: string[]): Child {
  const value = report.validation;
  if (!value) return absent('The subtypes were not looked for elsewhere: no validation is given.');
  const rows = Object.entries(value.parts).flatMap(([part, found]) =>
    found.subtypes.map((subtype, i) => ({ part, subtype: all[i] ?? String(i + 1), ...subtype })),
  );
  const parts = Object.entries(value.parts);
  return [
    h(
      'p',
      {},
      `For each ${words(value.by)}: the in-group proportion is the share of a subtype’s cases whose nearest neighbour is of the same subtype; p is the share of random groups of the same size that do as well.`,
    ),
    figure({
      title: `In-group proportion by ${words(value.by)}`,
      caption: 'One line a subtype. Proportions of small groups are coarse; the table gives p.',
      description: rows.map((row) => `${row.part}, subtype ${row.subtype}: ${number(row.in_group_proportion)}, ${pText(row.p)}`).join('; '),
      draw: (width) =>
        drawShares(
          rows.map((row) => ({ row: row.part, group: `subtype ${row.subtype}`, index: groupIndex(row.subtype, all), value: row.in_group_proportion, p: row.p })),
          'In-group proportion',
          width,
        ),
      data: () => ({
        columns: ['part', 'subtype', 'cases', 'in_group_proportion', 'p', 'p_conservative'],
        rows: rows.map((row) => [row.part, row.subtype, row.cases, row.in_group_proportion, row.p, row.p_conservative]),
      }),
    }).element,
    table({
      title: 'Subtypes found again',
      rows,
      pageSize: 24,
      columns: [
        { title: words(value.by), csv: 'part', value: (row) => row.part },
        { title: 'Subtype', value: (row) => row.subtype, show: (row) => chip(row.subtype, all) },
        { title: 'Cases', value: (row) => row.cases, kind: 'count' },
        { title: 'In-group proportion', value: (row) => row.in_group_proportion, kind: 'share' },
        { title: 'p', value: (row) => row.p, kind: 'p' },
        { title: 'p, conservative', value: (row) => row.p_conservative, kind: 'p' },
        { title: 'Centroid correlation', value: (row) => row.centroid_correlation, kind: 'number' },
      ],
    }),
    table({
      title: `Each ${words(value.by)} as a whole`,
      rows: parts,
      columns: [
        { title: words(value.by), csv: 'part', value: ([part]) => part },
        { title: 'Cases', value: ([, p]) => p.cases, kind: 'count' },
        { title: 'Refused', value: ([, p]) => p.refused, kind: 'count' },
        { title: 'Flagged', value: ([, p]) => p.flagged, kind: 'count' },
        { title: 'Share of subtype explained by volume (η²)', csv: 'eta_squared_of_volume', value: ([, p]) => p.eta_squared_of_volume ?? null, kind: 'number' },
        {
          title: 'Clustered anew: adjusted Rand index',
          csv: 'adjusted_rand_index',
          value: ([, p]) => p.clustered_anew?.adjusted_rand_index ?? null,
          show: ([, p]) =>
            p.clustered_anew?.adjusted_rand_index === null || p.clustered_anew?.adjusted_rand_index === undefined
              ? h('span', { class: 'muted' }, name(p.notes[0] ?? 'not given', 70))
              : numberCell(p.clustered_anew.adjusted_rand_index),
        },
        { title: 'Kappa', value: ([, p]) => p.clustered_anew?.kappa ?? null, kind: 'number' },
      ],
    }),
  ];
}

function reproducibility(report: StudyReport): Child {
  const discovery = report.discovery;
  if (!discovery) return absent('No discovery is given with this study.');
  const config = (discovery.provenance?.config ?? {}) as Record<string, unknown>;
  const pairs: [string, Child][] = [
    ['Features kept', count(discovery.features.length)],
    ['Features left out', count(discovery.dropped_features.length)],
  ];
  for (const [key, title] of [['seed', 'Seed'], ['repetitions', 'Repetitions'], ['method', 'Clustering'], ['scaling', 'Scaling'], ['combat', 'ComBat']] as const)
    if (config[key] !== undefined && config[key] !== null) pairs.push([title, words(String(config[key]))]);
  return [
    facts(pairs),
    discovery.dropped_features.length > 0
      ? table({
          title: 'Features left out, and why',
          rows: discovery.dropped_features,
          pageSize: 10,
          search: 'Find a feature',
          columns: [
            { title: 'Feature', value: (row) => row.feature, show: (row) => featureName(row.feature, report.features) },
            { title: 'Why', value: (row) => row.sentence, show: (row) => name(row.sentence, 120) },
          ],
        })
      : absent('No feature was left out.'),
    table({
      title: 'Features kept',
      rows: discovery.features,
      pageSize: 10,
      search: 'Find a feature',
      columns: [
        { title: 'Feature', value: (f) => f, show: (f) => featureName(f, report.features) },
        { title: 'Family', value: (f) => report.features[f]?.family ?? '', show: (f) => familyName(report.features[f]?.family) },
        { title: 'Unit', value: (f) => report.features[f]?.unit ?? '', show: (f) => unitText(report.features[f]?.unit) || '–' },
        { title: 'Definition', value: (f) => report.features[f]?.definition ?? '', show: (f) => name(report.features[f]?.definition ?? 'not given', 160) },
      ],
    }),
  ];
}
