export type Cell = string | number | boolean | null | undefined;

/** What a figure or table shows, as columns of equal length. */
export interface Data {
  columns: string[];
  rows: Cell[][];
}

/**
 * RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers are written in full
 * and are never touched; a missing value is an empty cell.
 */
export function toCsv(data: Data): string {
  return [data.columns, ...data.rows].map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n';
}

export function csvCell(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  const guarded = /^[\s]*[=+\-@\t\r|%]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replace(/"/g, '""')}"` : guarded;
}
