// `cecelia-client/react`: hooks for React, and Workflow's stores.
export { RelayProvider, type RelayProviderProps } from '../hooks/RelayProvider';
export { useRelay } from '../hooks/useRelay';
export { useWebSocket, useAccess, useConnectionState, type WebSocketState } from '../hooks/useWebSocket';
export { useTaskStatus, type Task, type TaskStatus } from '../hooks/useTaskStatus';
export { useExecutorStatus, type ExecutorStatus } from '../hooks/useExecutorStatus';
export { useExecution, type Execution } from '../hooks/useExecution';
export { useTokens } from '../hooks/useTokens';
export { useLogs, type LogOptions } from '../hooks/useLogs';
export { useLive, useVersion, type LivePart } from '../hooks/useLive';
export { useWebSocketRouter, type Route, type Routes } from '../hooks/useWebSocketRouter';
export { connectStore, useConnectStore } from '../stores/useConnectStore';
export { useSessionStore } from '../stores/useSessionStore';
export { useWorkflowRunStore } from '../stores/useWorkflowRunStore';
export { createSessionStore, type SessionMessage, type SessionPiece, type SessionStore, type TokenUsage } from '../stores/session-store';
export { createWorkflowRunStore, type WorkflowNode, type WorkflowRunStore } from '../stores/workflow-run-store';
export { routeSessionEvent } from '../stores/session-routes';
export { createConnectStore, type ConnectStatus, type ConnectStore, type ConnectStoreOptions } from '../stores/connect-store';
