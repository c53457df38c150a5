// Report documents for the tests: the shapes of docs/concepts/report.md with numbers from a fixed random stream.
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';

const here = dirname(fileURLToPath(import.meta.url));

/** mulberry32. */
export function stream(seed) {
  let a = seed >>> 0;
  const uniform = () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

const base64 = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
const gz = (array) => gzipSync(Buffer.from(array.buffer, array.byteOffset, array.byteLength), { level: 6 }).toString('base64');

/** A sphere of triangles with lobes: radius in mm, centre in LPS mm. */
export function lobed(radius, lobes, seed, parts = 4) {
  const t = (1 + Math.sqrt(5)) / 2;
  let vertices = [[-1, t, 0], [1, t, 0], [-1, -t, 0], [1, -t, 0], [0, -1, t], [0, 1, t], [0, -1, -t], [0, 1, -t], [t, 0, -1], [t, 0, 1], [-t, 0, -1], [-t, 0, 1]];
  let triangles = [[0, 11, 5], [0, 5, 1], [0, 1, 7], [0, 7, 10], [0, 10, 11], [1, 5, 9], [5, 11, 4], [11, 10, 2], [10, 7, 6], [7, 1, 8], [3, 9, 4], [3, 4, 2], [3, 2, 6], [3, 6, 8], [3, 8, 9], [4, 9, 5], [2, 4, 11], [6, 2, 10], [8, 6, 7], [9, 8, 1]];
  for (let level = 0; level < parts; ++level) {
    const middles = new Map();
    const middle = (i, j) => {
      const key = i < j ? `${i} ${j}` : `${j} ${i}`;
      if (!middles.has(key)) {
        middles.set(key, vertices.length);
        vertices.push([0, 1, 2].map((c) => (vertices[i][c] + vertices[j][c]) / 2));
      }
      return middles.get(key);
    };
    triangles = triangles.flatMap(([i, j, k]) => {
      const [a, b, c] = [middle(i, j), middle(j, k), middle(k, i)];
      return [[i, a, c], [j, b, a], [k, c, b], [a, b, c]];
    });
  }
  const random = stream(seed);
  const waves = Array.from({ length: 6 }, (_, d) => ({ axis: [random.normal(), random.normal(), random.normal()], degree: d + 2, phase: 6 * random.uniform() }));
  const shaped = (degree) => {
    const points = new Float32Array(3 * vertices.length);
    vertices.forEach((v, i) => {
      const n = Math.hypot(...v);
      const u = v.map((c) => c / n);
      let r = 1;
      for (const wave of waves) if (wave.degree <= degree) r += (lobes / wave.degree) * Math.sin(wave.degree * (u[0] * wave.axis[0] + u[1] * wave.axis[1] + u[2] * wave.axis[2]) + wave.phase);
      u.forEach((c, a) => (points[3 * i + a] = radius * r * c));
    });
    return points;
  };
  return { vertices: shaped(99), at: shaped, triangles: new Uint32Array(triangles.flat()), count: vertices.length };
}

export function surfaceOf(shape) {
  return { vertices: base64(shape.vertices), triangles: base64(shape.triangles), vertex_count: shape.count, triangle_count: shape.triangles.length / 3 };
}

/** A round tumour in noise, with layers. */
export function volumeOf(n, radius, seed, unit = 'HU') {
  const random = stream(seed);
  const voxels = new Int16Array(n * n * n);
  const tumour = new Uint8Array(n * n * n);
  const regions = new Uint8Array(n * n * n);
  const habitats = new Uint8Array(n * n * n);
  const c = (n - 1) / 2;
  for (let z = 0, i = 0; z < n; ++z)
    for (let y = 0; y < n; ++y)
      for (let x = 0; x < n; ++x, ++i) {
        const d = Math.hypot(x - c, (y - c) * 1.15, z - c) + 1.6 * Math.sin(x * 0.6) * Math.cos(y * 0.5 + z * 0.4);
        const inside = d < radius;
        voxels[i] = Math.round((inside ? 45 : d < radius + 7 ? -640 : -800) + (x > 0.8 * n ? 850 : 0) + 40 * random.normal() - (inside ? 30 * Math.cos(d) : 0));
        tumour[i] = inside ? 1 : 0;
        regions[i] = d < radius * 0.6 ? 1 : inside ? 2 : d < radius + 3 ? 3 : d < radius + 6 ? 4 : 0;
        habitats[i] = inside ? 1 + (Math.floor(x / 4 + y / 5 + z / 6) % 3) : 0;
      }
  return {
    size: [n, n, n],
    lps_from_index: [1.5, 0, 0, -74 - 0.75 * n, 0, 1.5, 0, 20, 0, 0, 1.5, -110, 0, 0, 0, 1],
    type: 'int16',
    slope: 1,
    intercept: 0,
    unit,
    window: { centre: -300, width: 1400 },
    voxels: gz(voxels),
    layers: [
      { name: 'tumour', labels: [{ value: 1, name: 'tumour' }], voxels: gz(tumour) },
      { name: 'regions', labels: ['core', 'rim', 'ring 0-5 mm', 'ring 5-10 mm'].map((name, i) => ({ value: i + 1, name })), voxels: gz(regions) },
      { name: 'habitats', labels: ['low', 'middle', 'high'].map((name, i) => ({ value: i + 1, name })), voxels: gz(habitats) },
    ],
  };
}

const families = ['shape', 'shape_spectrum', 'shape_zernike', 'margin', 'texture', 'radial', 'regional', 'habitat'];

function featuresOf(n) {
  const features = {};
  for (let i = 0; i < n; ++i) {
    const family = families[Math.floor((i * families.length) / n)];
    features[`${family}_measure_${String(i + 1).padStart(2, '0')}`] = { unit: i % 7 === 0 ? 'mm' : '', family, definition: `Measure ${i + 1} of the family ${family}.`, version: 1 };
  }
  features.shape_volume_mm3 = { unit: 'mm3', family: 'shape', definition: 'Volume enclosed by the surface.', version: 1 };
  return features;
}

const common = (kind, title) => ({
  format: 'radtype report',
  version: 1,
  kind,
  title,
  notice: 'Research use only. Not a medical device.',
  provenance: {
    program: 'radtype',
    version: '0.1.0',
    git_revision: '397f3eef6adf',
    verb: 'report',
    notice: 'Research use only. Not a medical device.',
    config: { input: 'demo/study', model: 'demo/model', force: false, out: 'report.html', seed: 1, cohort: null },
    inputs: [{ role: 'study', path: 'demo/study', bytes: 671744, sha256: '064e56e75c689ac8229e02c3c0e4d068b3a9217f6c6a8cbc49291dc3aefbd6f2' }],
  },
  methods: [
    { heading: 'Features', text: 'Each tumour is measured by its shape, its spectrum of spherical harmonics and the order of its intensities [@wu2021].\n\nFeatures that repeat poorly are left out [@ibsi1_2020; @john2020].' },
    { heading: 'Clustering', text: 'Consensus of 300 repetitions of k-means; the number of groups by the share of ambiguous pairs [@senbabaoglu2014].' },
  ],
  references: [
    { key: 'wu2021', text: 'Wu J, et al. Radiological tumour classification across imaging modality and histology. Nature Machine Intelligence 3, 787-798 (2021).', doi: '10.1038/s42256-021-00377-0' },
    { key: 'ibsi1_2020', text: 'Zwanenburg A, et al. The Image Biomarker Standardization Initiative. Radiology 295, 328-338 (2020).', doi: '10.1148/radiol.2020191145' },
    { key: 'john2020', text: 'John CR, et al. M3C: Monte Carlo reference-based consensus clustering. Scientific Reports 10, 1816 (2020).', doi: '10.1038/s41598-020-58766-1' },
    { key: 'senbabaoglu2014', text: 'Şenbabaoğlu Y, Michailidis G, Li JZ. Critical limitations of consensus clustering. Scientific Reports 4, 6207 (2014).', doi: '10.1038/srep06207' },
  ],
});

/** What the verbs wrote for the demo, where a test asks for the shapes of real files. */
function fixture(name) {
  return JSON.parse(readFileSync(join(here, 'fixtures', name), 'utf8'));
}

export function study({ cases = 58, k = 4, genes = 400, features = 89, portraits = true, seed = 7 } = {}) {
  const random = stream(seed);
  const cohortNames = ['lung-a', 'breast-a', 'brain-a'];
  const organs = ['lung', 'breast', 'brain'];
  const modalities = ['CT', 'MR', 'MR'];
  const subtypes = Array.from({ length: k }, (_, i) => String(i + 1));
  const info = featuresOf(features);
  const names = Object.keys(info).filter((name) => name !== 'shape_volume_mm3');
  const all = Array.from({ length: cases }, (_, i) => {
    const c = i % 3;
    const subtype = i % 29 === 28 ? null : subtypes[Math.floor(random.uniform() * k)];
    const j = subtype === null ? 0 : Number(subtype) - 1;
    return {
      case: `${cohortNames[c]}-${String(i + 1).padStart(4, '0')}_baseline`,
      patient: `${cohortNames[c]}-${String(i + 1).padStart(4, '0')}`,
      cohort: cohortNames[c],
      organ: organs[c],
      modality: modalities[c],
      subtype,
      silhouette: subtype === null ? null : 0.1 + 0.12 * random.normal(),
      consensus: subtype === null ? null : Math.min(1, 0.6 + 0.3 * random.uniform()),
      volume: Math.exp(8 + 0.9 * random.normal()),
      x: subtype === null ? null : 4 * Math.cos(1.6 * j) + 1.5 * random.normal(),
      y: subtype === null ? null : 3 * Math.sin(1.6 * j) + 1.2 * random.normal(),
    };
  });
  const placed = all.filter((row) => row.subtype !== null).sort((a, b) => a.subtype.localeCompare(b.subtype) || b.silhouette - a.silhouette);
  const rows = Math.min(400, placed.length);
  const rowSubtype = Array.from({ length: rows }, (_, r) => placed[Math.floor((r * placed.length) / rows)].subtype);
  const scores = new Int8Array(rows * names.length);
  const means = subtypes.map(() => names.map(() => 0.9 * random.normal()));
  for (let r = 0; r < rows; ++r) for (let c = 0; c < names.length; ++c) scores[r * names.length + c] = Math.max(-127, Math.min(127, Math.round(25 * (means[Number(rowSubtype[r]) - 1][c] + 0.7 * random.normal()))));
  const size = Math.min(240, placed.length);
  const blocks = Array.from({ length: size }, (_, r) => placed[Math.floor((r * placed.length) / size)].subtype);
  const consensus = new Uint8Array(size * size);
  for (let r = 0; r < size; ++r)
    for (let c = r; c < size; ++c) consensus[r * size + c] = consensus[c * size + r] = r === c ? 255 : Math.round(255 * Math.max(0, Math.min(1, (blocks[r] === blocks[c] ? 0.85 : 0.12) + 0.12 * random.normal())));
  const quantile = (values, q) => values[Math.min(values.length - 1, Math.floor(q * values.length))];
  const cohorts = cohortNames.map((cohort, c) => {
    const own = all.filter((row) => row.cohort === cohort);
    const volumes = own.map((row) => row.volume).sort((a, b) => a - b);
    const counts = {};
    for (const subtype of subtypes) counts[subtype] = own.filter((row) => row.subtype === subtype).length;
    return { cohort, organ: organs[c], modality: modalities[c], cases: own.length, patients: own.length, lesions: own.length + c, failed: c === 1 ? 1 : 0, volume_mm3: { minimum: volumes[0], q1: quantile(volumes, 0.25), median: quantile(volumes, 0.5), q3: quantile(volumes, 0.75), maximum: volumes[volumes.length - 1] }, subtypes: counts };
  });
  const ks = [2, 3, 4, 5, 6];
  const x = Array.from({ length: 51 }, (_, i) => i / 50);
  const geneNames = Array.from({ length: genes }, (_, i) => `VG${Math.floor(i / 50) + 1}_${String((i % 50) + 1).padStart(2, '0')}`);
  const contrasts = subtypes.map((subtype) => `subtype ${subtype} vs rest`);
  const sets = ['PROLIFERATION', 'HYPOXIA', 'ANGIOGENESIS', 'INVASION', 'INTERFERON', 'CYTOTOXIC_CELLS', 'METABOLISM', 'MATRIX', 'NEUTRAL_1', 'NEUTRAL_2'].map((name) => `VIRTUAL_${name}`);
  const outcome = fixture('outcome.json');
  const associate = fixture('associate.json');
  const discovery = fixture('discovery.json');
  const curves = fixture('curves.json');
  const leftOut = all
    .filter((row) => row.subtype === null)
    .map((row) => ({ case: row.case, patient: row.patient, stage: 'cases in the model', reason: '38 of 125 features are missing, more than the share of 0.2' }));
  leftOut.unshift({ case: 'breast-a-0100_baseline', patient: 'breast-a-0100', stage: 'cases measured', reason: 'mask and image do not overlap' });
  return {
    ...common('study', 'Radiological subtypes of lung, breast and brain tumours in 60 virtual patients'),
    features: info,
    flow: [
      { stage: 'cases in the manifest', n: cases + 1 },
      { stage: 'cases measured', n: cases },
      { stage: 'cases in the model', n: placed.length },
      { stage: 'cases with outcome', n: placed.length },
    ],
    left_out: leftOut,
    cohorts,
    subtypes: subtypes.map((subtype, i) => ({
      subtype,
      name: `subtype ${subtype}`,
      cases: placed.filter((row) => row.subtype === subtype).length,
      features: names.map((name, c) => ({ name, mean_score: means[i][c] })).sort((a, b) => Math.abs(b.mean_score) - Math.abs(a.mean_score)).slice(0, 10),
      portrait: {
        case: placed.find((row) => row.subtype === subtype)?.case ?? 'none',
        patient: placed.find((row) => row.subtype === subtype)?.patient ?? 'none',
        organ: 'lung',
        modality: 'CT',
        volume_mm3: 8123.4 * (i + 1),
        surface: portraits ? surfaceOf(lobed(14 + 3 * i, 0.05 + 0.07 * i, 11 + i)) : null,
        image: portraits ? volumeOf(36, 9 + i, 21 + i) : null,
        missing: portraits ? null : 'the scan is no longer where the manifest says',
      },
    })),
    cases: {
      case: all.map((row) => row.case),
      patient: all.map((row) => row.patient),
      cohort: all.map((row) => row.cohort),
      organ: all.map((row) => row.organ),
      modality: all.map((row) => row.modality),
      timepoint: all.map(() => 'baseline'),
      status: all.map(() => 'ok'),
      reason: all.map((row) => (row.subtype === null ? 'too many features are missing' : '')),
      subtype: all.map((row) => row.subtype),
      silhouette: all.map((row) => row.silhouette),
      item_consensus: all.map((row) => row.consensus),
      volume_mm3: all.map((row) => row.volume),
      x: all.map((row) => row.x),
      y: all.map((row) => row.y),
    },
    axes: { x: { explained: 0.2134 }, y: { explained: 0.1171 } },
    discovery: { ...discovery, features: names, cases: placed.length },
    validation: fixture('validation.json'),
    outcome,
    associate,
    consensus: { k, size, values: base64(consensus), subtype: blocks },
    cdf: { k: ks, x, curves: ks.map((n) => x.map((v) => (v === 1 ? 1 : (1 - 1 / n) * (0.6 + 0.4 * v ** (1 / n)) * (v === 0 ? 0.7 : 1)))) },
    heatmap: { rows, features: names, scores: base64(scores), subtype: rowSubtype },
    curves,
    genes: {
      contrasts,
      gene: geneNames,
      mean: geneNames.map(() => 5 + 3 * random.uniform()),
      per_contrast: contrasts.map((_, c) => {
        const change = geneNames.map((_gene, i) => 0.35 * random.normal() + (Math.floor(i / 50) % 8 === c ? 0.7 : 0));
        const p = change.map((v) => Math.min(1, Math.max(1e-30, Math.exp(-9 * v * v) * (0.4 + 0.6 * random.uniform()))));
        return { log2_fold_change: change, lower: change.map((v) => v - 0.4), upper: change.map((v) => v + 0.4), p, q: p.map((v) => Math.min(1, 20 * v)) };
      }),
    },
    scores: { sets, group: placed.slice(0, 1700).map((row) => `subtype ${row.subtype}`), values: sets.map((_, s) => placed.slice(0, 1700).map((row) => (row.subtype === '2' && s === 3 ? null : 0.12 * random.normal() + (s % k === Number(row.subtype) - 1 ? 0.15 : 0)))) },
  };
}

export function caseReport() {
  const random = stream(3);
  const info = featuresOf(60);
  const shape = lobed(18, 0.16, 5);
  const training = Array.from({ length: 58 }, (_, i) => {
    const j = i % 4;
    return { x: 4 * Math.cos(1.6 * j) + 1.5 * random.normal(), y: 3 * Math.sin(1.6 * j) + 1.2 * random.normal(), subtype: String(j + 1), case: `lung-a-${String(i).padStart(4, '0')}_baseline` };
  });
  const degree = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
  const share = degree.map((d) => 0.8 / d ** 2.4);
  return {
    ...common('case', 'lung-a-0007, baseline'),
    features: info,
    case: { case: 'lung-a-0007_baseline', patient: 'lung-a-0007', cohort: 'lung-a', organ: 'lung', modality: 'CT', timepoint: 'baseline', lesion: null, status: 'ok', reason: '', inputs: [{ role: 'image', bytes: 3281883, sha256: '454af9bc371327c7a460c8c7d38ec6cb696160beaa692c30571ca1a7e5bc2ca6' }, { role: 'mask', bytes: 12001, sha256: 'aaaaf9bc371327c7a460c8c7d38ec6cb696160beaa692c30571ca1a7e5bc2ca6' }] },
    image: volumeOf(48, 13, 9),
    image_missing: null,
    surface: surfaceOf(shape),
    reconstructions: [1, 2, 3, 5, 8].map((d) => ({ degree: d, vertices: base64(shape.at(d)) })),
    reconstruction_triangles: base64(shape.triangles),
    surface_missing: null,
    spectrum: { degree, share, training: { q1: share.map((v) => v * 0.6), median: share.map((v) => v * 0.9), q3: share.map((v) => v * 1.5) } },
    rows: [
      { name: 'shape_volume_mm3', value: 24429.1, missing: null, score: null, percentile: 71.2 },
      ...Object.keys(info).slice(0, 60).map((name, i) => (i % 11 === 5 ? { name, value: null, missing: 'the surface resolves degrees up to 8 only', score: null, percentile: null } : { name, value: 10 * random.uniform(), missing: null, score: random.normal(), percentile: 100 * random.uniform() })),
    ],
    assignment: {
      subtype: '2',
      probabilities: [0.12, 0.71, 0.15, 0.02].map((p, i) => ({ subtype: String(i + 1), p })),
      flagged: true,
      refused: false,
      reasons: ['1 of 89 features was missing and is set to the centre of its group: shape_energy_07'],
      why: Object.keys(info).slice(0, 10).map((name, i) => ({ name, score: random.normal(), toward: 1.4 - 0.25 * i })),
    },
    standing: { x: 1.2, y: 2.4, training: { x: training.map((t) => t.x), y: training.map((t) => t.y), subtype: training.map((t) => t.subtype), case: training.map((t) => t.case) }, axes: { x: { explained: 0.21 }, y: { explained: 0.117 } } },
    warnings: ['slices are 3 times as thick as they are wide: texture across slices is coarse'],
    quality: { spacing_mm: [0.7, 0.7, 2.1], components: 1, touches_border: false, voxels: 24429, surface: { resolved_degree: 15, angle_distortion: 1.028 }, tissue: { source: 'file' } },
    history: null,
  };
}

export function patient() {
  const timepoints = [0, 42, 91, 140].map((day, i) => ({ timepoint: i === 0 ? 'baseline' : `week ${Math.round(day / 7)}`, day, case: i === 2 ? null : `lung-a-0007_${i}`, modality: i === 2 ? null : 'CT', status: i === 2 ? 'failed' : 'ok', reason: i === 2 ? 'mask and image do not overlap' : null }));
  const volumes = { 'lesion 1': [24429, 21980, null, 12200], 'lesion 2': [3100, 3180, null, 4460] };
  const tracks = Object.entries(volumes).map(([lesion, values], l) => ({
    lesion,
    points: values.map((v, i) => ({
      timepoint: i,
      volume_mm3: v,
      max_diameter_mm: v === null ? null : 1.4 * Math.cbrt(v),
      values: { shape_sphericity: v === null ? null : 0.8 - 0.03 * i * (l === 0 ? 1 : -0.5), texture_entropy: v === null ? null : 5.1 + 0.2 * i },
      probabilities: v === null ? null : [0.7 - 0.15 * i, 0.2 + 0.1 * i, 0.06 + 0.03 * i, 0.04 + 0.02 * i].map((p, s) => ({ subtype: String(s + 1), p })),
      missing: v === null ? 'mask and image do not overlap' : null,
    })),
  }));
  const measures = [
    { name: 'volume_mm3', title: 'Volume', unit: 'mm3', interval: { relative: true, half_width: 0.24 }, interval_source: 'RIDER lung CT, 31 patients scanned twice within 15 minutes' },
    { name: 'max_diameter_mm', title: 'Longest diameter', unit: 'mm', interval: { relative: true, half_width: 0.12 }, interval_source: 'RIDER lung CT, 31 patients scanned twice within 15 minutes' },
    { name: 'shape_sphericity', title: 'Sphericity', unit: '', interval: { relative: false, half_width: 0.05 }, interval_source: 'RIDER lung CT, 31 patients scanned twice within 15 minutes' },
    { name: 'texture_entropy', title: 'Entropy of the texture', unit: '', interval: null, interval_source: null },
  ];
  const changes = tracks.flatMap((track) => measures.flatMap((measure) => [[0, 1], [1, 3]].map(([from, to]) => {
    const get = (i) => track.points[i][measure.name] ?? track.points[i].values[measure.name];
    const [a, b] = [get(from), get(to)];
    const half = measure.interval ? (measure.interval.relative ? Math.abs(a) * measure.interval.half_width : measure.interval.half_width) : null;
    return { lesion: track.lesion, measure: measure.name, from, to, value_from: a, value_to: b, percent: (100 * (b - a)) / a, beyond_noise: half === null ? null : Math.abs(b - a) > half };
  })));
  const sums = [0, 1, 2, 3].map((i) => (i === 2 ? null : tracks.reduce((sum, track) => sum + track.points[i].max_diameter_mm, 0)));
  return {
    ...common('patient', 'lung-a-0007 over time'),
    features: featuresOf(8),
    patient: 'lung-a-0007',
    organ: 'lung',
    timepoints,
    tracks,
    measures,
    changes,
    recist: sums.map((sum, i) => ({ timepoint: i, sum_mm: sum, percent_of_baseline: sum === null ? null : (100 * sum) / sums[0], percent_of_nadir: sum === null ? null : (100 * sum) / Math.min(...sums.slice(0, i + 1).filter((v) => v !== null)) })),
    recist_note: 'Sum of the longest 3-D diameters of 2 lesions measured at baseline. RECIST itself measures in the plane of the slice.',
  };
}

export const hostileTexts = [
  '<img src=x onerror="document.title=\'owned\'">',
  '</script><script>window.owned = 1</script>',
  '<!--<script>',
  'x'.repeat(10000),
  'مريض رقم ٧ – ورم الرئة',
  '\u202Eevil\u202C reversed',
  '患者七号・肺腫瘍の長い名前'.repeat(6),
  '=HYPERLINK("http://example.org")',
  '{{constructor.constructor("owned=1")()}}',
  'a\u0000b\u0007c\nd',
];

/** The same documents with every name replaced by something nasty. */
export function hostile(document) {
  let next = 0;
  const nasty = () => hostileTexts[next++ % hostileTexts.length];
  const fields = new Set(['case', 'patient', 'cohort', 'organ', 'modality', 'timepoint', 'reason', 'title', 'heading', 'text', 'lesion', 'stage', 'sentence', 'path', 'gene', 'sets', 'set', 'column', 'label', 'missing', 'unit', 'status', 'recist_note', 'interval_source', 'definition', 'notes', 'reasons', 'warnings', 'group_name', 'contrasts']);
  const walk = (value, key) => {
    if (typeof value === 'string') return fields.has(key) && value !== '' ? nasty() : value;
    if (Array.isArray(value)) return value.map((inner) => walk(inner, key));
    if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name)]));
    return value;
  };
  const changed = walk(document, '');
  // The window's unit and the labels of layers come through the same way.
  return changed;
}

/** As radtype writes it into the page. */
export function embed(html, document) {
  const escaped = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '\u2028': '\\u2028', '\u2029': '\\u2029' };
  const json = JSON.stringify(document).replace(/[<>&\u2028\u2029]/g, (c) => escaped[c]);
  const comment = ['<!--', 'radtype-report', '-->'].join('');
  const [before, after] = html.split(comment);
  return `${before}<script type="application/json" id="radtype-report">${json}</script>${after}`;
}
