import { createStore, type StoreApi } from 'zustand/vanilla';
import { withValue } from './bounded-record';

/** A piece of a node's output, or a whole message. */
export interface SessionPiece {
  readonly nodeId: string;
  readonly agentId?: string | undefined;
  readonly content: string;
  /** Whether it continues the node's last message. Default true. */
  readonly isChunk?: boolean | undefined;
}

/** The output of a node: all consecutive pieces of the same node and agent. */
export interface SessionMessage {
  /** Counts from 1; usable as a key of a list. */
  readonly number: number;
  readonly nodeId: string;
  readonly agentId: string | undefined;
  readonly content: string;
}

/** Tokens that were used; `null`: not reported. */
export interface TokenUsage {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly totalTokens: number | null;
}

/** The messages and the token usage of a session, as Workflow's store. */
export interface SessionStore {
  /** Oldest first, at most 1,000. */
  readonly messages: readonly SessionMessage[];
  /** The latest usage of each node; the key is empty for the session as a whole. */
  readonly tokenUsage: Readonly<Record<string, TokenUsage>>;
  readonly appendMessage: (piece: SessionPiece) => void;
  readonly updateTokenUsage: (nodeId: string, usage: TokenUsage) => void;
  readonly reset: () => void;
}

/** Maximum number of messages; the oldest are dropped. */
const messageLimit = 1000;
/** Maximum number of nodes with a token usage. */
const nodeLimit = 1000;
/** Longest content of a message, in characters (UTF-16 units); the beginning is dropped. */
const contentLimit = 1024 * 1024;

const empty = { messages: [], tokenUsage: {} };

export function createSessionStore(): StoreApi<SessionStore> {
  let numbered = 0;
  return createStore<SessionStore>((set) => ({
    ...empty,
    appendMessage: ({ nodeId, agentId, content, isChunk = true }) =>
      set(({ messages }) => {
        // Nodes that run in parallel stream in turns, so a chunk continues the last message of its own node and agent.
        const at = isChunk ? messages.findLastIndex((message) => message.nodeId === nodeId && message.agentId === agentId) : -1;
        const before = messages[at];
        if (!before) return { messages: [...messages, { number: ++numbered, nodeId, agentId, content }].slice(-messageLimit) };
        const next = [...messages];
        next[at] = { ...before, content: (before.content + content).slice(-contentLimit) };
        return { messages: next };
      }),
    updateTokenUsage: (nodeId, usage) => set(({ tokenUsage }) => ({ tokenUsage: withValue(tokenUsage, nodeId, usage, nodeLimit) })),
    reset: () => set(empty),
  }));
}
