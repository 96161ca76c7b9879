import type { NodeEntity } from '../types/messages';
import type { EntityTable } from './entity-table';

/** The order of nodes that start together; 0: not assigned yet. */
export interface Step {
  order: number;
}

/** Maximum number of executions in the cache; beyond it the cache is cleared, and refilled on demand. */
const executionLimit = 10_000;

/**
 * Numbers the nodes of each execution from 1, in the order of their first events: a new one gets the highest number plus 1. Example: n1 starts (1); n2 and n3
 * start together (2, 2); n4 starts (3).
 */
export class NodeOrders {
  readonly #highest = new Map<string, number>();

  constructor(readonly nodes: EntityTable<NodeEntity>) {}

  /** Sets the order of a node whose status is already set: a new one, or that of the nodes that it starts together with. */
  assign(node: NodeEntity, executionId: string, step: Step, starts: boolean): void {
    if (node.order !== undefined && (!starts || step.order === 0)) return;
    if (node.order === this.#highest.get(executionId)) this.#highest.delete(executionId);
    if (step.order === 0) step.order = this.#next(executionId);
    node.order = step.order;
  }

  /** Called before a node is removed: if it has the highest order, the next node gets the highest of the others plus 1, as in the relay. */
  forget({ execution_id: executionId = '', order }: NodeEntity): void {
    if (order === this.#highest.get(executionId)) this.#highest.delete(executionId);
  }

  /** Called when all nodes were replaced. */
  clear(): void {
    this.#highest.clear();
  }

  #next(executionId: string): number {
    const order = (this.#highest.get(executionId) ?? this.#findHighest(executionId)) + 1;
    if (this.#highest.size >= executionLimit) this.#highest.clear();
    this.#highest.set(executionId, order);
    return order;
  }

  #findHighest(executionId: string): number {
    let highest = 0;
    for (const { execution_id = '', order = 0 } of this.nodes.byKey.values()) {
      if (order > highest && execution_id === executionId) highest = order;
    }
    return highest;
  }
}
