import type { GapData, HelloData, LinkData } from '../types/messages';
import type { InboundMessage } from './relay-connection';

/**
 * What is being received: the state for the first time; the missed events; the state, because this client was too slow; or the state, because the missed
 * events are no longer available.
 */
export type CatchUpReason = 'first' | 'recovering' | 'too-slow' | 'not-recovered';

/** Tracks, for one connection, whether everything that the relay has was received, and the status of the relay's link to Redis. */
export class CatchUp {
  #waitsFor: 'hello' | 'snapshot' | 'nothing' | 'messages';
  #missed = 0;
  #reason: CatchUpReason = 'first';
  #link: LinkData = { status: 'live' };

  /** @param hasSubprotocol without the subprotocol there is nothing to wait for. */
  constructor(hasSubprotocol: boolean) {
    this.#waitsFor = hasSubprotocol ? 'hello' : 'nothing';
  }

  /** Whether `relay:hello` was received. */
  get hasHello(): boolean {
    return this.#waitsFor !== 'hello';
  }

  /** What is being received; `undefined`: nothing is outstanding. */
  get reason(): CatchUpReason | undefined {
    return this.#waitsFor === 'nothing' ? undefined : this.#reason;
  }

  /** Whether missed events are being replayed. */
  get isReplaying(): boolean {
    return this.#waitsFor === 'messages';
  }

  get link(): LinkData {
    return this.#link;
  }

  onHello({ link, recovered, wasRecovering, missed }: HelloData): void {
    this.#link = link;
    this.#missed = missed ?? 0;
    this.#waitsFor = !recovered ? 'snapshot' : this.#missed > 0 ? 'messages' : 'nothing';
    this.#reason = recovered ? 'recovering' : wasRecovering ? 'not-recovered' : 'first';
  }

  onGap({ cause }: GapData): void {
    if (cause !== 'slow_client') return;
    this.#waitsFor = 'snapshot';
    this.#reason = 'too-slow';
  }

  onLink(link: LinkData): void {
    this.#link = link;
  }

  /** Counts a message that was handled. Returns whether nothing is outstanding after it. */
  onHandled({ event, data }: InboundMessage): boolean {
    if (this.#waitsFor === 'snapshot' && event === 'relay:snapshot' && data.last === true) this.#waitsFor = 'nothing';
    else if (this.#waitsFor === 'messages' && isJournaled(event) && --this.#missed === 0) this.#waitsFor = 'nothing';
    else return false;
    return true;
  }
}

/** Whether `missed` includes the message: those in the journal, not those about this connection alone. */
function isJournaled(event: string): boolean {
  return !event.startsWith('relay:') || event === 'relay:gap' || event === 'relay:link' || event === 'relay:ping';
}
