import type { CaseReport, Common, PatientReport, Row, Timepoint } from '../document';
import { absent, h, name, type Child } from '../dom';
import { figure } from '../figure';
import { bytes, count, number, percent, unitText, words } from '../format';
import { drawEmbedding } from '../plots/discovery';
import { drawBars, drawSpectrum } from '../plots/measures';
import { numberCell, table } from '../table';
import { groupIndex, kMuted, seriesColour } from '../theme';
import { slicesFigure } from '../viewer/slices';
import { surfaceFigure } from '../viewer/surfaces';
import { addClosing, asText, familyName, featureName } from './common';
import { bullets, facts, type Page } from './page';
import { tracks, timepointTable } from './patient';
import { chip } from './study';

function subtypesOf(report: CaseReport): string[] {
  return (report.assignment?.probabilities ?? []).map((entry) => entry.subtype).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

export function caseSections(page: Page, report: CaseReport): void {
  const all = subtypesOf(report);
  page.add('case', 'The case', () => about(report));
  page.add('image', 'Image', () =>
    report.image
      ? slicesFigure({
          title: 'Scan with the outline, regions and habitats',
          caption: 'Click, then turn the wheel; or use the sliders or the keys: up and down for slices, left and right for the window. Shown as in radiology: the patient’s right is on the left.',
          image: report.image,
        })
      : absent(report.image_missing ?? 'No image is given.'),
  );
  page.add('surface', 'Surface', () =>
    report.surface
      ? surfaceFigure({
          title: 'Surface of the tumour and its reconstruction',
          caption: 'Drag to turn, or use the arrow keys. The slider rebuilds the shape from its spherical harmonics up to a degree.',
          surface: report.surface,
          reconstructions: report.reconstructions ?? [],
          triangles: report.reconstruction_triangles ?? undefined,
          colour: report.assignment?.subtype ? seriesColour(groupIndex(report.assignment.subtype, all)) : seriesColour(0),
        })
      : absent(report.surface_missing ?? 'No surface is given.'),
  );
  page.add('spectrum', 'Spectrum', () => spectrum(report));
  page.add('standing', 'Among the training tumours', () => standing(report, all));
  page.add('subtype', 'Subtype', () => assignment(report, all));
  page.add('measurements', 'Measurements', () => measurements(report));
  page.add('change', 'Change over time', () => history(report));
  page.add('quality', 'Quality', () => quality(report));
  addClosing(page, report as Common);
}

export function caseBrief(report: CaseReport): HTMLElement {
  const best = report.assignment?.probabilities.find((entry) => entry.subtype === report.assignment?.subtype);
  const volume = report.rows?.find((row) => row.name === 'shape_volume_mm3');
  const pairs: [string, Child][] = [];
  if (report.assignment)
    pairs.push([
      'subtype',
      report.assignment.subtype
        ? [h('span', { class: 'big' }, report.assignment.subtype), h('span', { class: 'small' }, best ? `probability ${number(best.p)}` : '')]
        : [h('span', { class: 'big' }, '–'), h('span', { class: 'small' }, 'none given')],
    ]);
  if (volume) pairs.push(['volume', [h('span', { class: 'big' }, volume.value === null ? '–' : number(volume.value)), h('span', { class: 'small' }, volume.value === null ? volume.missing ?? '' : 'mm³')]]);
  pairs.push(['warnings', [h('span', { class: 'big' }, count((report.warnings ?? []).length)), h('span', { class: 'small' }, report.assignment?.flagged ? 'assignment flagged' : '')]]);
  return h('dl', { class: 'brief' }, ...pairs.map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))));
}

function about(report: CaseReport): Child {
  const c = report.case;
  const warnings = report.warnings ?? [];
  return [
    warnings.length > 0 && h('div', { class: 'warnings', role: 'note' }, h('p', {}, h('strong', {}, warnings.length === 1 ? 'One warning' : `${warnings.length} warnings`)), bullets(warnings.map((text) => name(text, 240)))),
    facts([
      ['Case', name(c.case, 60)],
      ['Patient', name(c.patient, 60)],
      ['Cohort', name(c.cohort, 60)],
      ['Organ', name(c.organ)],
      ['Modality', name(c.modality)],
      ['Timepoint', c.timepoint ? name(c.timepoint) : '–'],
      ['Lesion', c.lesion ? name(c.lesion) : '–'],
      ['Status', [name(c.status), c.reason ? [': ', name(c.reason, 160)] : '']],
    ]),
    (c.inputs ?? []).length > 0 &&
      table({
        title: 'Files measured',
        rows: c.inputs!,
        columns: [
          { title: 'Role', value: (row) => row.role },
          { title: 'Size', csv: 'bytes', value: (row) => row.bytes, show: (row) => bytes(row.bytes), kind: 'number' },
          { title: 'SHA-256', value: (row) => row.sha256, show: (row) => h('code', { title: row.sha256 }, `${row.sha256.slice(0, 16)}…`) },
        ],
      }),
  ];
}

function spectrum(report: CaseReport): Child {
  const value = report.spectrum;
  if (!value || value.degree.length === 0) return absent(report.surface_missing ?? 'No spectrum is given.');
  return figure({
    title: 'Energy of the shape by degree of the spherical harmonics',
    caption: 'Low degrees hold the coarse form, high degrees the lobes and spikes. Logarithmic axis.',
    description: value.degree.map((degree, i) => `degree ${degree}: ${percent(value.share[i], 2)}`).join('; '),
    draw: (width) => drawSpectrum(value.degree, value.share, value.training, width),
    data: () => ({
      columns: ['degree', 'share', 'training_q1', 'training_median', 'training_q3'],
      rows: value.degree.map((degree, i) => [degree, value.share[i], value.training?.q1[i], value.training?.median[i], value.training?.q3[i]]),
    }),
  }).element;
}

function standing(report: CaseReport, all: string[]): Child {
  const value = report.standing;
  if (!value) return absent('No study of training cases is given, so there is nothing to stand among.');
  const { training } = value;
  const marked = value.x !== null && value.y !== null ? { x: value.x, y: value.y } : null;
  return [
    figure({
      title: 'This case among the training cases',
      caption: 'First two principal components of the prepared features.',
      description: `${training.x.length} training cases by subtype${marked ? '; this case is ringed' : ''}.`,
      draw: (width) =>
        drawEmbedding(
          training.x.map((x, i) => ({ x, y: training.y[i]!, group: training.subtype[i] ?? null, title: training.case[i] ?? '' })),
          { x: value.axes?.x.explained ?? null, y: value.axes?.y.explained ?? null },
          all,
          width,
          marked,
        ),
      data: () => ({
        columns: ['case', 'subtype', 'component_1', 'component_2'],
        rows: [[report.case.case, report.assignment?.subtype, value.x, value.y], ...training.x.map((x, i) => [training.case[i], training.subtype[i], x, training.y[i]])],
      }),
    }).element,
    !marked && absent('This case has no place in the plane.'),
  ];
}

function assignment(report: CaseReport, all: string[]): Child {
  const value = report.assignment;
  if (!value) return absent('No model is given, so no subtype is assigned.');
  const why = value.why ?? [];
  return [
    h(
      'p',
      { class: 'finding' },
      value.refused ? h('strong', {}, 'Refused: no subtype is assigned.') : ['Nearest subtype: ', chip(value.subtype, all)],
      value.flagged && h('span', { class: 'tag warn' }, 'flagged'),
    ),
    value.reasons.length > 0 && bullets(value.reasons.map((reason) => name(reason, 240))),
    value.probabilities.length > 0 &&
      figure({
        title: 'Probability of each subtype',
        description: value.probabilities.map((entry) => `subtype ${entry.subtype}: ${number(entry.p)}`).join('; '),
        caption: `From the frozen model.${report.in_training ? ' This case is one of those that the model was made from: of a new case it is less sure.' : ''}`,
        maxWidth: 640,
        draw: (width) =>
          drawBars(
            value.probabilities.filter((entry) => entry.p !== null).map((entry) => ({ name: `subtype ${entry.subtype}`, value: entry.p!, colour: seriesColour(groupIndex(entry.subtype, all)), text: number(entry.p) })),
            { title: 'Probability', domain: [0, 1] },
            width,
          ),
        data: () => ({ columns: ['subtype', 'probability'], rows: value.probabilities.map((entry) => [entry.subtype, entry.p]) }),
      }).element,
    why.length > 0
      ? [
          figure({
            title: 'Why: the features that pull most',
            caption: 'Pull toward this subtype and away from the runner-up (to the right), or the other way.',
            description: why.map((row) => `${words(row.name)}: score ${number(row.score)}, pull ${typeof row.toward === 'number' ? number(row.toward) : row.toward ?? 'not given'}`).join('; '),
            maxWidth: 720,
            draw: (width) =>
              drawBars(
                why.map((row) => {
                  const pull = typeof row.toward === 'number' ? row.toward : row.score ?? 0;
                  return { name: words(row.name), value: pull, colour: pull >= 0 ? seriesColour(groupIndex(value.subtype ?? '1', all)) : kMuted, text: number(pull) };
                }),
                { title: 'Pull toward the subtype' },
                width,
              ),
            data: () => ({ columns: ['feature', 'score', 'toward'], rows: why.map((row) => [row.name, row.score, row.toward]) }),
          }).element,
        ]
      : absent('Which features pull is not given.'),
  ];
}

function measurements(report: CaseReport): Child {
  const rows = report.rows ?? [];
  if (rows.length === 0) return absent('No measurements are given.');
  return table<Row>({
    title: 'All measurements',
    rows,
    pageSize: 15,
    search: 'Find a feature',
    columns: [
      { title: 'Feature', value: (row) => row.name, show: (row) => featureName(row.name, report.features) },
      { title: 'Family', value: (row) => report.features[row.name]?.family ?? '', show: (row) => familyName(report.features[row.name]?.family) },
      { title: 'Value', value: (row) => row.value, show: (row) => (row.value === null ? h('span', { class: 'muted' }, name(row.missing ?? 'missing, no reason given', 70)) : numberCell(row.value)), kind: 'number' },
      { title: 'Unit', value: (row) => report.features[row.name]?.unit ?? '', show: (row) => unitText(report.features[row.name]?.unit) },
      { title: 'Score', value: (row) => row.score, kind: 'number' },
      { title: 'Percentile', value: (row) => row.percentile, show: (row) => (row.percentile === null ? h('span', { class: 'muted' }, '–') : percentileBar(row.percentile)), kind: 'number' },
      { title: 'Why missing', csv: 'missing', value: (row) => row.missing ?? '', csvOnly: true },
    ],
  });
}

function percentileBar(value: number): HTMLElement {
  const mark = h('span', { class: 'mark' });
  mark.style.left = `${Math.max(0, Math.min(100, value))}%`;
  return h('span', { class: 'percentile' }, h('span', { class: 'track', 'aria-hidden': 'true' }, mark), numberCell(value));
}

function history(report: CaseReport): Child {
  const value = report.history;
  if (!value) return absent('No other timepoints of this patient are given.');
  if (Array.isArray(value)) return timepointTable(value as Timepoint[]);
  const patient = value as Partial<PatientReport>;
  return [timepointTable(patient.timepoints ?? []), tracks({ ...(patient as PatientReport), features: report.features })];
}

function quality(report: CaseReport): Child {
  const flat: { key: string; value: unknown }[] = [];
  const walk = (prefix: string, value: unknown): void => {
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      for (const [key, inner] of Object.entries(value)) walk(prefix === '' ? key : `${prefix}, ${key}`, inner);
    else flat.push({ key: prefix, value });
  };
  walk('', report.quality ?? {});
  if (flat.length === 0) return absent('No quality measures are given.');
  return table({
    title: 'Quality measures',
    rows: flat,
    pageSize: 40,
    columns: [
      { title: 'Measure', value: (row) => words(row.key) },
      {
        title: 'Value',
        value: (row) => (typeof row.value === 'number' || typeof row.value === 'boolean' ? row.value : asText(row.value)),
        show: (row) =>
          typeof row.value === 'number' ? numberCell(row.value)
          : typeof row.value === 'boolean' ? (row.value ? 'yes' : 'no')
          : Array.isArray(row.value) ? row.value.map((v) => (typeof v === 'number' ? number(v) : asText(v))).join(', ')
          : row.value === null ? h('span', { class: 'muted' }, 'not given')
          : name(asText(row.value), 80),
      },
    ],
  });
}
