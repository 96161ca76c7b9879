import type { GapData, HelloData, LinkData } from '../types/messages';
import type { InboundMessage } from './relay-connection';

/** Why something is on its way: the first state; what was missed; the state, after too much for this client; or since what was missed is not known any more. */
export type CatchUpReason = 'first' | 'recovering' | 'too-slow' | 'not-recovered';

/** Of one connection: whether everything that the relay has is here, and how the relay's own link to Redis stands. */
export class CatchUp {
  #awaits: 'hello' | 'snapshot' | 'nothing' | 'messages';
  #missed = 0;
  #reason: CatchUpReason = 'first';
  #link: LinkData = { status: 'live' };

  /** @param rich it speaks the subprotocol; otherwise nothing is ever on its way. */
  constructor(rich: boolean) {
    this.#awaits = rich ? 'hello' : 'nothing';
  }

  /** Whether it has been greeted. */
  get isGreeted(): boolean {
    return this.#awaits !== 'hello';
  }

  /** Why something is on its way; `undefined`: everything is here. */
  get reason(): CatchUpReason | undefined {
    return this.#awaits === 'nothing' ? undefined : this.#reason;
  }

  /** What was missed is being given again. */
  get isReplaying(): boolean {
    return this.#awaits === 'messages';
  }

  get link(): LinkData {
    return this.#link;
  }

  greeted({ link, recovered, wasRecovering, missed }: HelloData): void {
    this.#link = link;
    this.#missed = missed ?? 0;
    this.#awaits = !recovered ? 'snapshot' : this.#missed > 0 ? 'messages' : 'nothing';
    this.#reason = recovered ? 'recovering' : wasRecovering ? 'not-recovered' : 'first';
  }

  gap({ cause }: GapData): void {
    if (cause !== 'slow_client') return;
    this.#awaits = 'snapshot';
    this.#reason = 'too-slow';
  }

  linked(link: LinkData): void {
    this.#link = link;
  }

  /** A message was handled. True: with it, everything is here. */
  handled({ event, data }: InboundMessage): boolean {
    if (this.#awaits === 'snapshot' && event === 'relay:snapshot' && data.last === true) this.#awaits = 'nothing';
    else if (this.#awaits === 'messages' && isKept(event) && --this.#missed === 0) this.#awaits = 'nothing';
    else return false;
    return true;
  }
}

/** Whether `missed` counts it: what is kept with the events, not what is about this connection alone. */
function isKept(event: string): boolean {
  return !event.startsWith('relay:') || event === 'relay:gap' || event === 'relay:link' || event === 'relay:ping';
}
