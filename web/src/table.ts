import { csvCell, toCsv, type Cell, type Data } from './csv';
import { h, name, type Child } from './dom';
import { downloadText, fileName } from './download';
import { count, number, pValue, shorten } from './format';

export interface Column<Row> {
  title: Child;
  /** Value for CSV and search, and the whole value behind a shortened one. */
  value: (row: Row) => Cell;
  /** What is shown; the default is `value` formatted. */
  show?: (row: Row) => Child;
  /** "text" is the default; "share" lies in [0, 1]. */
  kind?: 'text' | 'number' | 'p' | 'count' | 'share';
  /** Only in the CSV file. */
  csvOnly?: boolean;
  /** Name in the CSV file; the default is `title` where it is text. */
  csv?: string;
}

export interface TableOptions<Row> {
  title: string;
  columns: Column<Row>[];
  rows: Row[];
  /** More rows than this are paged. */
  pageSize?: number;
  /** Label of a search box; none where absent. */
  search?: string;
  note?: Child;
  /** First column is the row's header (default). */
  rowHeader?: boolean;
  rowClass?: (row: Row) => string | null;
}

/** A table in a box that scrolls sideways by itself, with its CSV; long ones are paged and can be searched. */
export function table<Row>(options: TableOptions<Row>): HTMLElement {
  const columns = options.columns.filter((column) => !column.csvOnly);
  const pageSize = options.pageSize ?? 25;
  let rows = options.rows;
  let page = 0;

  const body = h('tbody');
  const head = h(
    'thead',
    {},
    h('tr', {}, ...columns.map((column) => h('th', { scope: 'col', class: classOf(column) }, column.title))),
  );
  const status = h('span', { class: 'status', role: 'status' });
  const earlier = h('button', { type: 'button', click: () => turn(-1) }, 'Earlier');
  const later = h('button', { type: 'button', click: () => turn(1) }, 'Later');
  const pager = h('div', { class: 'pager' }, earlier, later, status);

  function turn(by: number): void {
    page += by;
    draw();
  }

  function draw(): void {
    const pages = Math.max(1, Math.ceil(rows.length / pageSize));
    page = Math.max(0, Math.min(pages - 1, page));
    const from = page * pageSize;
    body.replaceChildren(
      ...rows.slice(from, from + pageSize).map((row) =>
        h(
          'tr',
          { class: options.rowClass?.(row) },
          ...columns.map((column, i) => {
            const isHeader = i === 0 && options.rowHeader !== false;
            return h(
              isHeader ? 'th' : 'td',
              { class: classOf(column), scope: isHeader ? 'row' : null },
              column.show ? column.show(row) : shown(column, row),
            );
          }),
        ),
      ),
    );
    if (rows.length === 0) body.append(h('tr', {}, h('td', { colspan: columns.length, class: 'muted' }, 'none')));
    earlier.disabled = page === 0;
    later.disabled = page === pages - 1;
    status.textContent =
      rows.length === 0
        ? 'no rows'
        : `${count(from + 1)}–${count(Math.min(rows.length, from + pageSize))} of ${count(rows.length)}` +
          (rows.length < options.rows.length ? ` (${count(options.rows.length)} in all)` : '');
  }

  let searching: HTMLElement | null = null;
  if (options.search && options.rows.length > 8) {
    let haystack: string[] | null = null;
    const texts = (): string[] =>
      (haystack ??= options.rows.map((row) =>
        columns
          .map((column) => csvCell(column.value(row)))
          .join('\u0001')
          .toLowerCase(),
      ));
    const input = h('input', {
      type: 'search',
      autocomplete: 'off',
      spellcheck: 'false',
      input: () => {
        const wanted = input.value.trim().toLowerCase();
        rows = wanted === '' ? options.rows : options.rows.filter((_, i) => texts()[i]!.includes(wanted));
        page = 0;
        draw();
      },
    });
    searching = h('label', { class: 'search' }, h('span', {}, options.search), input);
  }
  draw();
  const scroll = h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Table: ${shorten(options.title, 200)}` },
    h('table', {}, h('caption', { class: 'hidden' }, shorten(options.title, 200)), head, body),
  );
  const save = h(
    'button',
    { type: 'button', class: 'save', 'aria-label': `Download table as CSV: ${shorten(options.title, 200)}`, click: () => saveCsv() },
    'CSV',
  );
  function saveCsv(): void {
    downloadText(toCsv(dataOf(options.columns, options.rows)), 'text/csv', `${fileName(options.title)}.csv`);
  }
  return h(
    'div',
    { class: 'table' },
    h('div', { class: 'table-head' }, h('p', { class: 'table-title' }, name(options.title, 160)), searching, save),
    scroll,
    options.rows.length > pageSize && pager,
    options.note ? h('p', { class: 'note' }, options.note) : null,
  );
}

export function dataOf<Row>(columns: Column<Row>[], rows: Row[]): Data {
  return {
    columns: columns.map((column) => column.csv ?? (typeof column.title === 'string' ? column.title : '')),
    rows: rows.map((row) => columns.map((column) => column.value(row))),
  };
}

function classOf<Row>(column: Column<Row>): string | null {
  return column.kind && column.kind !== 'text' ? 'number' : null;
}

function shown<Row>(column: Column<Row>, row: Row): Child {
  const value = column.value(row);
  if (value === null || value === undefined || value === '') return h('span', { class: 'muted' }, '–');
  if (typeof value === 'number') return numberCell(value, column.kind);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return name(value);
}

/** A number as formatted, with the whole of it in data-value and on hovering. */
export function numberCell(value: number | null | undefined, kind: Column<unknown>['kind'] = 'number'): HTMLElement {
  if (value === null || value === undefined) return h('span', { class: 'muted' }, '–');
  const text = kind === 'p' ? pValue(value) : kind === 'count' ? count(value) : kind === 'share' && value === 1 ? '1.00' : number(value);
  return h('span', { class: 'n', 'data-value': value, title: text === String(value) ? null : String(value) }, text);
}

/** What a figure shows, for who cannot see it. */
export function plainTable(data: Data, title: string, limit = 200): HTMLElement {
  return h(
    'div',
    { class: 'table' },
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Data: ${shorten(title, 200)}` },
      h(
        'table',
        {},
        h('caption', { class: 'hidden' }, shorten(title, 200)),
        h('thead', {}, h('tr', {}, ...data.columns.map((column) => h('th', { scope: 'col' }, name(column, 40))))),
        h(
          'tbody',
          {},
          ...data.rows
            .slice(0, limit)
            .map((row) =>
              h(
                'tr',
                {},
                ...row.map((cell) =>
                  h(
                    'td',
                    { class: typeof cell === 'number' ? 'number' : null },
                    typeof cell === 'number' ? numberCell(cell) : cell === null || cell === undefined ? '–' : name(String(cell)),
                  ),
                ),
              ),
            ),
        ),
      ),
    ),
    data.rows.length > limit &&
      h('p', { class: 'note' }, `The first ${count(limit)} of ${count(data.rows.length)} rows; the CSV file has all.`),
  );
}
