import type { NodeEntity } from '../types/messages';
import type { EntityTable } from './entity-table';

/** The place of nodes that start together; 0: not known yet, and set when one of them gets a new place. */
export interface Step {
  order: number;
}

/** Executions that are remembered; past it all are forgotten, and looked for again when they are needed. */
const executionLimit = 10_000;

/** Counts the nodes of each execution, from 1, in the order in which they were first heard of: a new one gets one more than the highest there is. */
export class NodeOrders {
  readonly #highest = new Map<string, number>();

  constructor(readonly nodes: EntityTable<NodeEntity>) {}

  /** Gives the node, whose status is set already, its place: a new one, or that of those that it starts together with. */
  place(node: NodeEntity, executionId: string, step: Step, starts: boolean): void {
    if (node.order !== undefined && (!starts || step.order === 0)) return;
    if (node.order === this.#highest.get(executionId)) this.#highest.delete(executionId);
    if (step.order === 0) step.order = this.#next(executionId);
    node.order = step.order;
  }

  /** Other nodes have taken the place of all. */
  clear(): void {
    this.#highest.clear();
  }

  #next(executionId: string): number {
    const order = (this.#highest.get(executionId) ?? this.#look(executionId)) + 1;
    if (this.#highest.size >= executionLimit) this.#highest.clear();
    this.#highest.set(executionId, order);
    return order;
  }

  #look(executionId: string): number {
    let highest = 0;
    for (const { execution_id = '', order = 0 } of this.nodes.byKey.values()) {
      if (order > highest && execution_id === executionId) highest = order;
    }
    return highest;
  }
}
