import type { ExecutionEntity } from '../types/messages';
import type { ReductionInput } from './reduction-input';
import { type EntityTable, isTerminal } from './entity-table';
import { mergeBounded, setBounded } from './bounded-values';
import { beginUpdate, commitUpdate, setOwners } from './reduction';
import { statusOf } from './wire-text';

type Executions = EntityTable<ExecutionEntity>;

/** `byName` is the status that the name of the event implies; empty: none. */
export function reduceExecution(executions: Executions, input: ReductionInput, byName = ''): void {
  const { executionId: id, data, timestamp } = input;
  const status = statusOf(data.status) || byName;
  const draft = beginUpdate(executions, id, id, input, { status });
  if (!draft) return;
  const { entity, changed } = draft;
  setOwners(entity, input, 'execution');
  for (const name of ['progress', 'message', 'result', 'error', 'execution_time']) setBounded(entity, name, data[name]);
  if (changed && isTerminal(status)) entity.ended = timestamp;
  else if (changed && status === 'running') entity.started ??= timestamp;
  commitUpdate(executions, draft, input);
}

/** `execution:xxx`: the part after the colon is the status. */
export function reduceNamedExecution(executions: Executions, input: ReductionInput): void {
  const word = input.name.slice('execution:'.length);
  if (word === 'resumed' || word === 'started') reduceExecution(executions, input, 'running');
  else reduceExecution(executions, input, word === 'progress' ? '' : word);
}

/** The token usage of an execution, from an event without a node. */
export function reduceExecutionUsage(executions: Executions, input: ReductionInput): void {
  const draft = beginUpdate(executions, input.executionId, input.executionId, input);
  if (!draft) return;
  setOwners(draft.entity, input, 'execution');
  mergeBounded(draft.entity, 'usage', input.data);
  commitUpdate(executions, draft, input);
}
