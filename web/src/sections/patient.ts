import type { Common, Measure, PatientReport, Timepoint, TrackPoint } from '../document';
import { absent, h, label, name, type Child } from '../dom';
import { figure } from '../figure';
import { number, plural, unitText, words } from '../format';
import { drawDiameters, drawProbabilities, drawTracks, type TrackPanel } from '../plots/measures';
import { numberCell, table } from '../table';
import { groupIndex } from '../theme';
import { addClosing } from './common';
import { facts, type Page } from './page';

export function patientSections(page: Page, report: PatientReport): void {
  page.add('timepoints', 'Timepoints', () => [
    facts([
      ['Patient', name(report.patient, 60)],
      ['Organ', name(report.organ ?? null)],
      ['Timepoints', String((report.timepoints ?? []).length)],
      ['Lesions', String((report.tracks ?? []).length)],
    ]),
    timepointTable(report.timepoints ?? []),
  ]);
  page.add('tracks', 'Measures over time', () => tracks(report));
  page.add('probabilities', 'Subtype over time', () => probabilities(report));
  page.add('changes', 'Changes', () => changes(report));
  page.add('diameters', 'Sum of diameters', () => diameters(report));
  addClosing(page, report as Common);
}

export function timepointTable(rows: Timepoint[]): Child {
  if (rows.length === 0) return absent('No timepoints are given.');
  return table({
    title: 'Timepoints',
    rows,
    columns: [
      { title: 'Timepoint', value: (row) => row.timepoint },
      { title: 'Day', value: (row) => row.day, show: (row) => (row.day === null || row.day === undefined ? h('span', { class: 'muted' }, 'not given') : numberCell(row.day)), kind: 'number' },
      { title: 'Case', value: (row) => row.case ?? '' },
      { title: 'Modality', value: (row) => row.modality ?? '' },
      { title: 'Status', value: (row) => row.status ?? '', show: (row) => [name(row.status ?? 'not given', 30), row.reason ? [': ', name(row.reason, 100)] : ''] },
    ],
  });
}

/** Days where every timepoint has one, otherwise their order. */
function axisOf(timepoints: Timepoint[]): { label: string; at: (index: number) => number; ticks: { at: number; text: string }[] } {
  const days = timepoints.every((t) => t.day !== null && t.day !== undefined);
  const at = (index: number): number => (days ? timepoints[index]!.day! : index);
  return {
    label: days ? 'Time (days)' : 'Timepoint',
    at,
    ticks: timepoints.map((t, i) => ({ at: at(i), text: days ? number(t.day) : label(t.timepoint, 10) })),
  };
}

function indexOf(timepoint: number | string, timepoints: Timepoint[]): number {
  return typeof timepoint === 'number' ? timepoint : timepoints.findIndex((t) => t.timepoint === timepoint);
}

function nameOf(timepoint: number | string, timepoints: Timepoint[]): string {
  return typeof timepoint === 'number' ? timepoints[timepoint]?.timepoint ?? String(timepoint) : timepoint;
}

function valueOf(point: TrackPoint, measure: string): number | null {
  if (measure === 'volume_mm3') return point.volume_mm3;
  if (measure === 'max_diameter_mm') return point.max_diameter_mm;
  return point.values?.[measure] ?? null;
}

/** What the same tumour may measure on another day without change: around the first value that is there. */
function bandOf(measure: Measure, first: number | null): [number, number] | null {
  if (!measure.interval || first === null) return null;
  const { relative, half_width: half, factor } = measure.interval;
  if (!relative) return [first - half, first + half];
  return factor ? [first / factor, first * factor] : [first * (1 - half), first * (1 + half)];
}

function intervalText(measure: Measure, unit: string): string {
  if (!measure.interval) return '';
  const { relative, half_width: half, factor } = measure.interval;
  if (relative && factor) return `a factor of ${number(factor)} below and above`;
  return `± ${relative ? `${number(100 * half)} %` : `${number(half)}${unit ? ` ${unit}` : ''}`} around`;
}

export function tracks(report: PatientReport): Child {
  const measures = report.measures ?? [];
  const lesions = report.tracks ?? [];
  const timepoints = report.timepoints ?? [];
  if (measures.length === 0 || lesions.length === 0) return absent('No measures over time are given.');
  const x = axisOf(timepoints);
  const sources = [...new Set(measures.map((m) => m.interval_source).filter((s): s is string => Boolean(s)))];
  return [
    h('p', {}, 'Grey: what the first value may become on another day without any change of the tumour (test-retest). Only points outside of it, marked by diamonds, say that something changed.'),
    ...measures.map((measure) => {
      const panels: TrackPanel[] = lesions.map((lesion) => {
        const points = lesion.points
          .map((point) => ({ index: indexOf(point.timepoint, timepoints), value: valueOf(point, measure.name) }))
          .filter((point) => point.index >= 0 && point.index < timepoints.length)
          .map((point) => ({ at: x.at(point.index), value: point.value }));
        return { name: lesion.lesion, points, band: bandOf(measure, points.find((p) => p.value !== null)?.value ?? null) };
      });
      const unit = unitText(measure.unit);
      return figure({
        title: `${measure.title}${unit ? ` (${unit})` : ''} over time`,
        caption: measure.interval
          ? `Interval: ${intervalText(measure, unit)} the first value.${lesions.length > 1 ? ' Each lesion has its own axis.' : ''}`
          : `No test-retest interval is given${measure.interval_source ? `: ${measure.interval_source}` : ''}, so a change cannot be told from noise.`,
        description: lesions.map((lesion) => `${lesion.lesion}: ${lesion.points.map((p) => `${nameOf(p.timepoint, timepoints)} ${number(valueOf(p, measure.name))}`).join(', ')}`).join('; '),
        draw: (width) => drawTracks(panels, x, { title: measure.title, unit: measure.unit }, width),
        data: () => ({
          columns: ['lesion', 'timepoint', measure.name, 'missing'],
          rows: lesions.flatMap((lesion) => lesion.points.map((p) => [lesion.lesion, nameOf(p.timepoint, timepoints), valueOf(p, measure.name), p.missing ?? null])),
        }),
      }).element;
    }),
    sources.length > 0 && h('p', { class: 'note' }, `Intervals from: ${sources.join('; ')}.`),
  ];
}

function probabilities(report: PatientReport): Child {
  const timepoints = report.timepoints ?? [];
  const all = [...new Set((report.tracks ?? []).flatMap((lesion) => lesion.points.flatMap((p) => (p.probabilities ?? []).map((q) => q.subtype))))].sort();
  const panels = (report.tracks ?? [])
    .map((lesion) => ({ lesion, points: lesion.points.filter((p) => (p.probabilities ?? []).length > 0) }))
    .filter((panel) => panel.points.length > 0);
  if (panels.length === 0) return absent('No model is given, so there are no probabilities of subtypes.');
  const x = axisOf(timepoints);
  return figure({
    title: 'Probability of each subtype over time',
    caption: 'From the frozen model, for each lesion.',
    description: panels.map(({ lesion, points }) => `${lesion.lesion}: ${points.map((p) => `${nameOf(p.timepoint, timepoints)} ${p.probabilities!.map((q) => `${q.subtype} ${number(q.p)}`).join(' ')}`).join(', ')}`).join('; '),
    draw: (width) =>
      drawProbabilities(
        panels.map(({ lesion, points }) => ({
          name: lesion.lesion,
          points: points.map((p) => ({
            at: x.at(indexOf(p.timepoint, timepoints)),
            parts: p.probabilities!.filter((q) => q.p !== null).map((q) => ({ group: q.subtype, index: groupIndex(q.subtype, all), p: q.p! })),
          })),
        })),
        x,
        width,
      ),
    data: () => ({
      columns: ['lesion', 'timepoint', 'subtype', 'probability'],
      rows: panels.flatMap(({ lesion, points }) => points.flatMap((p) => p.probabilities!.map((q) => [lesion.lesion, nameOf(p.timepoint, timepoints), q.subtype, q.p]))),
    }),
  }).element;
}

function changes(report: PatientReport): Child {
  const rows = report.changes ?? [];
  const timepoints = report.timepoints ?? [];
  if (rows.length === 0) return absent('No changes are given: it takes two timepoints.');
  const titles = new Map((report.measures ?? []).map((m) => [m.name, m]));
  const beyond = rows.filter((row) => row.beyond_noise === true).length;
  const unknown = rows.filter((row) => row.beyond_noise === null).length;
  return [
    h('p', {}, `${plural(rows.length, 'change')}: ${beyond} beyond test-retest noise, ${rows.length - beyond - unknown} within it${unknown > 0 ? `, ${unknown} without an interval to judge by` : ''}.`),
    table({
      title: 'Changes between timepoints',
      rows,
      pageSize: 20,
      search: 'Find',
      rowClass: (row) => (row.beyond_noise === true ? 'chosen' : null),
      columns: [
        { title: 'Lesion', value: (row) => row.lesion },
        { title: 'Measure', value: (row) => row.measure, show: (row) => name(titles.get(row.measure)?.title ?? words(row.measure), 40) },
        { title: 'From', value: (row) => nameOf(row.from, timepoints) },
        { title: 'To', value: (row) => nameOf(row.to, timepoints) },
        { title: 'Value then', csv: 'value_from', value: (row) => row.value_from, kind: 'number' },
        { title: 'Value now', csv: 'value_to', value: (row) => row.value_to, kind: 'number' },
        { title: 'Change, %', csv: 'percent', value: (row) => row.percent, kind: 'number' },
        { title: 'Beyond noise', csv: 'beyond_noise', value: (row) => row.beyond_noise, show: (row) => (row.beyond_noise === null ? h('span', { class: 'muted' }, 'no interval') : row.beyond_noise ? h('strong', {}, 'yes') : 'no') },
      ],
    }),
  ];
}

function diameters(report: PatientReport): Child {
  const rows = report.recist ?? [];
  const timepoints = report.timepoints ?? [];
  if (rows.length === 0) return absent(report.recist_note ?? 'No sum of diameters is given.');
  const x = axisOf(timepoints);
  return [
    figure({
      title: 'Sum of the longest diameters',
      caption: name(report.recist_note ?? '', 300),
      description: rows.map((row) => `${nameOf(row.timepoint, timepoints)}: ${number(row.sum_mm)} mm, ${number(row.percent_of_baseline)} percent of baseline`).join('; '),
      draw: (width) =>
        drawDiameters(
          rows.map((row) => {
            const at = x.at(Math.max(0, indexOf(row.timepoint, timepoints)));
            return { at, text: x.ticks.find((t) => t.at === at)?.text ?? '', percent: row.percent_of_baseline, nadir: row.percent_of_nadir, sum: row.sum_mm };
          }),
          x.label,
          width,
        ),
      data: () => ({
        columns: ['timepoint', 'sum_mm', 'percent_of_baseline', 'percent_of_nadir'],
        rows: rows.map((row) => [nameOf(row.timepoint, timepoints), row.sum_mm, row.percent_of_baseline, row.percent_of_nadir]),
      }),
    }).element,
    table({
      title: 'Sum of diameters',
      rows,
      columns: [
        { title: 'Timepoint', value: (row) => nameOf(row.timepoint, timepoints) },
        { title: 'Sum, mm', csv: 'sum_mm', value: (row) => row.sum_mm, show: (row) => (row.sum_mm === null ? h('span', { class: 'muted' }, name(timepoints[indexOf(row.timepoint, timepoints)]?.reason ?? 'not measured', 60)) : numberCell(row.sum_mm)), kind: 'number' },
        { title: 'Percent of baseline', value: (row) => row.percent_of_baseline, kind: 'number' },
        { title: 'Percent of the smallest so far', csv: 'percent_of_nadir', value: (row) => row.percent_of_nadir, kind: 'number' },
      ],
    }),
  ];
}
