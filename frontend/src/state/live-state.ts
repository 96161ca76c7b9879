import type { CeceliaEvent, LinkData, Position } from '../types/messages';
import type { ConnectionState } from '../services/connection-state';
import { HandlerSet } from '../services/handler-set';
import type { InboundMessage, MessageOf, OtherEvent, RelayConnection, Unsubscribe } from '../services/relay-connection';
import type { RelayFilter } from '../services/relay-url';
import { ClockOffset } from './clock-offset';
import { acceptedAt, lagOf, pastEntry } from './feed-entry';
import { type FrameScheduler, nextFrame } from './frame-scheduler';
import { entityKey, type FeedEntry, type KnownGap, type LiveView, type SectionName, type Sections, type StreamSecond } from './live-view';
import type { HistoryPage, PastView } from './history-page';
import { PastSeconds } from './past-seconds';
import { parseTime } from './rfc3339';
import { StateTables } from './state-tables';
import { StreamSeconds } from './stream-seconds';

export interface LiveStateOptions {
  /** Maximum number of events in the feed. Default 5,000. */
  readonly feedLimit?: number;
  /** Maximum number of entities in each section. Default 20,000; ended entities are evicted first. */
  readonly entityLimit?: number;
  /** The filter of the connection. If it is a single execution, events without an execution belong to that one. */
  readonly filter?: RelayFilter | undefined;
  readonly schedule?: FrameScheduler;
  /** This page's clock, in Unix milliseconds. */
  readonly now?: () => number;
}

/** A message that is queued until the next frame. */
interface Queued {
  readonly message: InboundMessage;
  /** When it was received, in Unix milliseconds of this page's clock. */
  readonly at: number;
  readonly recovered: boolean;
}

const gapLimit = 50;
/** Maximum number of queued messages. Beyond it they are processed immediately: a hidden page may have no frames for a minute. */
const queueLimit = 5000;
/** From this on, the time for processing messages is not followed by that for rendering in the same task, in milliseconds. */
const longMs = 50;

/**
 * The state of what a connection receives (see `LiveView`). Messages are queued until the next frame and reduced there in one batch. It neither opens nor
 * closes the connection; `dispose` unsubscribes from it.
 */
export class LiveState implements LiveView, PastView {
  readonly feedLimit: number;
  readonly feed: FeedEntry[] = [];
  readonly gaps: KnownGap[] = [];
  hasState = false;
  startPosition: Position | null = null;
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
  #queue: Queued[] = [];
  #cancelFrame: (() => void) | undefined;
  #second: ReturnType<typeof setInterval> | undefined;
  #listenerCount = 0;
  #lastNumber = 0;
  #feedVersion = 0;
  #gapsVersion = 0;
  /** The number of the next older event. */
  #pastNumber = 0;
  #pastVersion = 0;
  #pastSeconds: PastSeconds | undefined;
  #othersVersion = 0;
  /** Whether the listeners are notified in the next frame, which never waits again. */
  #isHeld = false;
  /** The version that the listeners were notified of. */
  #notifiedVersion = 0;
  /** When the last processed message was received, in Unix milliseconds of this page's clock. */
  #processedAt: number | null = null;
  #wasDisconnected = false;

  constructor(connection: RelayConnection, options: LiveStateOptions = {}) {
    const { feedLimit = 5000, entityLimit = 20_000, filter, schedule = nextFrame, now = Date.now } = options;
    this.#connection = connection;
    this.feedLimit = feedLimit;
    this.#tables = new StateTables(entityLimit, single(filter?.execution));
    this.#schedule = schedule;
    this.#now = now;
    this.#stops = [connection.subscribe((message) => this.#enqueue(message)), connection.onState((state) => this.#onState(state))];
    this.#stream.setLive(connection.state.status === 'live');
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

  /** Number of entities evicted since the page was opened. */
  get evicted(): number {
    return this.#tables.evicted;
  }

  dropped(section: SectionName, project: string | null = null): ReadonlyMap<string, number> {
    return this.#tables.dropped(section, project);
  }

  version(of?: SectionName | 'feed' | 'past' | 'gaps' | 'seconds'): number {
    switch (of) {
      case 'past':
        return this.#pastVersion;
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
    this.#listenerCount++;
    // Seconds without messages are counted too while there is a listener.
    this.#second ??= setInterval(() => this.#scheduleFlush(), 1000);
    let isRemoved = false;
    return () => {
      if (isRemoved) return;
      isRemoved = true;
      remove();
      if (--this.#listenerCount === 0) this.#stopSeconds();
    };
  }

  text(executionId: string, nodeId: string): string {
    const key = entityKey(executionId, nodeId);
    return this.#tables.texts.get(key, this.sections.nodes.get(key)?.text);
  }

  silentSince(section: 'tasks' | 'executions', id: string): number | null {
    if (this.#connection.state.status !== 'live') return null;
    const now = this.#now() + this.clockOffset;
    const { silence } = this.#tables;
    return section === 'tasks'
      ? silence.taskSince(this.sections.tasks.get(id), now)
      : silence.executionSince(this.sections.executions.get(id), now);
  }

  /** Processes the queued messages now. */
  flush(): void {
    this.#cancelFrame?.();
    this.#cancelFrame = undefined;
    this.#reduce();
    this.#notify();
  }

  #reduce(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const one of queue) this.#process(one);
    this.feed.splice(0, this.feed.length - this.feedLimit);
    this.#stream.advance(this.#now());
  }

  #notify(): void {
    const version = this.version();
    if (version === this.#notifiedVersion) return;
    this.#notifiedVersion = version;
    this.#listeners.emit();
  }

  /** Adds a page that ends at `startPosition`, or where the page before this one began. Returns whether there is room for an older page. */
  addPast(page: HistoryPage): boolean {
    this.flush();
    // The oldest live events were removed, or all of the history that there is room for was added.
    const room = this.feedLimit - this.feed.length;
    if (room <= 0 || (this.feed[0]?.number ?? 1) !== this.#pastNumber + 1) return false;
    const first = this.#pastNumber - page.events.length + 1;
    const all = page.events.map((event, index) => pastEntry(event, first + index));
    const entries = all.slice(-room);
    this.#pastNumber -= entries.length;
    this.feed.unshift(...entries);
    const hasRoom = entries.length === page.events.length && entries.length < room;
    if (hasRoom && !page.complete) this.#addPastGap(page);
    this.#countPast(page, all);
    this.#feedVersion++;
    this.#pastVersion++;
    this.#notify();
    return hasRoom;
  }

  /** Unsubscribes from the connection. The present state stays readable. */
  dispose(): void {
    for (const stop of this.#stops) stop();
    this.#cancelFrame?.();
    this.#cancelFrame = undefined;
    this.#queue = [];
    this.#stopSeconds();
  }

  #enqueue(message: InboundMessage): void {
    this.lastMessageAt = this.#now();
    const { state } = this.#connection;
    const recovered = state.status === 'catching-up' && state.why !== 'first';
    this.#queue.push({ message, at: this.lastMessageAt, recovered });
    if (this.#queue.length >= queueLimit) this.flush();
    else this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    this.#cancelFrame ??= this.#schedule(() => {
      this.#cancelFrame = undefined;
      const startedAt = performance.now();
      this.#reduce();
      // After a large snapshot, the page has a moment for input before it renders all of it.
      this.#isHeld = !this.#isHeld && performance.now() - startedAt >= longMs;
      if (this.#isHeld) this.#scheduleFlush();
      else this.#notify();
    });
  }

  #process({ message, at, recovered }: Queued): void {
    const processedAt = this.#processedAt;
    this.#processedAt = at;
    if (!message.event.startsWith('relay:')) return this.#applyEvent(message as CeceliaEvent | OtherEvent, at, recovered);
    // The shape of known messages was checked when they were parsed; others are ignored, as the protocol requires.
    const own = message as MessageOf<`relay:${'hello' | 'snapshot' | 'gap' | 'link' | 'ping'}`>;
    switch (own.event) {
      case 'relay:hello':
        if (processedAt !== null) this.#stream.markUnknown(processedAt);
        if (!own.data.recovered) this.#addOwnGap('not_recovered', processedAt, own.timestamp);
        this.#sample(own.timestamp, at);
        this.#tables.silence.afterMs = own.data.silentAfterMs ?? 0;
        return this.#setLink(own.data.link);
      case 'relay:snapshot':
        if (this.#tables.applySnapshot(own.data)) {
          if (!this.hasState) {
            this.startPosition = own.data.position;
            this.#pastSeconds = new PastSeconds(Math.floor(at / 1000));
          }
          this.hasState = true;
        }
        return;
      case 'relay:gap':
        if (own.data.cause === 'publisher_restarted') this.#tables.forgetNumbers(own.data.source);
        // After a gap because this page was too slow, a snapshot follows.
        if (own.data.cause !== 'slow_client') this.#tables.markUncertain();
        return this.#addGap(own.data, at);
      case 'relay:link':
        return this.#setLink(own.data);
      case 'relay:ping':
        this.#sample(own.timestamp, at);
        // So that the displayed age of the data is updated.
        this.#othersVersion++;
    }
  }

  /** Adds a gap because the page was disconnected, unless nothing was received before. */
  #addOwnGap(cause: 'not_recovered' | 'not_replayed', from: number | null, to: string): void {
    if (!this.hasState || from === null) return;
    this.#addGap({ cause, missed: null, from: this.#iso(from + this.clockOffset), to }, this.#now());
  }

  /** `at` in Unix milliseconds of this page's clock. */
  #addGap(gap: KnownGap['gap'], at: number): void {
    this.gaps.push({ number: ++this.#gapsVersion, gap, at: at + this.clockOffset, after: this.#lastNumber });
    if (this.gaps.length > gapLimit) this.gaps.shift();
  }

  #countPast(page: HistoryPage, entries: readonly FeedEntry[]): void {
    const past = this.#pastSeconds;
    if (past === undefined) return;
    for (const { received, lag } of entries) past.count(received - this.clockOffset, lag);
    past.endPage(page, this.clockOffset);
    this.#stream.setPast(past, this.#now());
  }

  #addPastGap({ gap, events }: HistoryPage): void {
    if (this.gaps.length >= gapLimit) return;
    const first = events[0]?.received ?? null;
    const at = parseTime(gap?.to ?? first ?? '') ?? this.#now() + this.clockOffset;
    this.gaps.unshift({
      number: ++this.#gapsVersion,
      gap: gap ?? { cause: 'not_kept', missed: null, from: first, to: events.at(-1)?.received ?? null },
      at,
      after: this.#pastNumber,
    });
  }

  /** Without the subprotocol, events that were missed while the page was disconnected are not reported. */
  #onState(state: ConnectionState): void {
    this.#stream.setLive(state.status === 'live');
    if (state.status === 'reconnecting' || state.status === 'closed') this.#wasDisconnected = true;
    if (state.status !== 'live') return;
    const isMissed = this.#wasDisconnected && state.protocol === 'plain';
    this.#wasDisconnected = false;
    if (!isMissed) return;
    this.flush();
    this.#tables.markUncertain();
    if (this.#processedAt !== null) this.#stream.markUnknown(this.#processedAt);
    this.#addOwnGap('not_replayed', this.#processedAt, this.#iso(this.#now() + this.clockOffset));
    this.#notify();
  }

  #applyEvent(event: CeceliaEvent | OtherEvent, at: number, recovered: boolean): void {
    this.hasState = true;
    const received = at + this.clockOffset;
    const lag = lagOf(event, received);
    this.#tables.apply(event, this.#iso(received));
    this.feed.push({ number: ++this.#lastNumber, event, received, accepted: acceptedAt(event.id), recovered, fromHistory: false, lag });
    this.#feedVersion++;
    this.#stream.count(at, lag);
  }

  #setLink(link: LinkData): void {
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
    // Many events have the same millisecond.
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

function single(values: RelayFilter['execution'] = []): string | undefined {
  const all = [values].flat();
  return all.length === 1 ? all[0] : undefined;
}
