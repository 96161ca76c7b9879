import { type ReactNode, useMemo } from 'react';
import { ActionMenuButton, ActionMenus } from '../../../features/actions/action-menu';
import type { ActionTarget } from '../../../features/actions/actions';
import { SelectAllBox, SelectBox } from '../../../features/actions/select-box';
import { type Selection, SelectionContext, useViewSelection } from '../../../features/actions/selection';
import { SelectionBar } from '../../../features/actions/selection-bar';
import { routeHref, useRoute } from '../../../features/navigation/route';
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
  const name = task?.title ?? summary.id;
  return (
    <span role="cell" data-select>
      <SelectBox selection={selection} id={summary.id} name={name} order={() => idsOf(rows)} />
    </span>
  );
}

/** The menu of actions for an execution. */
export function MenuCell({ row: { summary, task } }: Pick<ExecutionCellProps, 'row'>) {
  if (useViewSelection() === null) return null;
  return (
    <span role="cell" data-select>
      <ActionMenuButton id={summary.id} name={task?.title ?? summary.id} />
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

interface ExecutionActionsProps {
  /** `null`: no action is allowed. */
  readonly selection: Selection | null;
  /** All executions, also those that a filter hides: they stay selected. */
  readonly executions: readonly ExecutionSummary[];
  readonly children: ReactNode;
}

/** The actions for the executions of the table: a menu of each row, and a bar for those selected. */
export function ExecutionActions({ selection, executions, children }: ExecutionActionsProps) {
  const route = useRoute();
  const targets = useMemo(
    () =>
      new Map<string, ActionTarget>(executions.map(({ id, status, project }) => [id, { kind: 'execution' as const, id, status, project }])),
    [executions],
  );
  return (
    <>
      <SelectionContext value={selection}>
        <ActionMenus
          isEnabled={selection !== null}
          targetOf={(id) => targets.get(id)}
          nameOf={(id) => id}
          hrefOf={(execution) => routeHref({ ...route, execution })}
        >
          {children}
        </ActionMenus>
      </SelectionContext>
      {selection !== null && <SelectionBar selection={selection} targetOf={(id) => targets.get(id)} />}
    </>
  );
}
