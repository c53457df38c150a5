// okabe2008, in the order of radtype/figure: a subtype has one colour, one dash and one marker on the whole page.
export const kSeries = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#f0e442', '#000000'];
const kDashes = ['', '7 3', '2 2.5', '9 3 2 3', '5 2 1 2 1 2', '12 4', '1 3', '4 4'];
export const kSymbols = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross', 'wye', 'times'] as const;
export type SymbolName = (typeof kSymbols)[number];

export const kInk = '#1f2328';
export const kMuted = '#5b6370';
export const kRule = '#d4d8de';
export const kNoSubtype = '#8a919c';

export function seriesColour(index: number): string {
  return kSeries[((index % 8) + 8) % 8]!;
}
export function seriesDash(index: number): string {
  return kDashes[((index % 8) + 8) % 8]!;
}
export function seriesSymbol(index: number): SymbolName {
  return kSymbols[((index % 8) + 8) % 8]!;
}

/** Index of a group: the number in "3" or "subtype 3" less one, otherwise its place among `all`. */
export function groupIndex(group: string, all: readonly string[]): number {
  const found = /^(?:subtype )?(\d+)$/.exec(group);
  return found ? Number(found[1]) - 1 : Math.max(0, all.indexOf(group));
}

type Rgb = [number, number, number];
const kBlue: Rgb = [5, 83, 142];
const kBrown: Rgb = [166, 61, 20];
const kWhite: Rgb = [252, 252, 250];

function mix(a: Rgb, b: Rgb, t: number): Rgb {
  return [0, 1, 2].map((i) => Math.round(a[i]! + (b[i]! - a[i]!) * t)) as Rgb;
}

/** Blue over white to red-brown for t in [-1, 1]. */
export function diverging(t: number): Rgb {
  const x = Math.max(-1, Math.min(1, t));
  return x < 0 ? mix(kWhite, kBlue, -x) : mix(kWhite, kBrown, x);
}

const kSequential: Rgb[] = [
  [255, 255, 255],
  [205, 222, 238],
  [122, 172, 209],
  [45, 110, 168],
  [12, 44, 88],
];
/** White to dark blue for t in [0, 1]. */
export function sequential(t: number): Rgb {
  const x = Math.max(0, Math.min(1, t)) * (kSequential.length - 1);
  const i = Math.min(kSequential.length - 2, Math.floor(x));
  return mix(kSequential[i]!, kSequential[i + 1]!, x - i);
}

export function css(colour: Rgb): string {
  return `rgb(${colour.join(',')})`;
}
