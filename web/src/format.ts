// Every number on the page goes through these functions.

/** Three significant digits, no exponent between 0.001 and 1e6; whole numbers keep all their digits. */
export function number(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  let text: string;
  if (Number.isInteger(value) && size < 1e15) text = grouped(String(size));
  else if (size < 1e-3 || size >= 1e6) text = scientific(size, digits);
  else {
    const exponent = Math.floor(Math.log10(Number(size.toPrecision(digits))));
    text = grouped(size.toFixed(Math.max(0, digits - 1 - exponent)));
  }
  return (value < 0 ? '−' : '') + text;
}

function scientific(size: number, digits: number): string {
  const [mantissa, exponent] = size.toExponential(digits - 1).split('e') as [string, string];
  const superscript = exponent
    .replace('+', '')
    .replace(/./g, (c) => (c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'.charAt(Number(c))));
  return `${mantissa} × 10${superscript}`;
}

function grouped(text: string): string {
  const [whole, rest] = text.split('.') as [string, string?];
  const parted = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole;
  return rest === undefined ? parted : `${parted}.${rest}`;
}

/** A limit that someone chose, as it was written: "0.05". */
export function level(value: number): string {
  return String(value);
}

/** A count: "1,682". */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** "0.034", "< 0.001", "0.38"; a value below 0.05 is never written 0.05. */
export function pValue(p: number | null | undefined): string {
  if (p === null || p === undefined || Number.isNaN(p)) return '–';
  if (p < 0.001) return '< 0.001';
  if (p > 0.995) return '> 0.99';
  if (p >= 0.0995) return p.toFixed(2);
  const text = p.toFixed(3);
  return p < 0.05 && text === '0.050' ? p.toFixed(4).replace('0.0500', '< 0.05') : text;
}

/** "p = 0.034", "p < 0.001". */
export function pText(p: number | null | undefined, name = 'p'): string {
  const text = pValue(p);
  return /^[<>]/.test(text) ? `${name} ${text}` : `${name} = ${text}`;
}

export function percent(share: number | null | undefined, digits = 0): string {
  if (share === null || share === undefined || Number.isNaN(share)) return '–';
  return `${(100 * share).toFixed(digits).replace('-', '−')} %`;
}

/** "2.48 (1.04 to 5.90)". */
export function interval(estimate?: number | null, lower?: number | null, upper?: number | null, open = '–'): string {
  if (estimate === null || estimate === undefined) return '–';
  if ((lower === null || lower === undefined) && (upper === null || upper === undefined)) return number(estimate);
  const end = (value: number | null | undefined): string => (value === null || value === undefined ? open : number(value));
  return `${number(estimate)} (${end(lower)} to ${end(upper)})`;
}

export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let at = 0;
  while (size >= 1000 && at < units.length - 1) {
    size /= 1000;
    ++at;
  }
  return `${number(size)} ${units[at]}`;
}

export function unitText(unit: string | null | undefined): string {
  return (unit ?? '').replace(/mm2\b/, 'mm²').replace(/mm3\b/, 'mm³').replace(/^1$/, '');
}

export function plural(n: number, one: string, many = one + 's'): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** At most `limit` characters, cut at whole characters; control characters are spaces. */
export function shorten(text: string, limit: number): string {
  const head = Array.from(clean(text.slice(0, 4 * limit + 4)));
  return head.length <= limit && text.length <= 4 * limit + 4 ? head.join('') : head.slice(0, limit - 1).join('') + '…';
}

export function clean(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f]/g, ' ');
}

/** shape_energy_07 -> "shape energy 07", for running text. */
export function words(name: string): string {
  return name.replace(/_/g, ' ');
}
