import type { ExecutionEntity } from '../types/messages';
import type { Arrival } from './arrival';
import { type EntityTable, isTerminal } from './entity-table';
import { keep, merge } from './kept-values';
import { begin, end, setOwners } from './reduction';
import { statusOf } from './wire-text';

type Executions = EntityTable<ExecutionEntity>;

/** `byName` is the status that the event's name stands for; empty: none. */
export function reduceExecution(executions: Executions, arrival: Arrival, byName = ''): void {
  const { executionId: id, data, timestamp } = arrival;
  const status = statusOf(data.status) || byName;
  const draft = begin(executions, id, id, arrival, { status });
  if (!draft) return;
  const { entity, changed } = draft;
  setOwners(entity, arrival, 'execution');
  for (const name of ['progress', 'message', 'result', 'error', 'execution_time']) keep(entity, name, data[name]);
  if (changed && isTerminal(status)) entity.ended = timestamp;
  else if (changed && status === 'running') entity.started ??= timestamp;
  end(executions, draft, arrival);
}

/** `execution:xxx`: the status is named behind the colon. */
export function reduceNamedExecution(executions: Executions, arrival: Arrival): void {
  const word = arrival.name.slice('execution:'.length);
  if (word === 'resumed' || word === 'started') reduceExecution(executions, arrival, 'running');
  else reduceExecution(executions, arrival, word === 'progress' ? '' : word);
}

/** Tokens that were used, and by no node that is named. */
export function reduceExecutionUsage(executions: Executions, arrival: Arrival): void {
  const draft = begin(executions, arrival.executionId, arrival.executionId, arrival);
  if (!draft) return;
  setOwners(draft.entity, arrival, 'execution');
  merge(draft.entity, 'usage', arrival.data);
  end(executions, draft, arrival);
}
