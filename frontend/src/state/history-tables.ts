import type { EvictedEntity } from './history-page';
import { entityKey, type SectionName } from './live-view';
import type { StateCopy, StateTables } from './state-tables';

const sections: readonly SectionName[] = ['tasks', 'executor', 'executions', 'nodes', 'agents', 'projects'];

/** Returns all entities, which are immutable. */
export function copyOf({ sections: { tasks, executor, executions, nodes, agents, projects } }: StateTables): StateCopy {
  return {
    tasks: [...tasks.values()],
    executor: [...executor.values()],
    executions: [...executions.values()],
    nodes: [...nodes.values()],
    agents: [...agents.values()],
    projects: [...projects.values()],
  };
}

/** Replaces all entities by a copy. Of the texts only their tails remain. */
export function restore(tables: StateTables, copy: StateCopy): void {
  tables.replace(copy);
  tables.texts.reconcile(new Map());
}

/** Removes an entity that the relay has removed without an event. */
export function removeEvicted(tables: StateTables, { section, id, execution_id: execution, project_id: project }: EvictedEntity): void {
  const key = section === 'nodes' ? entityKey(execution, id) : section === 'agents' ? entityKey(project, id) : id;
  const node = section === 'nodes' ? tables.sections.nodes.get(key) : undefined;
  if (node) tables.orders.forget(node);
  tables.table(section).remove(key);
}

/** Whether no entity is uncertain. */
export function isCertain(tables: StateTables): boolean {
  return sections.every((section) => tables.table(section).uncertain === 0);
}

/** Number of entities of all sections. */
export function sizeOf(tables: StateTables): number {
  return sections.reduce((sum, section) => sum + tables.sections[section].size, 0);
}
