import type { AckData, CeceliaEvent, ClientBoardCommand, ClientCommand } from '../types/messages';
import { type CommandAck, CommandError, type CommandOptions, type OtherEvent } from './relay-connection';

export type Reply = CeceliaEvent | OtherEvent;

interface Pending {
  readonly settle: (outcome: CommandAck | CommandError) => void;
  readonly onReply: CommandOptions['onReply'];
}

/** Maximum number of commands that wait for their acknowledgement. */
const pendingLimit = 64;
/**
 * Maximum number of acknowledged commands whose replies are still passed to `onReply`, and of replies kept because they arrived before their
 * acknowledgement.
 */
const replyLimit = 256;
/** The relay publishes within 3 s or not at all: without an error after this time, in milliseconds, a plain relay has accepted the command. */
const plainSettleMs = 3500;

/** The commands of one connection that wait for their acknowledgement or their replies. */
export class PendingCommands {
  #last = 0;
  readonly #pending = new Map<string, Pending>();
  readonly #replyHandlers = new Map<string, NonNullable<CommandOptions['onReply']>>();
  #earlyReplies: Reply[] = [];

  /**
   * Sends a command, and waits for its acknowledgement.
   * @param isPlain there are no acknowledgements: a command that is not refused counts as accepted.
   * @returns rejects with a CommandError.
   */
  send(
    name: string,
    data: ClientCommand['data'],
    { projectId, timeoutMs = 5000, onReply, shape = 'cmd' }: CommandOptions,
    isPlain: boolean,
    transmit: (message: ClientCommand | ClientBoardCommand) => void,
  ): Promise<CommandAck> {
    if (this.#pending.size >= pendingLimit) {
      return Promise.reject(new CommandError('too_many_pending', `${pendingLimit} commands already wait for their acknowledgement`));
    }
    const ref = `c${++this.#last}`;
    const rest = { ...(data && { data }), ...(projectId !== undefined && { project_id: projectId }), ref };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          this.#settle(
            ref,
            isPlain ? { id: null, receivers: null } : new CommandError('timeout', `${name}: no answer within ${timeoutMs} ms`),
          ),
        isPlain ? plainSettleMs : timeoutMs,
      );
      this.#pending.set(ref, {
        settle: (outcome) => {
          clearTimeout(timer);
          if (outcome instanceof CommandError) reject(outcome);
          else resolve(outcome);
        },
        onReply,
      });
      transmit(shape === 'cmd' ? { cmd: name, ...rest } : { type: name, ...rest });
    });
  }

  /** The relay has published a command. Replies that arrived before the acknowledgement are passed on. */
  onAck({ id, ref, receivers }: AckData): void {
    if (ref === undefined) return;
    const onReply = this.#pending.get(ref)?.onReply;
    if (onReply) {
      this.#replyHandlers.set(id, onReply);
      removeOldest(this.#replyHandlers, replyLimit);
    }
    this.#settle(ref, { id, receivers });
    if (!onReply) return;
    const early = this.#earlyReplies.filter((reply) => reply.reply_to === id);
    this.#earlyReplies = this.#earlyReplies.filter((reply) => reply.reply_to !== id);
    for (const reply of early) onReply(reply);
  }

  /** The relay has refused a command. Returns whether the command was pending. */
  onRefusal(ref: string | undefined, reason: string, message: string): boolean {
    return ref !== undefined && this.#settle(ref, new CommandError(reason, message));
  }

  /** Passes an event that replies to a command to that command's handler, or keeps it until the acknowledgement. */
  onReply(reply: Reply): void {
    const onReply = this.#replyHandlers.get(reply.reply_to ?? '');
    if (onReply) onReply(reply);
    else if ([...this.#pending.values()].some((pending) => pending.onReply)) {
      this.#earlyReplies.push(reply);
      if (this.#earlyReplies.length > replyLimit) this.#earlyReplies.shift();
    }
  }

  /** The connection has ended: the outcome of the pending commands is unknown. */
  rejectAll(): void {
    for (const ref of [...this.#pending.keys()]) {
      this.#settle(
        ref,
        new CommandError(
          'connection_lost',
          'The connection ended before the relay acknowledged the command; it is unknown whether Brain received it',
        ),
      );
    }
    this.#replyHandlers.clear();
    this.#earlyReplies = [];
  }

  #settle(ref: string, outcome: CommandAck | CommandError): boolean {
    const pending = this.#pending.get(ref);
    this.#pending.delete(ref);
    pending?.settle(outcome);
    return pending !== undefined;
  }
}

function removeOldest(map: Map<string, unknown>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}
