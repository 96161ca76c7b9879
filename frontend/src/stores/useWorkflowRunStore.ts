import { boundStore } from './bound-store';
import { createWorkflowRunStore } from './workflow-run-store';

/** Workflow's store of a run: all of it, or a selection. `useWebSocketRouter()` fills it. */
export const useWorkflowRunStore = /* @__PURE__ */ boundStore(/* @__PURE__ */ createWorkflowRunStore());
