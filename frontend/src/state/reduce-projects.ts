import type { AgentEntity, ExecutorEntity, ProjectEntity } from '../types/messages';
import type { ReductionInput } from './reduction-input';
import type { EntityTable } from './entity-table';
import { mergeBounded, setBounded } from './bounded-values';
import { entityKey } from './live-view';
import { beginUpdate, commitUpdate, type Draft, setOwners } from './reduction';
import { statusOf } from './wire-text';

/** Executors are identified by their publisher. Without the subprotocol the publisher is unknown, and all are one. */
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

/** Counts the messages and stores the last one. */
export function reduceMessages(agents: EntityTable<AgentEntity>, input: ReductionInput): void {
  changeAgent(agents, input, '', ({ entity }) => {
    entity.messages = (entity.messages ?? 0) + 1;
    setBounded(entity, 'last_message', input.data);
  });
}

/** Stores the data and the time of the event in one member of its project. */
export function reduceProject(
  projects: EntityTable<ProjectEntity>,
  input: ReductionInput,
  member: 'locks' | 'plan' | 'coordination',
): void {
  const draft = beginUpdate(projects, input.projectId, input.projectId, input);
  if (!draft) return;
  setOwners(draft.entity, input, 'project');
  setBounded(draft.entity, member, { data: input.data, timestamp: input.timestamp });
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
