// `cecelia-client/state`: the entity state, reduced from the messages of a connection, without a framework.
export { LiveState, type LiveStateOptions } from '../state/live-state';
export { entityKey } from '../state/live-view';
export { loadPast, type FetchHistory, type HistoryPage, type PastEnd, type PastEvent, type PastView } from '../state/history-page';
export type { FeedEntry, GapCause, KnownGap, LiveView, SectionName, Sections, StreamSecond } from '../state/live-view';
export { eventIds, projectOf, type EventIds } from '../state/reduction-input';
export { idOf } from '../state/wire-text';
export { isTerminal } from '../state/entity-table';
export { executionNodes, executionStatus, type ExecutionStatus } from '../state/execution-status';
export { nodeTokens, type NodeTokens } from '../state/node-tokens';
export { LogLines, type LogFilter, type LogLine } from '../state/log-lines';
export {
  accessStore,
  connectionStore,
  executionStore,
  executorStore,
  logStore,
  relayView,
  taskStore,
  tokenStore,
  viewStore,
  type Execution,
  type ExecutorStatus,
  type LivePart,
  type LogOptions,
  type Store,
  type Task,
  type TaskStatus,
} from '../state/stores';
export { SharedViews, viewOf, type MakeConnection, type RelayView, type SharedView, type ViewOptions } from '../state/shared-views';
export { boardRules, watchInvalidations, type InvalidationOptions, type InvalidationRule } from '../state/invalidation';
export { nextFrame, type FrameScheduler } from '../state/frame-scheduler';
export { StateHistory, type Moment, type StateHistoryOptions } from '../state/state-history';
export { HistoryError, type FetchPath } from '../state/history-load';
export type { EvictedEntity, HistoryBase } from '../state/history-page';
export type { UncertainSpan } from '../state/history-replay';
