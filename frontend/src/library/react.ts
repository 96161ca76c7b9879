// `cecelia-client/react`: hooks for React, and System D's store.
export { RelayProvider, type RelayProviderProps } from '../hooks/RelayProvider';
export { useRelay } from '../hooks/useRelay';
export { useWebSocket, useConnectionState, type WebSocketState } from '../hooks/useWebSocket';
export { useTaskStatus, type TaskStatus } from '../hooks/useTaskStatus';
export { useExecutorStatus, type ExecutorStatus } from '../hooks/useExecutorStatus';
export { useExecution, type Execution } from '../hooks/useExecution';
export { useTokens } from '../hooks/useTokens';
export { useLogs, type LogOptions } from '../hooks/useLogs';
export { useLive, type LivePart } from '../hooks/useLive';
export { useWebSocketRouter, type Route, type Routes } from '../hooks/useWebSocketRouter';
export { connectStore, useConnectStore } from '../hooks/useConnectStore';
export { createConnectStore, type ConnectStatus, type ConnectStore, type ConnectStoreOptions } from '../stores/connect-store';
