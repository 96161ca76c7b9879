import type { InboundMessage, RelayConnection, Unsubscribe } from '../services/relay-connection';
import { arrivalOf } from '../state/arrival';
import { hasEnded, statusKind } from './status-kind';
import { textOf } from './text-of';
import { momentOf } from './time-words';

export interface LogLine {
  readonly number: number;
  readonly at: number;
  readonly level: string;
  readonly message: string;
  readonly nodeId: string;
}

/** What was seen of one execution while this page was open, beside its state: in which order its nodes came, and what was logged. */
export interface RunRecord {
  /** Nodes, as they were first seen. */
  readonly order: readonly string[];
  /** Nodes that were told to have started together, oldest group first. */
  readonly groups: readonly (readonly string[])[];
  /** When each node was first seen running, and when it last ended; Unix milliseconds. */
  readonly began: ReadonlyMap<string, number>;
  readonly ended: ReadonlyMap<string, number>;
  /** The newest lines, oldest first. */
  readonly logs: readonly LogLine[];
  /** Lines that were there and had to make room. */
  readonly logsGone: number;
  readonly version: number;
}

class Recorded implements RunRecord {
  readonly order: string[] = [];
  readonly groups: string[][] = [];
  readonly began = new Map<string, number>();
  readonly ended = new Map<string, number>();
  readonly logs: LogLine[] = [];
  logsGone = 0;
  version = 0;
}

const nodeLimit = 500;
const logLimit = 500;

/** Records of the executions that were heard of last; changed in place as events come. */
export class RunRecords {
  // The first is the one that was silent longest.
  readonly #runs = new Map<string, Recorded>();
  #numbered = 0;

  constructor(readonly limit = 300) {}

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
      case 'log':
        break;
      default:
        return;
    }
    const { name, data, nodeId, executionId, timeMs } = arrivalOf(message, '');
    if (executionId === '') return;
    const run = this.#run(executionId);
    const at = timeMs ?? Date.now();
    if (name === 'token_stream') {
      if (nodeId !== '' && !run.began.has(nodeId)) this.#began(run, nodeId, at);
      return;
    }
    run.version++;
    if (name === 'log') return this.#log(run, textOf(data.level) ?? 'info', data, nodeId, at);
    if (name === 'error') this.#log(run, 'error', data, nodeId, at);
    if (nodeId !== '') this.#node(run, nodeId, name === 'error' ? 'failed' : (textOf(data.status) ?? textOf(data.state)), at);
    if (name === 'node:parallel_start') this.#group(run, data, at);
  }

  #node(run: Recorded, nodeId: string, status: string | undefined, at: number): void {
    if (hasEnded(status)) {
      this.#seen(run, nodeId);
      run.ended.set(nodeId, at);
    } else if (statusKind(status) === 'running') this.#began(run, nodeId, at);
    else this.#seen(run, nodeId);
  }

  #group(run: Recorded, data: Readonly<Record<string, unknown>>, at: number): void {
    const listed = [data.node_ids, data.nodes, data.branches].find(Array.isArray) as readonly unknown[] | undefined;
    const group = idsOf(listed);
    for (const nodeId of group) this.#began(run, nodeId, at);
    if (group.length > 1) run.groups.push(group);
    if (run.groups.length > nodeLimit) run.groups.shift();
  }

  #began(run: Recorded, nodeId: string, at: number): void {
    if (!this.#seen(run, nodeId)) return;
    if (!run.began.has(nodeId)) run.began.set(nodeId, at);
    run.ended.delete(nodeId);
  }

  /** Whether there is room for the node. */
  #seen(run: Recorded, nodeId: string): boolean {
    if (run.order.includes(nodeId)) return true;
    if (run.order.length >= nodeLimit) return false;
    run.order.push(nodeId);
    run.version++;
    return true;
  }

  #log(run: Recorded, level: string, data: Readonly<Record<string, unknown>>, nodeId: string, at: number): void {
    const message = textOf(data.message) ?? textOf(data.error) ?? textOf(data) ?? '';
    run.logs.push({ number: ++this.#numbered, at, level, message, nodeId });
    if (run.logs.length > logLimit) {
      run.logs.shift();
      run.logsGone++;
    }
  }

  #run(executionId: string): Recorded {
    const run = this.#runs.get(executionId) ?? new Recorded();
    this.#runs.delete(executionId);
    this.#runs.set(executionId, run);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > this.limit && oldest !== undefined) this.#runs.delete(oldest);
    return run;
  }
}

/** The ids in a list of nodes, which are ids themselves or objects that have one. */
export function idsOf(list: unknown): string[] {
  if (typeof list === 'string' || typeof list === 'number') return [String(list)];
  if (!Array.isArray(list)) return [];
  return (list as readonly unknown[]).flatMap((item) => {
    if (typeof item === 'string' || typeof item === 'number') return [String(item)];
    if (typeof item !== 'object' || item === null) return [];
    const { node_id, nodeId, id } = item as Record<string, unknown>;
    const found = node_id ?? nodeId ?? id;
    return typeof found === 'string' || typeof found === 'number' ? [String(found)] : [];
  });
}

/** When something began and ended that has a timestamp of either. */
export function spanOf(from: string | undefined, to: string | undefined): number | null {
  const [began, ended] = [momentOf(from), momentOf(to)];
  return began === null || ended === null ? null : Math.max(0, ended - began);
}
