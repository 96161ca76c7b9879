import { ArrowDown, ArrowUp } from 'lucide-react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { ProgressBar } from '../../../components/progress-bar';
import { StatusBadge } from '../../../components/status-badge';
import { VirtualList } from '../../../components/virtual-list';
import { type Route, routeHref } from '../../../features/navigation/route';
import { ElapsedTime, RelativeTime } from '../../../features/relay/relative-time';
import { SilentSince, useSilentSince } from '../../../features/silence/silent-badge';
import { formatClock, formatDuration, formatFullTime, formatPercent, formatShortCount } from '../../../format/format-time';
import { hasEnded } from '../../../format/status-kind';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import { useRowHeight } from '../feed/use-row-height';
import { MenuCell, SelectCell, SelectHead } from './execution-selection';
import { type ExecutionColumn, executionColumns, type ExecutionRow, type ExecutionSort, nextSort, shownStatus } from './execution-table';
import styles from './executions-table.module.css';

interface ExecutionsTableProps {
  readonly rows: readonly ExecutionRow[];
  readonly route: Route;
  readonly sort: ExecutionSort | null;
  readonly onSort: (sort: ExecutionSort | null) => void;
}

/** The executions as a table with column heads, or on narrow screens as cards. Only the visible rows are rendered. */
export function ExecutionsTable({ rows, route, sort, onSort }: ExecutionsTableProps) {
  const rowHeight = Math.round(useRowHeight() * (innerWidth < 720 ? 1.75 : 1.6));
  return (
    <div className={styles.table} role="table" aria-label={t('executions.title')} aria-rowcount={rows.length + 1}>
      <div className={styles.heads} role="rowgroup">
        <div className={styles.columns} role="row" aria-rowindex={1}>
          <SelectHead rows={rows} />
          {executionColumns.map((column) => (
            <ColumnHead key={column} column={column} sort={sort} onSort={onSort} />
          ))}
        </div>
      </div>
      <VirtualList
        kind="rows"
        className={styles.rows}
        count={rows.length}
        keyOf={(index) => rows[index]?.summary.id ?? index}
        rowHeight={rowHeight}
        anchored
      >
        {(index) => {
          const row = rows[index];
          return row === undefined ? null : <Cells row={row} rows={rows} route={route} />;
        }}
      </VirtualList>
    </div>
  );
}

interface SortProps {
  readonly sort: ExecutionSort | null;
  readonly onSort: (sort: ExecutionSort | null) => void;
}

function ColumnHead({ column, sort, onSort }: SortProps & { readonly column: ExecutionColumn }) {
  const direction = sort?.column !== column ? 'none' : sort.descending ? 'descending' : 'ascending';
  return (
    <div role="columnheader" aria-sort={direction} className={styles[column]}>
      <button type="button" onClick={() => onSort(nextSort(sort, column))}>
        <span>{t(`executions.column.${column}`)}</span>
        {direction === 'ascending' && <ArrowUp size={13} aria-hidden />}
        {direction === 'descending' && <ArrowDown size={13} aria-hidden />}
      </button>
    </div>
  );
}

/** Selects the order where there is no room for column heads. */
export function SortSelect({ sort, onChange }: { readonly sort: ExecutionSort | null; readonly onChange: SortProps['onSort'] }) {
  const options = executionColumns.flatMap((column) => [
    { column, descending: true },
    { column, descending: false },
  ]);
  const valueOf = ({ column, descending }: ExecutionSort) => `${column} ${descending ? 'descending' : 'ascending'}`;
  return (
    <select
      className={classNames(buttons.field, styles.sort)}
      aria-label={t('executions.sort')}
      value={sort === null ? '' : valueOf(sort)}
      onChange={({ target }) => onChange(options.find((option) => valueOf(option) === target.value) ?? null)}
    >
      <option value="">{t('executions.sort.default')}</option>
      {options.map((option) => (
        <option key={valueOf(option)} value={valueOf(option)}>
          {t(option.descending ? 'executions.sort.descending' : 'executions.sort.ascending', {
            column: t(`executions.column.${option.column}`),
          })}
        </option>
      ))}
    </select>
  );
}

interface CellsProps {
  readonly row: ExecutionRow;
  readonly rows: readonly ExecutionRow[];
  readonly route: Route;
}

function Cells({ row, rows, route }: CellsProps) {
  const { summary, task } = row;
  const { id, status, isUncertain, project, progress, nodes, nodesDone, nodesFailed, tokens, startedAt, lastUpdatedAt } = summary;
  const silentSince = useSilentSince('executions', id);
  const note = [task === undefined ? undefined : id, summary.message].filter(Boolean).join(' · ');
  return (
    <div className={classNames(styles.columns, styles.row)}>
      <SelectCell row={row} rows={rows} />
      <span role="cell" className={styles.status}>
        <StatusBadge status={shownStatus(summary)} isUncertain={isUncertain} />
      </span>
      <span role="cell" className={styles.name}>
        <a href={routeHref({ ...route, execution: id })} {...published(task?.title ?? id)}>
          {task?.title ?? id}
        </a>
        {note !== '' && <small {...published(note)}>{note}</small>}
      </span>
      <span role="cell" className={styles.project} {...published(project)}>
        {project ?? '–'}
      </span>
      <span role="cell" className={styles.progress}>
        {progress === undefined ? (
          '–'
        ) : (
          <>
            <ProgressBar value={progress} status={status} label={t('common.progress.of', { name: id })} />
            <span>{formatPercent(progress)}</span>
          </>
        )}
      </span>
      <span role="cell" className={styles.nodes}>
        <span>{nodes === 0 ? '–' : t('executions.nodes', { done: nodesDone, count: nodes })}</span>
        <i>{t('executions.column.nodes')}</i>
        {nodesFailed > 0 && <em>{t('executions.nodes.failed', { count: nodesFailed })}</em>}
      </span>
      <span role="cell" className={styles.tokens}>
        {tokens === undefined ? '–' : formatShortCount(tokens)}
      </span>
      <span role="cell" className={styles.started}>
        {startedAt === null ? '–' : <time title={formatFullTime(startedAt)}>{formatClock(startedAt)}</time>}
      </span>
      <span role="cell" className={styles.duration}>
        <Duration row={summary} />
      </span>
      <span role="cell" className={styles.updated}>
        {silentSince !== null ? <SilentSince since={silentSince} /> : lastUpdatedAt === 0 ? '–' : <RelativeTime at={lastUpdatedAt} />}
      </span>
      <MenuCell row={row} />
    </div>
  );
}

function Duration({ row: { status, durationMs, startedAt, isUncertain } }: { readonly row: ExecutionRow['summary'] }) {
  if (hasEnded(status)) return <span>{durationMs === null ? '–' : formatDuration(durationMs)}</span>;
  return startedAt === null || isUncertain ? <span>–</span> : <ElapsedTime at={startedAt} />;
}
