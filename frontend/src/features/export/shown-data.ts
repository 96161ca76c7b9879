import { exactJson } from 'cecelia-client';
import type { ViewName } from '../navigation/route';
import { type Column, csvOf } from './csv';
import { downloadText } from './download';

export const exportFormats = ['csv', 'json'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** What a view shows, for the export. It is collected when it is exported. */
export interface ShownData {
  readonly view: ViewName;
  readonly count: number;
  /** Number of further rows that the page does not hold. */
  readonly missing: number;
  readonly text: (format: ExportFormat) => string;
}

/** Describes rows for the export. In JSON they are the objects of the relay, in CSV the values of the columns. */
export function shownData<Row>(
  { view, missing = 0 }: { readonly view: ViewName; readonly missing?: number },
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  json: (row: Row) => unknown = (row) => row,
): ShownData {
  return {
    view,
    count: rows.length,
    missing,
    text: (format) => (format === 'csv' ? csvOf(columns, rows) : exactJson(rows.map(json), 2)),
  };
}

/** Saves what the view shows as a file that is named after the view and the time. */
export function saveShown(data: ShownData, format: ExportFormat): void {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  downloadText(`cecelia-${data.view}-${time}Z.${format}`, data.text(format), format === 'csv' ? 'text/csv' : 'application/json');
}
