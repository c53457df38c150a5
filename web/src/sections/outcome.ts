import type { Analysis, Curves, Outcome, StudyReport } from '../document';
import { absent, h, name, type Child } from '../dom';
import { figure } from '../figure';
import { count, interval, number, pText, percent, plural, shorten, words } from '../format';
import { drawCurves, drawForest, type CurveGroup, type ForestRow } from '../plots/outcome';
import { numberCell, table } from '../table';
import { groupIndex } from '../theme';
import { foldedList, type Page } from './page';

export function addOutcome(page: Page, report: StudyReport, all: string[]): void {
  page.add('outcome', 'Outcome', () => {
    const outcome = report.outcome;
    if (!outcome) return absent('No outcome analysis is given with this study.');
    return [
      outcome.plan?.title ? h('p', { class: 'finding' }, name(outcome.plan.title, 160)) : null,
      h('p', {}, `${plural(outcome.patients, 'patient')}; ${plural(outcome.analyses.length, 'analysis', 'analyses')}, as the plan written before says${outcome.plan?.adjustment ? `; primary tests adjusted by ${outcome.plan.adjustment}` : ''}.`),
      ...outcome.analyses.map((analysis) => oneAnalysis(analysis, outcome, report.curves ?? null, all)),
      foldedList('Notes', outcome.notes ?? []),
      foldedList('Patients not matched', (outcome.unmatched ?? []).map((row) => `${row.patient}: ${row.reason}`)),
    ];
  });
}

export function curveGroups(curves: Curves, analysis: string, labels: { label: string; n: number }[], all: string[]): Map<string, CurveGroup[]> {
  const byCurve = new Map<string, Map<string, CurveGroup>>();
  curves.time.forEach((time, i) => {
    if (curves.analysis[i] !== analysis) return;
    const kind = curves.curve[i]!;
    const groups = byCurve.get(kind) ?? new Map<string, CurveGroup>();
    byCurve.set(kind, groups);
    const groupName = curves.group[i]!;
    let group = groups.get(groupName);
    if (!group) {
      const place = labels.findIndex((entry) => entry.label === groupName);
      group = {
        name: groupName,
        index: /^(?:subtype )?\d+$/.test(groupName) ? groupIndex(groupName, all) : Math.max(0, place),
        points: [],
        n: labels[place]?.n ?? curves.at_risk[i] ?? 0,
      };
      groups.set(groupName, group);
    }
    group.points.push({
      time,
      at_risk: curves.at_risk[i]!,
      events: curves.events[i]!,
      censored: curves.censored[i]!,
      estimate: curves.estimate[i] ?? null,
      lower: curves.lower[i] ?? null,
      upper: curves.upper[i] ?? null,
    });
  });
  return new Map([...byCurve].map(([kind, groups]) => [kind, [...groups.values()]]));
}

function oneAnalysis(analysis: Analysis, outcome: Outcome, curves: Curves | null, all: string[]): Child {
  const endpoint = outcome.plan?.endpoints?.find((entry) => entry.name === analysis.endpoint);
  const unit = shorten(endpoint?.unit ?? '', 16);
  const endpointName = shorten(endpoint?.label ?? words(analysis.endpoint), 60);
  const confidence = percent(outcome.plan?.confidence ?? 0.95);
  const heading = h('h3', {}, name(analysis.name, 100));
  if (analysis.missing) return [heading, absent(`Not analysed: ${analysis.missing}`)];

  const drawn = curves ? curveGroups(curves, analysis.name, analysis.groups, all) : new Map<string, CurveGroup[]>();
  const primary = analysis.primary;
  const grouped = analysis.models.filter((model) => model.coefficients.some((c) => c.term === analysis.group || c.reference));
  const chosen = grouped.length > 0 ? grouped : analysis.models;
  const forest: ForestRow[] = chosen.flatMap((model): ForestRow[] => [
    { heading: `${model.title} (n = ${count(model.n)}, events = ${count(model.events)})` },
    ...(model.missing
      ? [{ label: 'not fitted', missing: model.missing }]
      : model.coefficients.map((c) => ({
          label: c.level === null ? c.term : c.term === analysis.group || c.level.includes(':') ? c.level : `${c.term}: ${c.level}`,
          counts: c.n === null || c.n === undefined ? '' : `${count(c.n)} (${count(c.events)})`,
          reference: c.reference,
          effect: c.hazard_ratio ?? null,
          missing: c.missing ?? null,
          index: c.term === analysis.group ? groupIndex(c.level ?? '', all) : null,
        }))),
  ]);
  return [
    heading,
    h(
      'p',
      {},
      name(`${endpointName[0]?.toUpperCase() ?? ''}${endpointName.slice(1)}`, 80),
      `: ${plural(analysis.n ?? 0, 'patient')}, ${plural(analysis.events ?? 0, 'event')}`,
      analysis.modelled ? `; ${count(analysis.modelled.n)} with every covariate, ${plural(analysis.modelled.events, 'event')}.` : '.',
      primary
        ? [
            ' Declared test, ',
            name(primary.test, 80),
            ': ',
            h('strong', { class: 'n', 'data-value': primary.p }, pText(primary.p)),
            ', ',
            h('span', { class: 'n', 'data-value': primary.q }, pText(primary.q, 'q')),
            '.',
          ]
        : '',
    ),
    drawn.size === 0
      ? absent('The curves of this analysis are not given.')
      : [...drawn].map(
          ([kind, groups]) =>
            figure({
              title: `${kind === 'survival' ? endpointName[0]!.toUpperCase() + endpointName.slice(1) : words(kind)}: ${analysis.name.slice(0, 80)}`,
              caption: `Kaplan-Meier curves${kind === 'survival' ? '' : ` (${words(kind)})`} with ${confidence} bands; + marks where a patient was censored.`,
              description: analysis.groups
                .map((group) => `${group.label}: ${group.n} patients, ${group.events} events, median ${group.median?.time === null || group.median?.time === undefined ? 'not reached' : `${number(group.median.time)} ${unit}`}`)
                .join('; '),
              draw: (width) => drawCurves(groups, { x: unit ? `Time (${unit})` : 'Time', y: kind === 'survival' ? endpointName : words(kind), from: kind === 'survival' ? 1 : 0 }, width),
              data: () => ({
                columns: ['group', 'time', 'at_risk', 'events', 'censored', 'estimate', 'lower', 'upper'],
                rows: groups.flatMap((group) => group.points.map((p) => [group.name, p.time, p.at_risk, p.events, p.censored, p.estimate, p.lower, p.upper])),
              }),
            }).element,
        ),
    table({
      title: `Groups: ${analysis.name.slice(0, 80)}`,
      rows: analysis.groups,
      columns: [
        { title: 'Group', value: (g) => g.label },
        { title: 'Patients', value: (g) => g.n, kind: 'count' },
        { title: 'Events', value: (g) => g.events, kind: 'count' },
        {
          title: `Median${unit ? `, ${unit}` : ''} (${confidence} interval)`,
          csv: 'median',
          value: (g) => g.median?.time ?? null,
          show: (g) => (g.median?.time === null || g.median?.time === undefined ? h('span', { class: 'muted' }, 'not reached') : interval(g.median.time, g.median.lower, g.median.upper, 'not reached')),
          kind: 'number',
        },
        {
          title: `Mean to ${number(analysis.horizon ?? null)}${unit ? ` ${unit}` : ''} (SE)`,
          csv: 'restricted_mean',
          value: (g) => g.restricted_mean?.mean ?? null,
          show: (g) => (g.restricted_mean ? `${number(g.restricted_mean.mean)} (${number(g.restricted_mean.standard_error)})` : '–'),
          kind: 'number',
        },
        {
          title: 'Difference from the reference',
          csv: 'restricted_mean_difference',
          value: (g) => g.restricted_mean_difference?.estimate ?? null,
          show: (g) =>
            g.restricted_mean_difference
              ? interval(g.restricted_mean_difference.estimate, g.restricted_mean_difference.lower, g.restricted_mean_difference.upper)
              : h('span', { class: 'muted' }, g.label === analysis.reference ? 'reference' : '–'),
          kind: 'number',
        },
        { title: 'p', value: (g) => g.restricted_mean_difference?.p ?? null, kind: 'p' },
      ],
    }),
    forest.length > 0 &&
      figure({
        title: `Hazard ratios: ${analysis.name.slice(0, 80)}`,
        caption: `Cox models with ${confidence} intervals on a logarithmic axis; open squares are reference levels, arrows mark intervals that go beyond the axis.`,
        description: chosen
          .map((model) => `${model.title}: ${model.coefficients.filter((c) => c.hazard_ratio).map((c) => `${c.level ?? c.term} ${interval(c.hazard_ratio!.estimate, c.hazard_ratio!.lower, c.hazard_ratio!.upper)}`).join(', ')}`)
          .join('; '),
        minWidth: 430,
        draw: (width) => drawForest(forest, 'Hazard ratio (log axis)', width),
        data: () => ({
          columns: ['model', 'term', 'level', 'n', 'events', 'reference', 'ratio', 'lower', 'upper', 'p', 'missing'],
          rows: analysis.models.flatMap((model) =>
            model.coefficients.map((c) => [model.name, c.term, c.level, c.n, c.events, c.reference, c.hazard_ratio?.estimate, c.hazard_ratio?.lower, c.hazard_ratio?.upper, c.hazard_ratio?.p, c.missing]),
          ),
        }),
      }).element,
    analysis.effects_in_groups.length > 0 &&
      figure({
        title: `Effect within each group: ${analysis.name.slice(0, 80)}`,
        caption: `Hazard ratio of ${analysis.effects_in_groups[0]!.level} within each group, with ${confidence} intervals. Groups are compared by the declared test, not by whether an interval covers 1.`,
        description: analysis.effects_in_groups.map((e) => `${e.group}: ${interval(e.hazard_ratio?.estimate, e.hazard_ratio?.lower, e.hazard_ratio?.upper)}`).join('; '),
        minWidth: 430,
        draw: (width) =>
          drawForest(
            analysis.effects_in_groups.map((e) => ({ label: e.group, counts: `${count(e.n)} (${count(e.events)})`, effect: e.hazard_ratio ?? null, missing: e.missing ?? null, index: groupIndex(e.group, all) })),
            'Hazard ratio (log axis)',
            width,
          ),
        data: () => ({
          columns: ['group', 'level', 'n', 'events', 'ratio', 'lower', 'upper', 'p', 'missing'],
          rows: analysis.effects_in_groups.map((e) => [e.group, e.level, e.n, e.events, e.hazard_ratio?.estimate, e.hazard_ratio?.lower, e.hazard_ratio?.upper, e.hazard_ratio?.p, e.missing]),
        }),
      }).element,
    table({
      title: `Tests: ${analysis.name.slice(0, 80)}`,
      rows: analysis.tests,
      rowClass: (row) => (row.name === primary?.test ? 'chosen' : null),
      note: analysis.tests.some((row) => row.p_holm !== undefined) ? 'Pairs of groups are adjusted by Holm’s method. q is given to the declared test.' : null,
      columns: [
        { title: 'Test', value: (row) => row.name, show: (row) => (row.name === primary?.test ? [name(row.name, 60), h('span', { class: 'tag' }, 'declared')] : name(row.name, 60)) },
        { title: 'n', value: (row) => row.n, kind: 'count' },
        { title: 'Events', value: (row) => row.events, kind: 'count' },
        { title: 'χ²', csv: 'chi_square', value: (row) => row.chi_square, kind: 'number' },
        { title: 'Degrees', value: (row) => row.degrees, kind: 'number' },
        { title: 'p', value: (row) => row.p, show: (row) => (row.p === null ? h('span', { class: 'muted' }, name(row.missing ?? 'not given', 60)) : numberCell(row.p, 'p')), kind: 'p' },
        { title: 'p, Holm', csv: 'p_holm', value: (row) => row.p_holm ?? null, kind: 'p' },
        { title: 'q', value: (row) => row.q ?? (row.name === primary?.test ? primary.q : null), kind: 'p' },
      ],
    }),
    table({
      title: `Models: ${analysis.name.slice(0, 80)}`,
      rows: analysis.models,
      columns: [
        { title: 'Model', value: (m) => m.title },
        { title: 'n', value: (m) => m.n, kind: 'count' },
        { title: 'Events', value: (m) => m.events, kind: 'count' },
        { title: 'Concordance (SE)', csv: 'concordance', value: (m) => m.concordance?.c ?? null, show: (m) => (m.concordance ? `${number(m.concordance.c)} (${number(m.concordance.standard_error)})` : name(m.missing ?? 'not given', 60)), kind: 'number' },
        { title: 'Likelihood ratio, p', csv: 'likelihood_ratio_p', value: (m) => m.likelihood_ratio?.p ?? null, kind: 'p' },
        {
          title: 'Proportional hazards, p',
          csv: 'proportional_hazards_p',
          value: (m) => m.proportional_hazards.map((t) => `${t.term} ${t.p}`).join('; '),
          show: (m) => (m.proportional_hazards.length === 0 ? h('span', { class: 'muted' }, 'not tested') : m.proportional_hazards.map((t, i) => [i > 0 ? '; ' : '', name(t.term, 20), ' ', numberCell(t.p, 'p')])),
        },
      ],
    }),
    foldedList(
      'Notes',
      [
        ...analysis.notes,
        ...Object.entries(analysis.missing_values ?? {}).filter(([, n]) => n > 0).map(([covariate, n]) => `${plural(n, 'patient')} without ${covariate}`),
        ...(analysis.left_out ?? []).map((row) => `${row.patient}: ${row.reason}`),
      ],
    ),
  ];
}
