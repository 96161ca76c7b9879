import type { Moment, StateHistory } from 'cecelia-client/state';
import { refreshClock } from '../relay/page-clock';
import { isObject } from '../relay/relay-api';

export const speeds = [1, 10, 60] as const;
export type Speed = (typeof speeds)[number];

/** Whether the page shows the present, or an earlier moment. */
export type Travel =
  | { readonly status: 'live'; /** The relay no longer has the moment of the address. */ readonly isGone: boolean }
  | { readonly status: 'loading'; /** Number of pages that were received. */ readonly received: number }
  | { readonly status: 'failed'; readonly reason: string; readonly message: string }
  | { readonly status: 'past'; readonly history: StateHistory; readonly isPlaying: boolean; readonly speed: Speed };

export interface HistoryRequest {
  readonly signal: AbortSignal;
  /** Called with each page of the history that was received. */
  readonly onPage?: () => void;
  /** Only this execution, up to the end of another history. */
  readonly execution?: { readonly id: string; readonly end: number };
}

export type LoadMoments = (request: HistoryRequest) => Promise<StateHistory>;

/** The address of the beginning, which has no position. */
const begin = 'begin';
/** Time between two moments while playing, in milliseconds. */
const playMs = 100;

/** The moment that the page shows. The history is loaded when it is opened, and released when the page returns to the present. */
export class TimeTravel {
  #travel: Travel = { status: 'live', isGone: false };
  /** The moment in the address of the page; `null`: the present. */
  #address: string | null = null;
  #goal: string | null = null;
  #loading: AbortController | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #frame: number | undefined;
  #wanted: Moment = 0;
  #speed: Speed = 10;
  readonly #listeners = new Set<() => void>();

  constructor(
    readonly load: LoadMoments,
    /** Called when the moment for the address has changed. */
    readonly onAddress: (at: string | null) => void,
  ) {}

  readonly get = (): Travel => this.#travel;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Follows the address of the page. */
  follow(at: string | null): void {
    if (at === this.#address) return;
    this.#address = at;
    if (at === null) return this.live();
    if (this.#travel.status === 'past' && goTo(this.#travel.history, at)) return;
    void this.open(at);
  }

  /** Loads the history, and shows the moment of an address, or the end. */
  async open(at: string | null = null): Promise<void> {
    this.#stop();
    this.#goal = at;
    const loading = (this.#loading = new AbortController());
    let received = 0;
    this.#set({ status: 'loading', received });
    const onPage = () => {
      if (this.#loading === loading) this.#set({ status: 'loading', received: ++received });
    };
    try {
      const history = await this.load({ signal: loading.signal, onPage });
      if (this.#loading !== loading) return;
      this.#loading = undefined;
      if (at !== null && !goTo(history, at)) {
        this.#leave(true);
        return;
      }
      history.subscribe(() => this.#moved(history));
      this.#set({ status: 'past', history, isPlaying: false, speed: this.#speed });
      this.#moved(history);
    } catch (error) {
      if (this.#loading !== loading) return;
      this.#loading = undefined;
      const { reason, message } = isObject(error) ? (error as { reason?: unknown; message?: unknown }) : {};
      this.#set({
        status: 'failed',
        reason: typeof reason === 'string' ? reasonOf(reason, error) : 'unreachable',
        message: typeof message === 'string' ? message : String(error),
      });
    }
  }

  /** Loads again after a failure. */
  retry(): void {
    void this.open(this.#goal);
  }

  /** Returns to the present, and releases the history. */
  live(): void {
    this.#leave(false);
  }

  /** Moves to a moment with the next frame. Of several calls within a frame the last one counts. */
  seekSoon(moment: Moment): void {
    this.pause();
    this.#wanted = moment;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      if (this.#travel.status === 'past') this.#travel.history.seek(this.#wanted);
    });
  }

  /** Moves by a number of events. */
  step(by: number): void {
    this.pause();
    if (this.#travel.status === 'past') this.#travel.history.step(by);
  }

  /** Moves by a time in milliseconds. */
  skip(ms: number): void {
    if (this.#travel.status === 'past') this.#travel.history.seek(this.#travel.history.time + ms);
  }

  toggle(): void {
    if (this.#travel.status !== 'past') return;
    if (this.#travel.isPlaying) this.pause();
    else this.#play(this.#travel.history);
  }

  pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#travel.status === 'past' && this.#travel.isPlaying) this.#set({ ...this.#travel, isPlaying: false });
  }

  setSpeed(speed: Speed): void {
    this.#speed = speed;
    if (this.#travel.status === 'past') this.#set({ ...this.#travel, speed });
  }

  #play(history: StateHistory): void {
    if (history.time >= history.end) history.seekIndex(0);
    let before = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      history.seek(history.time + (now - before) * this.#speed);
      before = now;
      if (history.time >= history.end) this.pause();
    }, playMs);
    this.#set({ status: 'past', history, isPlaying: true, speed: this.#speed });
  }

  #moved(history: StateHistory): void {
    // Ages are relative to the moment.
    refreshClock();
    const at = history.index === 0 ? begin : history.position;
    // A gap without a position keeps the address of the event before it.
    if (at !== null && at !== '') this.#changeAddress(at);
  }

  #leave(isGone: boolean): void {
    this.#stop();
    this.#set({ status: 'live', isGone });
    this.#changeAddress(null);
    refreshClock();
  }

  #stop(): void {
    this.#loading?.abort();
    this.#loading = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
  }

  #changeAddress(at: string | null): void {
    if (at === this.#address) return;
    this.#address = at;
    this.onAddress(at);
  }

  #set(travel: Travel): void {
    this.#travel = travel;
    for (const listener of this.#listeners) listener();
  }
}

/** Moves to the moment of an address. Returns whether the history has it. */
function goTo(history: StateHistory, at: string): boolean {
  if (at === begin) history.seekIndex(0);
  else if (history.position !== at) history.seek(at);
  return at === begin || history.position === at;
}

/** The codes of the relay that mean the same for the user. */
function reasonOf(reason: string, error: unknown): string {
  const status = isObject(error) ? error.status : undefined;
  if (status === 429 || status === 503) return 'busy';
  if (reason === 'not_json') return status === 404 ? 'not_offered' : 'unreachable';
  return reason;
}
