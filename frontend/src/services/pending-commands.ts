import type { AckData, CeceliaEvent, ClientBoardCommand, ClientCommand } from '../types/messages';
import { type CommandAck, CommandError, type CommandOptions, type OtherEvent } from './relay-connection';

export type Reply = CeceliaEvent | OtherEvent;

interface Pending {
  readonly settle: (outcome: CommandAck | CommandError) => void;
  readonly onReply: CommandOptions['onReply'];
}

/** At most so many commands wait for their answer. */
const pendingLimit = 64;
/** Of so many commands that were answered, replies are still handed to their `onReply`; and so many replies that came before their ack are kept for it. */
const replyLimit = 256;
/** The relay publishes within 3 s or not at all: after this long without an error, in milliseconds, a plain relay has taken the command. */
const plainSettleMs = 3500;

/** The commands of one connection that wait for their answer. One thread, as all of a page. */
export class PendingCommands {
  #last = 0;
  readonly #pending = new Map<string, Pending>();
  readonly #replyHandlers = new Map<string, NonNullable<CommandOptions['onReply']>>();
  #early: Reply[] = [];

  /**
   * Sends a command, and waits for what the relay says of it.
   * @param plain there is no acknowledgement: what is not refused is taken.
   * @returns rejects with a CommandError.
   */
  send(
    name: string,
    data: ClientCommand['data'],
    { projectId, timeoutMs = 5000, onReply, shape = 'cmd' }: CommandOptions,
    plain: boolean,
    transmit: (message: ClientCommand | ClientBoardCommand) => void,
  ): Promise<CommandAck> {
    if (this.#pending.size >= pendingLimit) {
      return Promise.reject(new CommandError('too_many_pending', `${pendingLimit} commands wait for their answer already`));
    }
    const ref = `c${++this.#last}`;
    const rest = { ...(data && { data }), ...(projectId !== undefined && { project_id: projectId }), ref };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          this.#settle(
            ref,
            plain ? { id: null, receivers: null } : new CommandError('timeout', `${name}: no answer within ${timeoutMs} ms`),
          ),
        plain ? plainSettleMs : timeoutMs,
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

  /** The relay has published a command. Replies that came before this are handed over first. */
  acknowledge({ id, ref, receivers }: AckData): void {
    if (ref === undefined) return;
    const onReply = this.#pending.get(ref)?.onReply;
    if (onReply) {
      this.#replyHandlers.set(id, onReply);
      dropOldest(this.#replyHandlers, replyLimit);
    }
    this.#settle(ref, { id, receivers });
    if (!onReply) return;
    const mine = this.#early.filter((reply) => reply.reply_to === id);
    this.#early = this.#early.filter((reply) => reply.reply_to !== id);
    for (const reply of mine) onReply(reply);
  }

  /** The relay refused a command. False: it is none that waits here. */
  refuse(ref: string | undefined, reason: string, message: string): boolean {
    return ref !== undefined && this.#settle(ref, new CommandError(reason, message));
  }

  /** An event that answers a command came. */
  reply(reply: Reply): void {
    const onReply = this.#replyHandlers.get(reply.reply_to ?? '');
    if (onReply) onReply(reply);
    else if ([...this.#pending.values()].some((pending) => pending.onReply)) {
      this.#early.push(reply);
      if (this.#early.length > replyLimit) this.#early.shift();
    }
  }

  /** The connection has ended: nobody knows what became of the commands that wait. */
  end(): void {
    for (const ref of [...this.#pending.keys()]) {
      this.#settle(
        ref,
        new CommandError('connection_lost', 'The connection ended before the answer: nobody knows whether Brain has the command'),
      );
    }
    this.#replyHandlers.clear();
    this.#early = [];
  }

  #settle(ref: string, outcome: CommandAck | CommandError): boolean {
    const pending = this.#pending.get(ref);
    this.#pending.delete(ref);
    pending?.settle(outcome);
    return pending !== undefined;
  }
}

function dropOldest(map: Map<string, unknown>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}
