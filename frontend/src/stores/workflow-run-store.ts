import { createStore, type StoreApi } from 'zustand/vanilla';
import { withValue } from './bounded-record';

/** The status of a node, and its error if it has failed. */
export interface WorkflowNode {
  readonly status: string;
  readonly error: string | null;
}

/** The run of a workflow, as Workflow's store. */
export interface WorkflowRunStore {
  readonly nodes: Readonly<Record<string, WorkflowNode>>;
  /** The nodes that are running. */
  readonly activeNodeIds: readonly string[];
  /** `null` until a status is received. */
  readonly executionStatus: string | null;
  /** Sets the status of a node, which also makes it active or inactive. */
  readonly updateNodeStatus: (nodeId: string, status: string, error?: string) => void;
  /** Replaces the active nodes. */
  readonly setActiveNodes: (nodeIds: readonly string[]) => void;
  readonly setExecutionStatus: (status: string) => void;
  readonly reset: () => void;
}

/** Maximum number of nodes; the oldest are dropped. */
const nodeLimit = 1000;

const empty = { nodes: {}, activeNodeIds: [], executionStatus: null };

export function createWorkflowRunStore(): StoreApi<WorkflowRunStore> {
  return createStore<WorkflowRunStore>((set) => ({
    ...empty,
    updateNodeStatus: (nodeId, status, error) =>
      set(({ nodes, activeNodeIds }) => {
        const others = activeNodeIds.filter((id) => id !== nodeId);
        return {
          nodes: withValue(nodes, nodeId, { status, error: error ?? null }, nodeLimit),
          activeNodeIds: status === 'running' ? [...others, nodeId] : others,
        };
      }),
    setActiveNodes: (nodeIds) => set({ activeNodeIds: [...nodeIds] }),
    setExecutionStatus: (executionStatus) => set({ executionStatus }),
    reset: () => set(empty),
  }));
}
