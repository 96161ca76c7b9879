import { boundStore } from './bound-store';
import { createSessionStore } from './session-store';

/** Workflow's session store: all of it, or a selection. `useWebSocketRouter()` fills it. */
export const useSessionStore = /* @__PURE__ */ boundStore(/* @__PURE__ */ createSessionStore());
