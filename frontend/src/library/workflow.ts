// `cecelia-client/workflow`: Workflow's stores and its router, for React.
export { useWebSocketRouter, type Route, type Routes } from '../hooks/useWebSocketRouter';
export { connectStore, useConnectStore } from '../stores/useConnectStore';
export { useSessionStore } from '../stores/useSessionStore';
export { useWorkflowRunStore } from '../stores/useWorkflowRunStore';
export { createSessionStore, type SessionMessage, type SessionPiece, type SessionStore, type TokenUsage } from '../stores/session-store';
export { createWorkflowRunStore, type WorkflowNode, type WorkflowRunStore } from '../stores/workflow-run-store';
export { routeSessionEvent } from '../stores/session-routes';
export { createConnectStore, type ConnectStatus, type ConnectStore, type ConnectStoreOptions } from '../stores/connect-store';
