import type { CeceliaEvent, LinkData } from '../types/messages';
import type { ConnectionState } from '../services/connection-state';
import { HandlerSet } from '../services/handler-set';
import type { InboundMessage, MessageOf, OtherEvent, RelayConnection, Unsubscribe } from '../services/relay-connection';
import type { RelayFilter } from '../services/relay-url';
import { ClockOffset } from './clock-offset';
import { type FrameScheduler, nextFrame } from './frame-scheduler';
import { entityKey, type FeedEntry, type KnownGap, type LiveView, type SectionName, type Sections, type StreamSecond } from './live-view';
import { parseTime } from './rfc3339';
import { StateTables } from './state-tables';
import { StreamSeconds } from './stream-seconds';

export interface LiveStateOptions {
  /** Events that the feed holds. Default 5,000. */
  readonly feedLimit?: number;
  /** Entities that each section holds. Default 20,000; past it those that have ended go first. */
  readonly entityLimit?: number;
  /** What the connection is filtered by. Where that is one execution, an event that does not say which one it belongs to belongs to that. */
  readonly filter?: RelayFilter | undefined;
  readonly schedule?: FrameScheduler;
  /** This page's clock, in Unix milliseconds. */
  readonly now?: () => number;
}

/** A message that waits for the next frame, and when it came. */
interface Waiting {
  readonly message: InboundMessage;
  readonly at: number;
  readonly recovered: boolean;
}

const gapLimit = 50;
/** How far the estimate of the relay's clock may be off. A publisher's time that is further in the future says that its clock is ahead. */
const clockErrorMs = 100;
/** Messages that wait for a frame at most. Past it they are taken at once: a page that nobody sees may have no frames for a minute. */
const waitingLimit = 5000;

/**
 * The state that a connection tells of, kept up to date (see `LiveView`). Messages wait for the next frame, and are reduced there in one go. It neither opens
 * nor closes the connection; `dispose` lets go of it.
 */
export class LiveState implements LiveView {
  readonly feedLimit: number;
  readonly feed: FeedEntry[] = [];
  readonly gaps: KnownGap[] = [];
  hasState = false;
  link: LinkData | null = null;
  lastMessageAt: number | null = null;
  readonly #connection: RelayConnection;
  readonly #tables: StateTables;
  readonly #stream = new StreamSeconds();
  readonly #clock = new ClockOffset();
  readonly #schedule: FrameScheduler;
  readonly #now: () => number;
  readonly #listeners = new HandlerSet<void>((error) => reportError(error));
  readonly #stops: readonly Unsubscribe[];
  #waiting: Waiting[] = [];
  #calledOff: (() => void) | undefined;
  #second: ReturnType<typeof setInterval> | undefined;
  #listening = 0;
  #numbered = 0;
  #feedVersion = 0;
  #gapsVersion = 0;
  #othersVersion = 0;
  /** When the last message came that was taken, in Unix milliseconds of this page's clock. */
  #takenAt: number | null = null;
  #wasCut = false;

  constructor(connection: RelayConnection, options: LiveStateOptions = {}) {
    const { feedLimit = 5000, entityLimit = 20_000, filter, schedule = nextFrame, now = Date.now } = options;
    this.#connection = connection;
    this.feedLimit = feedLimit;
    this.#tables = new StateTables(entityLimit, onlyOne(filter?.execution));
    this.#schedule = schedule;
    this.#now = now;
    this.#stops = [connection.subscribe((message) => this.#came(message)), connection.onState((state) => this.#connectionChanged(state))];
    this.#stream.follow(connection.state.status === 'live');
  }

  get sections(): Sections {
    return this.#tables.sections;
  }

  get seconds(): readonly StreamSecond[] {
    return this.#stream.seconds;
  }

  get clockOffset(): number {
    return this.#clock.ms;
  }

  /** Entities that the limit pushed out since the page began. */
  get evicted(): number {
    return this.#tables.evicted;
  }

  dropped(section: SectionName, project: string | null = null): ReadonlyMap<string, number> {
    return this.#tables.dropped(section, project);
  }

  version(of?: SectionName | 'feed' | 'gaps' | 'seconds'): number {
    switch (of) {
      case 'feed':
        return this.#feedVersion;
      case 'gaps':
        return this.#gapsVersion;
      case 'seconds':
        return this.#stream.version;
      case undefined:
        return this.#tables.version() + this.#feedVersion + this.#gapsVersion + this.#stream.version + this.#othersVersion;
      default:
        return this.#tables.version(of);
    }
  }

  subscribe(listener: () => void): Unsubscribe {
    const remove = this.#listeners.add(listener);
    this.#listening++;
    // Seconds in which nothing comes are seconds too, as long as somebody looks.
    this.#second ??= setInterval(() => this.#await(), 1000);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      remove();
      if (--this.#listening === 0) this.#stopSeconds();
    };
  }

  text(executionId: string, nodeId: string): string {
    const key = entityKey(executionId, nodeId);
    return this.#tables.texts.get(key, this.sections.nodes.get(key)?.text);
  }

  /** Takes over at once what waits for the next frame. */
  flush(): void {
    this.#calledOff?.();
    this.#calledOff = undefined;
    const before = this.version();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) this.#take(one);
    this.feed.splice(0, this.feed.length - this.feedLimit);
    this.#stream.roll(this.#now());
    if (this.version() !== before) this.#listeners.emit();
  }

  /** Lets go of the connection, for good. What is known stays to be read. */
  dispose(): void {
    for (const stop of this.#stops) stop();
    this.#calledOff?.();
    this.#calledOff = undefined;
    this.#waiting = [];
    this.#stopSeconds();
  }

  #came(message: InboundMessage): void {
    this.lastMessageAt = this.#now();
    const { state } = this.#connection;
    const recovered = state.status === 'catching-up' && state.why !== 'first';
    this.#waiting.push({ message, at: this.lastMessageAt, recovered });
    if (this.#waiting.length >= waitingLimit) this.flush();
    else this.#await();
  }

  #await(): void {
    this.#calledOff ??= this.#schedule(() => {
      this.#calledOff = undefined;
      this.flush();
    });
  }

  #take({ message, at, recovered }: Waiting): void {
    const takenAt = this.#takenAt;
    this.#takenAt = at;
    if (!message.event.startsWith('relay:')) return this.#happened(message as CeceliaEvent | OtherEvent, at, recovered);
    // The shape of those that the types know was judged where they came in; others are passed over, as the protocol asks.
    const own = message as MessageOf<`relay:${'hello' | 'snapshot' | 'gap' | 'link' | 'ping'}`>;
    switch (own.event) {
      case 'relay:hello':
        if (takenAt !== null) this.#stream.lost(takenAt);
        if (!own.data.recovered) this.#missed('not_recovered', takenAt, own.timestamp);
        this.#sample(own.timestamp, at);
        return this.#linked(own.data.link);
      case 'relay:snapshot':
        if (this.#tables.takeOver(own.data)) this.hasState = true;
        return;
      case 'relay:gap':
        if (own.data.cause === 'publisher_restarted') this.#tables.forgetNumbers(own.data.source ?? '');
        // After one of the page's own reading, the state follows.
        if (own.data.cause !== 'slow_client') this.#tables.markUncertain();
        return this.#note(own.data, at);
      case 'relay:link':
        return this.#linked(own.data);
      case 'relay:ping':
        this.#sample(own.timestamp, at);
        // So that the age of what is shown is shown anew.
        this.#othersVersion++;
    }
  }

  /** Notes a gap that the page has because it was not connected, unless there was nothing yet that could have a gap. */
  #missed(cause: 'not_recovered' | 'not_replayed', from: number | null, to: string): void {
    if (!this.hasState || from === null) return;
    this.#note({ cause, missed: null, from: this.#iso(from + this.clockOffset), to }, this.#now());
  }

  /** `at` in Unix milliseconds of this page's clock. */
  #note(gap: KnownGap['gap'], at: number): void {
    this.gaps.push({ number: ++this.#gapsVersion, gap, at: at + this.clockOffset, after: this.#numbered });
    if (this.gaps.length > gapLimit) this.gaps.shift();
  }

  /** Without the subprotocol nobody tells what was missed while the page was cut off. */
  #connectionChanged(state: ConnectionState): void {
    this.#stream.follow(state.status === 'live');
    if (state.status === 'reconnecting' || state.status === 'closed') this.#wasCut = true;
    if (state.status !== 'live') return;
    const isMissed = this.#wasCut && state.protocol === 'plain';
    this.#wasCut = false;
    if (!isMissed) return;
    this.flush();
    this.#tables.markUncertain();
    if (this.#takenAt !== null) this.#stream.lost(this.#takenAt);
    this.#missed('not_replayed', this.#takenAt, this.#iso(this.#now() + this.clockOffset));
    this.#listeners.emit();
  }

  #happened(event: CeceliaEvent | OtherEvent, at: number, recovered: boolean): void {
    this.hasState = true;
    const received = at + this.clockOffset;
    const time = parseTime(event.timestamp);
    const lag = event.undated === true || time === null || received - time < -clockErrorMs ? null : Math.max(0, received - time);
    this.#tables.apply(event, this.#iso(received));
    this.feed.push({ number: ++this.#numbered, event, received, accepted: acceptedAt(event.id), recovered, lag });
    this.#feedVersion++;
    this.#stream.count(at, lag);
  }

  #linked(link: LinkData): void {
    this.link = link;
    this.#othersVersion++;
  }

  #sample(timestamp: string, at: number): void {
    const time = parseTime(timestamp);
    if (time !== null) this.#clock.sample(time, at);
  }

  #isoOf = Number.NaN;
  #isoText = '';

  #iso(ms: number): string {
    // Events come many to a millisecond.
    if (ms !== this.#isoOf) {
      this.#isoOf = ms;
      this.#isoText = new Date(ms).toISOString();
    }
    return this.#isoText;
  }

  #stopSeconds(): void {
    clearInterval(this.#second);
    this.#second = undefined;
  }
}

/** When the relay accepted the event of that position (PROTOCOL.md, "Positions"), in Unix milliseconds of its clock. */
function acceptedAt(position: string | undefined): number | null {
  const digits = /^[0-9a-f]{16}-([0-9a-f]{11})$/.exec(position ?? '')?.[1];
  return digits === undefined ? null : parseInt(digits, 16);
}

function onlyOne(values: RelayFilter['execution'] = []): string | undefined {
  const all = [values].flat();
  return all.length === 1 ? all[0] : undefined;
}
