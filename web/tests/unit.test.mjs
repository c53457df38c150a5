import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { load } from './load.mjs';

const format = await load('src/format.ts');
const csv = await load('src/csv.ts');
const decode = await load('src/decode.ts');
const nifti = await load('src/viewer/nifti.ts');
const contour = await load('src/viewer/contour.ts');
const theme = await load('src/theme.ts');

test('numbers have three significant digits', () => {
  const expected = [
    [0, '0'], [1, '1'], [1682, '1682'], [12345, '12,345'], [0.034105, '0.0341'], [2.4754663, '2.48'], [12.2450, '12.2'],
    [804.67, '805'], [-180.55, '−181'], [0.9996, '1.00'], [9.999, '10.0'], [99.96, '100'], [0.00034, '3.40 × 10⁻⁴'], [24429.1, '24,429'],
    [1234567.5, '1.23 × 10⁶'], [NaN, '–'], [null, '–'], [undefined, '–'], [Infinity, '∞'], [-Infinity, '−∞'],
  ];
  for (const [value, text] of expected) assert.equal(format.number(value), text, String(value));
});

test('p is never rounded across 0.05 or to 0 or 1', () => {
  const expected = [
    [0.03410527, '0.034'], [0.0009, '< 0.001'], [0, '< 0.001'], [0.38, '0.38'], [0.04986178, '0.0499'], [0.05, '0.050'], [0.0501, '0.050'],
    [0.0995, '0.10'], [0.0994, '0.099'], [0.996, '> 0.99'], [1, '> 0.99'], [0.99, '0.99'], [null, '–'], [0.04999, '< 0.05'],
  ];
  for (const [value, text] of expected) assert.equal(format.pValue(value), text, String(value));
  assert.equal(format.pText(0.034105), 'p = 0.034');
  assert.equal(format.pText(0.0001), 'p < 0.001');
  assert.equal(format.pText(0.2, 'q'), 'q = 0.20');
});

test('an interval says where it is open', () => {
  assert.equal(format.interval(2.4754663, 1.0394, 5.8956), '2.48 (1.04 to 5.90)');
  assert.equal(format.interval(655, 41.6, null, 'not reached'), '655 (41.6 to not reached)');
  assert.equal(format.interval(0.152, null, null), '0.152');
  assert.equal(format.interval(null), '–');
});

test('texts are cut at whole characters', () => {
  assert.equal(format.shorten('患者七号', 3), '患者…');
  assert.equal(format.shorten('😀😀😀', 3), '😀😀😀');
  assert.equal(format.shorten('x'.repeat(10000), 5), 'xxxx…');
  assert.equal(format.shorten('a\nb\u0000', 9), 'a b ');
});

test('CSV: formulas are kept from running, numbers are whole', () => {
  assert.equal(csv.csvCell('=1+1'), "'=1+1");
  assert.equal(csv.csvCell(' @SUM(A1)'), "' @SUM(A1)");
  assert.equal(csv.csvCell('-cmd'), "'-cmd");
  assert.equal(csv.csvCell('+1'), "'+1");
  assert.equal(csv.csvCell(-0.1), '-0.1');
  assert.equal(csv.csvCell(0.1 + 0.2), '0.30000000000000004');
  assert.equal(csv.csvCell(null), '');
  assert.equal(csv.csvCell(NaN), '');
  assert.equal(csv.csvCell('a "b", c'), '"a ""b"", c"');
  assert.equal(csv.csvCell('a\nb'), '"a\nb"');
  assert.equal(csv.toCsv({ columns: ['a', 'b'], rows: [[1, 'x']] }), 'a,b\r\n1,x\r\n');
});

test('arrays come out of base64 as they went in', async () => {
  const floats = new Float32Array([1.5, -2.25, 1e-9, 3e8]);
  const base64 = (array) => Buffer.from(array.buffer).toString('base64');
  assert.deepEqual([...decode.float32(base64(floats))], [...floats]);
  const whole = new Uint32Array([0, 1, 4294967295]);
  assert.deepEqual([...decode.uint32(base64(whole))], [...whole]);
  assert.deepEqual([...decode.int8(base64(new Int8Array([-128, 0, 127])))], [-128, 0, 127]);
  const zipped = gzipSync(Buffer.from([1, 2, 3, 255])).toString('base64');
  assert.deepEqual([...(await decode.gunzip(zipped))], [1, 2, 3, 255]);
});

test('NIfTI: the sform takes an index to RAS, x and y turned', () => {
  const grid = { size: [2, 3, 4], lps_from_index: [1.5, 0, 0, -74, 0, 2, 0, 20, 0, 0, 3, -110, 0, 0, 0, 1] };
  const voxels = new Uint8Array(48).fill(7);
  const buffer = nifti.nifti(grid, voxels, 'int16', 2, -1024);
  const view = new DataView(buffer);
  assert.equal(view.getInt32(0, true), 348);
  assert.deepEqual([0, 1, 2, 3].map((i) => view.getInt16(40 + 2 * i, true)), [3, 2, 3, 4]);
  assert.equal(view.getInt16(70, true), 4);
  assert.deepEqual([1, 2, 3].map((i) => view.getFloat32(76 + 4 * i, true)), [1.5, 2, 3]);
  assert.equal(view.getFloat32(112, true), 2);
  assert.equal(view.getFloat32(116, true), -1024);
  const row = (r) => [0, 1, 2, 3].map((c) => view.getFloat32(280 + 16 * r + 4 * c, true));
  assert.deepEqual(row(0).map((v) => v + 0), [-1.5, 0, 0, 74]);
  assert.deepEqual(row(1).map((v) => v + 0), [0, -2, 0, -20]);
  assert.deepEqual(row(2), [0, 0, 3, -110]);
  assert.equal(new Uint8Array(buffer)[352], 7);
  assert.equal(buffer.byteLength, 352 + 48);
  assert.deepEqual([...nifti.rasFromLps(new Float32Array([1, 2, 3, -4, 5, -6]))], [-1, -2, 3, 4, -5, -6]);
});

test('contours close around a label, and the slice is the one asked for', () => {
  const one = new Uint8Array([0, 0, 0, 0, 1, 0, 0, 0, 0]);
  const [{ segments }] = contour.contours(one, 3, 3, [1]);
  assert.equal(segments.length, 16); // a diamond of four
  const ends = new Map();
  for (let i = 0; i < segments.length; i += 2) {
    const key = `${segments[i]} ${segments[i + 1]}`;
    ends.set(key, (ends.get(key) ?? 0) + 1);
  }
  assert.deepEqual([...ends.values()], [2, 2, 2, 2]); // every end meets another
  assert.equal(contour.contours(one, 3, 3, [2])[0].segments.length, 0);
  // A label that fills the slice is outlined at its border.
  assert.ok(contour.contours(new Uint8Array([1, 1, 1, 1]), 2, 2, [1])[0].segments.length > 0);
  const volume = Uint8Array.from({ length: 24 }, (_, i) => i);
  assert.deepEqual([...contour.sliceOf(volume, [2, 3, 4], 2, 1).values], [6, 7, 8, 9, 10, 11]);
  assert.deepEqual([...contour.sliceOf(volume, [2, 3, 4], 0, 1).values], [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]);
  assert.deepEqual([...contour.sliceOf(volume, [2, 3, 4], 1, 2).values], [4, 5, 10, 11, 16, 17, 22, 23]);
});

test('a subtype has one place in the palette, however it is written', () => {
  assert.equal(theme.groupIndex('3', []), 2);
  assert.equal(theme.groupIndex('subtype 3', ['1']), 2);
  assert.equal(theme.groupIndex('treated', ['control', 'treated']), 1);
  assert.equal(theme.seriesColour(0), '#0072b2');
  assert.equal(new Set(Array.from({ length: 8 }, (_, i) => theme.seriesColour(i))).size, 8);
});
