import { useMemo } from 'react';
import type { ActionTarget } from '../../../features/actions/actions';
import { SelectAllBox, SelectBox } from '../../../features/actions/select-box';
import { type Selection, useViewSelection } from '../../../features/actions/selection';
import { SelectionBar } from '../../../features/actions/selection-bar';
import type { ExecutionSummary } from './execution-list';
import type { ExecutionRow } from './execution-table';

interface ExecutionCellProps {
  readonly row: ExecutionRow;
  readonly rows: readonly ExecutionRow[];
}

/** The cell that selects an execution. None where no action is allowed. */
export function SelectCell({ row: { summary, task }, rows }: ExecutionCellProps) {
  const selection = useViewSelection();
  if (selection === null) return null;
  return (
    <span role="cell" data-select>
      <SelectBox selection={selection} id={summary.id} name={task?.title ?? summary.id} order={() => idsOf(rows)} />
    </span>
  );
}

/** The head of the column that selects executions. */
export function SelectHead({ rows }: Pick<ExecutionCellProps, 'rows'>) {
  const selection = useViewSelection();
  if (selection === null) return null;
  return (
    <div role="columnheader" data-select>
      <SelectAllBox selection={selection} order={() => idsOf(rows)} />
    </div>
  );
}

function idsOf(rows: readonly ExecutionRow[]): readonly string[] {
  return rows.map(({ summary }) => summary.id);
}

interface ExecutionSelectionBarProps {
  readonly selection: Selection;
  /** All executions, also those that a filter hides: they stay selected. */
  readonly executions: readonly ExecutionSummary[];
}

/** The actions for the selected executions. */
export function ExecutionSelectionBar({ selection, executions }: ExecutionSelectionBarProps) {
  const targets = useMemo(
    () =>
      new Map<string, ActionTarget>(executions.map(({ id, status, project }) => [id, { kind: 'execution' as const, id, status, project }])),
    [executions],
  );
  return <SelectionBar selection={selection} targetOf={(id) => targets.get(id)} />;
}
