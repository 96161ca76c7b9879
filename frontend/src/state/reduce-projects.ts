import type { AgentEntity, ExecutorEntity, ProjectEntity } from '../types/messages';
import type { ReductionInput } from './reduction-input';
import type { EntityTable } from './entity-table';
import { mergeBounded, setBounded } from './bounded-values';
import { entityKey } from './live-view';
import { beginUpdate, commitUpdate, type Draft, setOwners } from './reduction';
import { statusOf } from './wire-text';

/** How an executor stands, by its publisher; without the subprotocol nobody tells who that is, and all are one. */
export function reduceExecutor(executors: EntityTable<ExecutorEntity>, input: ReductionInput): void {
  const draft = beginUpdate(executors, input.source, input.source, input);
  if (!draft) return;
  setOwners(draft.entity, input);
  mergeBounded(draft.entity, 'data', input.data);
  commitUpdate(executors, draft, input);
}

export function reduceAgent(agents: EntityTable<AgentEntity>, input: ReductionInput): void {
  changeAgent(agents, input, statusOf(input.data.status), ({ entity }) => mergeBounded(entity, 'data', input.data));
}

/** Counts the messages and keeps the last. */
export function reduceMessages(agents: EntityTable<AgentEntity>, input: ReductionInput): void {
  changeAgent(agents, input, '', ({ entity }) => {
    entity.messages = (entity.messages ?? 0) + 1;
    setBounded(entity, 'last_message', input.data);
  });
}

/** Keeps the event's data and time as one side of its project. */
export function reduceProject(projects: EntityTable<ProjectEntity>, input: ReductionInput, side: 'locks' | 'plan' | 'coordination'): void {
  const draft = beginUpdate(projects, input.projectId, input.projectId, input);
  if (!draft) return;
  setOwners(draft.entity, input, 'project');
  setBounded(draft.entity, side, { data: input.data, timestamp: input.timestamp });
  commitUpdate(projects, draft, input);
}

function changeAgent(
  agents: EntityTable<AgentEntity>,
  input: ReductionInput,
  status: string,
  apply: (draft: Draft<AgentEntity>) => void,
): void {
  const id = input.agentId;
  if (id === '') return;
  const draft = beginUpdate(agents, entityKey(input.projectId, id), id, input, { status });
  if (!draft) return;
  setOwners(draft.entity, input);
  apply(draft);
  commitUpdate(agents, draft, input);
}
