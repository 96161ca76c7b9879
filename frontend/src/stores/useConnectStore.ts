import { boundStore } from './bound-store';
import { createConnectStore } from './connect-store';

/** The connection store of the page, without React. */
export const connectStore = /* @__PURE__ */ createConnectStore();

/** Workflow's connection store: all of it, or a selection. */
export const useConnectStore = /* @__PURE__ */ boundStore(connectStore);
