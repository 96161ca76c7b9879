import type { InboundMessage, RelayConnection, Unsubscribe } from '../services/relay-connection';
import { arrivalOf } from '../state/arrival';
import { hasEnded, statusKind } from './status-kind';
import { textOf } from './text-of';

/** What was seen of one execution while this page was open, beside its state: in which order its nodes came, and when they ran. */
export interface RunRecord {
  /** Nodes, as they were first seen. */
  readonly order: readonly string[];
  /** Nodes that were told to have started together, oldest group first. */
  readonly groups: readonly (readonly string[])[];
  /** When each node was first seen running, and when it last ended; Unix milliseconds. */
  readonly began: ReadonlyMap<string, number>;
  readonly ended: ReadonlyMap<string, number>;
  readonly version: number;
}

class Recorded implements RunRecord {
  readonly order: string[];
  readonly groups: string[][];
  readonly began: Map<string, number>;
  readonly ended: Map<string, number>;
  version = 0;

  constructor(known?: RunRecord) {
    this.order = [...(known?.order ?? [])];
    this.groups = (known?.groups ?? []).map((group) => [...group]);
    this.began = new Map(known?.began);
    this.ended = new Map(known?.ended);
  }
}

/** Nodes of one execution that are kept track of, and groups of them. */
const nodeLimit = 500;

interface RunRecordsOptions {
  /** What an event belongs to that names no execution. */
  readonly execution?: string | undefined;
  /** Where to begin. */
  readonly known?: RunRecords | undefined;
  /** Executions that are kept; the one that was silent longest gives way. */
  readonly limit?: number;
}

/** Records of the executions that were heard of last; changed in place as events come. */
export class RunRecords {
  // The first is the one that was silent longest.
  readonly #runs = new Map<string, Recorded>();
  readonly #execution: string;
  readonly #limit: number;

  constructor({ execution = '', known, limit = 300 }: RunRecordsOptions = {}) {
    this.#execution = execution;
    this.#limit = limit;
    const before = execution === '' ? undefined : known?.get(execution);
    if (before !== undefined) this.#runs.set(execution, new Recorded(before));
  }

  get(executionId: string): RunRecord | undefined {
    return this.#runs.get(executionId);
  }

  /** Takes note of what the connection tells, until the answer is called. */
  watch(connection: Pick<RelayConnection, 'subscribe'>): Unsubscribe {
    return connection.subscribe((message) => this.take(message));
  }

  take(message: InboundMessage): void {
    switch (message.event) {
      case 'node_state_change':
      case 'node:parallel_start':
      case 'token_stream':
      case 'error':
        break;
      default:
        return;
    }
    const { name, data, nodeId, startedIds, executionId, timeMs } = arrivalOf(message, '', this.#execution);
    if (executionId === '') return;
    const run = this.#run(executionId);
    const at = timeMs ?? Date.now();
    if (name === 'token_stream') {
      if (nodeId !== '' && !run.began.has(nodeId)) began(run, nodeId, at);
      return;
    }
    run.version++;
    if (nodeId !== '') stood(run, nodeId, name === 'error' ? 'failed' : (textOf(data.status) ?? textOf(data.state)), at);
    if (name === 'node:parallel_start') startedTogether(run, startedIds, at);
  }

  #run(executionId: string): Recorded {
    const run = this.#runs.get(executionId) ?? new Recorded();
    this.#runs.delete(executionId);
    this.#runs.set(executionId, run);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > this.#limit && oldest !== undefined) this.#runs.delete(oldest);
    return run;
  }
}

function stood(run: Recorded, nodeId: string, status: string | undefined, at: number): void {
  if (hasEnded(status)) {
    if (seen(run, nodeId)) run.ended.set(nodeId, at);
  } else if (statusKind(status) === 'running') began(run, nodeId, at);
  else seen(run, nodeId);
}

function startedTogether(run: Recorded, nodeIds: readonly string[], at: number): void {
  const group = [...new Set(nodeIds)];
  for (const nodeId of group) began(run, nodeId, at);
  if (group.length > 1) run.groups.push(group);
  if (run.groups.length > nodeLimit) run.groups.shift();
}

function began(run: Recorded, nodeId: string, at: number): void {
  if (!seen(run, nodeId)) return;
  if (!run.began.has(nodeId)) run.began.set(nodeId, at);
  run.ended.delete(nodeId);
}

/** Whether there is room for the node. */
function seen(run: Recorded, nodeId: string): boolean {
  if (run.order.includes(nodeId)) return true;
  if (run.order.length >= nodeLimit) return false;
  run.order.push(nodeId);
  run.version++;
  return true;
}
