import type { AgentEntity, ExecutorEntity, ProjectEntity } from '../types/messages';
import type { Arrival } from './arrival';
import type { EntityTable } from './entity-table';
import { keep, merge } from './kept-values';
import { entityKey } from './live-view';
import { begin, type Draft, end, setOwners } from './reduction';
import { statusOf } from './wire-text';

/** How an executor stands, by its publisher; without the subprotocol nobody tells who that is, and all are one. */
export function reduceExecutor(executors: EntityTable<ExecutorEntity>, arrival: Arrival): void {
  const draft = begin(executors, arrival.source, arrival.source, arrival);
  if (!draft) return;
  setOwners(draft.entity, arrival);
  merge(draft.entity, 'data', arrival.data);
  end(executors, draft, arrival);
}

export function reduceAgent(agents: EntityTable<AgentEntity>, arrival: Arrival): void {
  changeAgent(agents, arrival, statusOf(arrival.data.status), ({ entity }) => merge(entity, 'data', arrival.data));
}

/** Counts the messages and keeps the last. */
export function reduceMessages(agents: EntityTable<AgentEntity>, arrival: Arrival): void {
  changeAgent(agents, arrival, '', ({ entity }) => {
    entity.messages = (entity.messages ?? 0) + 1;
    keep(entity, 'last_message', arrival.data);
  });
}

/** Keeps the event's data and time as one side of its project. */
export function reduceProject(projects: EntityTable<ProjectEntity>, arrival: Arrival, side: 'locks' | 'plan' | 'coordination'): void {
  const draft = begin(projects, arrival.projectId, arrival.projectId, arrival);
  if (!draft) return;
  setOwners(draft.entity, arrival, 'project');
  keep(draft.entity, side, { data: arrival.data, timestamp: arrival.timestamp });
  end(projects, draft, arrival);
}

function changeAgent(agents: EntityTable<AgentEntity>, arrival: Arrival, status: string, apply: (draft: Draft<AgentEntity>) => void): void {
  const id = arrival.agentId;
  if (id === '') return;
  const draft = begin(agents, entityKey(arrival.projectId, id), id, arrival, { status });
  if (!draft) return;
  setOwners(draft.entity, arrival);
  apply(draft);
  end(agents, draft, arrival);
}
