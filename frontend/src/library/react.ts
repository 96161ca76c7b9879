// `cecelia-client/react`: hooks for React.
export { RelayProvider, type RelayProviderProps } from '../hooks/RelayProvider';
export { useRelay } from '../hooks/useRelay';
export { useWebSocket, useAccess, useConnectionState, type WebSocketState } from '../hooks/useWebSocket';
export { useTaskStatus } from '../hooks/useTaskStatus';
export { useExecutorStatus } from '../hooks/useExecutorStatus';
export { useExecution } from '../hooks/useExecution';
export { useTokens } from '../hooks/useTokens';
export { useLogs } from '../hooks/useLogs';
export { useLive, useVersion } from '../hooks/useLive';
export { useStore } from '../hooks/useStore';
export type { Execution, ExecutorStatus, LivePart, LogOptions, Store, Task, TaskStatus } from '../state/stores';
