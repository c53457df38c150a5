// The report document, version 1, as radtype writes it (docs/concepts/report.md).

export type Maybe<T> = T | null | undefined;
export type Href = { href: string };
export type Lazy<T> = T | Href;

export interface Surface {
  vertices: string;
  triangles: string;
  vertex_count: number;
  triangle_count: number;
}

export interface Layer {
  name: string;
  labels: { value: number; name: string }[];
  voxels: string;
}

export interface Volume {
  size: [number, number, number];
  lps_from_index: number[];
  slope: number;
  intercept: number;
  unit: string;
  window: { centre: number; width: number };
  voxels: string;
  layers?: Maybe<Layer[]>;
}

export interface FeatureInfo {
  unit: string;
  family: string;
  definition: string;
  version?: number | string;
}

export interface Provenance {
  program?: string;
  version?: string;
  git_revision?: string;
  verb?: string;
  notice?: string;
  inputs?: { role: string; path?: string; bytes?: number; sha256?: string }[];
  config?: Record<string, unknown>;
}

export interface Common {
  format: string;
  version: number;
  kind: 'study' | 'case' | 'patient';
  title: string;
  notice: string;
  provenance: Maybe<Provenance>;
  features: Record<string, FeatureInfo>;
  methods: Maybe<{ heading: string; text: string }[]>;
  references: Maybe<{ key: string; text: string; doi?: Maybe<string> }[]>;
}

export interface Portrait {
  case: string;
  patient: string;
  organ: string;
  modality: string;
  volume_mm3: Maybe<number>;
  surface: Maybe<Lazy<Surface>>;
  image: Maybe<Lazy<Volume>>;
  missing: Maybe<string>;
}

export interface SubtypePart {
  subtype: string;
  name: string;
  cases: number;
  features: { name: string; mean_score: number }[];
  portrait: Maybe<Portrait>;
}

export interface Cohort {
  cohort: string;
  organ: string;
  modality: string;
  cases: number;
  patients: number;
  lesions: number;
  failed: number;
  volume_mm3: Maybe<Record<'minimum' | 'q1' | 'median' | 'q3' | 'maximum', number | null>>;
  subtypes: Maybe<Record<string, number>>;
}

export interface Cases {
  case: string[];
  patient: string[];
  cohort: string[];
  organ: string[];
  modality: string[];
  timepoint: (string | null)[];
  status: string[];
  reason: (string | null)[];
  subtype: (string | null)[];
  silhouette: (number | null)[];
  item_consensus: (number | null)[];
  volume_mm3: (number | null)[];
  x: (number | null)[];
  y: (number | null)[];
}

export interface Axes {
  x: { explained: number | null };
  y: { explained: number | null };
}

export interface KNumbers {
  k: number;
  ambiguous_share: number | null;
  area: number | null;
  delta_area: number | null;
  mean_silhouette: number | null;
  cluster_consensus?: number[];
  sizes: number[];
  stability: Maybe<{
    ambiguous_share: number | null;
    expected: number | null;
    sd: number | null;
    index: number | null;
    p: number | null;
  }>;
}

export interface Discovery {
  cases: number;
  k: number;
  reason: string;
  p_of_any_clusters: Maybe<number>;
  numbers: KNumbers[];
  features: string[];
  dropped_features: { feature: string; reason: string; sentence: string; stays?: string; rho?: number | null }[];
  notices: { case: string; reason: string; refused: boolean; sentence: string }[];
  provenance?: Provenance;
}

export interface ValidationPart {
  cases: number;
  refused: number;
  flagged: number;
  eta_squared_of_volume: Maybe<number>;
  clustered_anew: Maybe<Record<string, number | null>>;
  notes: string[];
  subtypes: {
    cases: number;
    cases_by_correlation: number;
    centroid_correlation: number | null;
    in_group_proportion: number | null;
    p: number | null;
    p_conservative: number | null;
    null_groups_of_the_size: number | null;
  }[];
}

export interface Validation {
  by: string;
  parts: Record<string, ValidationPart>;
}

export interface Estimate {
  estimate: number | null;
  lower: number | null;
  upper: number | null;
  p?: number | null;
}

export interface Coefficient {
  term: string;
  level: string | null;
  n: number | null;
  events: number | null;
  reference: boolean;
  hazard_ratio?: Maybe<Estimate>;
  missing?: Maybe<string>;
}

export interface OutcomeTest {
  name: string;
  n: number | null;
  events: number | null;
  chi_square: number | null;
  degrees: number | null;
  p: number | null;
  p_holm?: number | null;
  q?: number | null;
  missing: Maybe<string>;
}

export interface Analysis {
  name: string;
  endpoint: string;
  family: string;
  group: string;
  n: number | null;
  events: number | null;
  horizon: Maybe<number>;
  missing: Maybe<string>;
  missing_values: Maybe<Record<string, number>>;
  modelled: Maybe<{ n: number; events: number }>;
  notes: string[];
  reference: Maybe<string>;
  primary: Maybe<{ test: string; p: number | null; q: number | null }>;
  left_out: Maybe<{ patient: string; reason: string }[]>;
  groups: {
    label: string;
    value: string;
    n: number;
    events: number;
    median: Maybe<{ time: number | null; lower: number | null; upper: number | null }>;
    restricted_mean: Maybe<{ mean: number | null; standard_error: number | null }>;
    restricted_mean_difference?: Maybe<Estimate>;
  }[];
  tests: OutcomeTest[];
  models: {
    name: string;
    title: string;
    n: number;
    events: number;
    coefficients: Coefficient[];
    concordance: Maybe<{ c: number | null; standard_error: number | null }>;
    likelihood_ratio: Maybe<{ chi_square: number; degrees: number; p: number }>;
    proportional_hazards: { term: string; chi_square: number; degrees: number; p: number }[];
    missing: Maybe<string>;
  }[];
  effects_in_groups: {
    group: string;
    level: string;
    n: number;
    events: number;
    hazard_ratio?: Maybe<Estimate>;
    missing?: Maybe<string>;
  }[];
}

export interface Outcome {
  patients: number;
  analyses: Analysis[];
  notes: string[];
  unmatched: { patient: string; reason: string }[];
  plan: {
    title?: string;
    confidence?: number;
    adjustment?: string;
    endpoints?: { name: string; label: string; unit: string }[];
    covariates?: { name: string; kind: string; per?: number; transform?: string; reference?: string }[];
  };
}

export interface AssociateColumn {
  column: string;
  kind: string;
  n: number | null;
  missing_values: number | null;
  test: string;
  statistic: number | null;
  degrees: number | null;
  p: number | null;
  q: number | null;
  effect: Maybe<Estimate>;
  effect_name: string;
  missing?: Maybe<string>;
  groups: {
    group: string;
    n?: number;
    median?: number | null;
    lower_quartile?: number | null;
    upper_quartile?: number | null;
    counts?: Record<string, number>;
  }[];
}

export interface GeneSet {
  set: string;
  contrast: string;
  genes: number;
  difference: number | null;
  lower: number | null;
  upper: number | null;
  p: number | null;
  q: number | null;
}

export interface Associate {
  group: string;
  groups: { group: string; n: number }[];
  columns: AssociateColumn[];
  mutations: Record<string, unknown>[];
  notes: string[];
  unmatched: { patient: string; reason: string }[];
  expression: Maybe<{
    genes: number;
    patients: number;
    contrasts: string[];
    covariates: string[];
    genes_that_differ: Maybe<{ number: number; q_below: number }>;
    cytolytic_missing: Maybe<string>;
    scores_missing: Maybe<string>;
    scores: { score: string; n: number; chi_square: number; degrees: number; p: number; q: number; epsilon_squared: number }[];
    sets: GeneSet[];
    sets_left_out: unknown[];
  }>;
}

export interface Curves {
  analysis: string[];
  group: string[];
  curve: string[];
  time: number[];
  at_risk: number[];
  events: number[];
  censored: number[];
  estimate: (number | null)[];
  lower: (number | null)[];
  upper: (number | null)[];
}

export interface Genes {
  contrasts: string[];
  gene: string[];
  mean: (number | null)[];
  per_contrast: {
    log2_fold_change: (number | null)[];
    lower: (number | null)[];
    upper: (number | null)[];
    p: (number | null)[];
    q: (number | null)[];
  }[];
}

export interface StudyReport extends Common {
  kind: 'study';
  flow: Maybe<{ stage: string; n: number }[]>;
  left_out: Maybe<{ case: string | null; patient: string | null; stage: string; reason: string }[]>;
  cohorts: Maybe<Cohort[]>;
  subtypes: Maybe<SubtypePart[]>;
  cases: Maybe<Cases>;
  axes: Maybe<Axes>;
  discovery: Maybe<Discovery>;
  validation: Maybe<Validation>;
  outcome: Maybe<Outcome>;
  associate: Maybe<Associate>;
  consensus: Maybe<{ k: number; size: number; values: string; subtype: string[] }>;
  cdf: Maybe<{ k: number[]; curves: number[][]; x: number[] }>;
  heatmap: Maybe<{ rows: number; features: string[]; scores: string; subtype: string[] }>;
  curves: Maybe<Curves>;
  genes: Maybe<Genes>;
  scores: Maybe<{ sets: string[]; group: string[]; values: (number | null)[][] }>;
}

export interface Row {
  name: string;
  value: number | null;
  missing: Maybe<string>;
  score: number | null;
  percentile: number | null;
}

export interface CaseReport extends Common {
  kind: 'case';
  case: {
    case: string;
    patient: string;
    cohort: string;
    organ: string;
    modality: string;
    timepoint: Maybe<string>;
    lesion: Maybe<string>;
    status: string;
    reason: Maybe<string>;
    inputs: Maybe<{ role: string; bytes: number; sha256: string }[]>;
  };
  image: Maybe<Lazy<Volume>>;
  image_missing: Maybe<string>;
  surface: Maybe<Lazy<Surface>>;
  reconstructions: Maybe<{ degree: number; vertices: string }[]>;
  reconstruction_triangles: Maybe<string>;
  surface_missing: Maybe<string>;
  spectrum: Maybe<{
    degree: number[];
    share: (number | null)[];
    training: Maybe<{ q1: (number | null)[]; median: (number | null)[]; q3: (number | null)[] }>;
  }>;
  rows: Maybe<Row[]>;
  /** Whether the model was made from this case, too. */
  in_training?: boolean;
  assignment: Maybe<{
    subtype: string | null;
    probabilities: { subtype: string; p: number | null }[];
    flagged: boolean;
    refused: boolean;
    reasons: string[];
    why: { name: string; score: number | null; toward: number | string | null }[];
  }>;
  standing: Maybe<{
    x: number | null;
    y: number | null;
    training: { x: number[]; y: number[]; subtype: (string | null)[]; case: string[] };
    axes: Maybe<Axes>;
  }>;
  warnings: Maybe<string[]>;
  quality: Maybe<Record<string, unknown>>;
  history: Maybe<Timepoint[] | Partial<PatientReport>>;
}

export interface Timepoint {
  timepoint: string;
  day: number | null;
  case: string | null;
  modality: string | null;
  status: string | null;
  reason: string | null;
}

export interface TrackPoint {
  timepoint: number | string;
  volume_mm3: number | null;
  max_diameter_mm: number | null;
  values: Record<string, number | null>;
  probabilities: Maybe<{ subtype: string; p: number | null }[]>;
  missing: Maybe<string>;
}

export interface Measure {
  name: string;
  title: string;
  unit: string;
  /** Of relative measures an unchanged lesion lies between value / factor and value * factor. */
  interval: Maybe<{ relative: boolean; half_width: number; factor?: number }>;
  interval_source: Maybe<string>;
}

export interface Change {
  lesion: string;
  measure: string;
  from: number | string;
  to: number | string;
  value_from: number | null;
  value_to: number | null;
  percent: number | null;
  beyond_noise: boolean | null;
}

export interface PatientReport extends Common {
  kind: 'patient';
  patient: string;
  organ: Maybe<string>;
  timepoints: Timepoint[];
  tracks: Maybe<{ lesion: string; points: TrackPoint[] }[]>;
  measures: Maybe<Measure[]>;
  changes: Maybe<Change[]>;
  recist: Maybe<
    { timepoint: number | string; sum_mm: number | null; percent_of_baseline: number | null; percent_of_nadir: number | null }[]
  >;
  recist_note: Maybe<string>;
}

export type Report = StudyReport | CaseReport | PatientReport;

export const kElementId = 'radtype-report';

/** The document in the page, or the one that the page's server holds; an Error says what is wrong. */
export async function readDocument(): Promise<Report> {
  const element = document.getElementById(kElementId);
  if (!element) throw new Error('This page holds no report. Pages with one are written by: radtype report');
  const source = element.getAttribute('data-src');
  const value: unknown = source ? await fetchJson(source) : JSON.parse(element.textContent ?? '');
  if (typeof value !== 'object' || value === null) throw new Error('The report document is not an object.');
  const report = value as Report;
  if (report.format !== 'radtype report') throw new Error('The document in this page is not a radtype report.');
  if (report.version !== 1) throw new Error(`This page reads report documents of version 1, not ${String(report.version)}.`);
  if (!['study', 'case', 'patient'].includes(report.kind)) throw new Error(`Unknown kind of report: ${String(report.kind)}.`);
  return report;
}

async function fetchJson(source: string): Promise<unknown> {
  const address = new URL(source, document.baseURI);
  if (address.origin !== location.origin) throw new Error('A report only reads from the server it came from.');
  const answer = await fetch(address, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`The server answered ${answer.status} for ${source}.`);
  return answer.json();
}

const fetched = new Map<string, Promise<unknown>>();

/** The object itself, or what its address holds. */
export async function resolve<T extends object>(value: Lazy<T>): Promise<T> {
  if (!('href' in value)) return value;
  const { href } = value as Href;
  const known = fetched.get(href) ?? fetchJson(href);
  fetched.set(href, known);
  return (await known) as T;
}
