import { isEmpty, mergeNews, type News, noNews } from './news';

/** Shortest time between two notifications, in milliseconds. What happens in between is part of the next one. */
const intervalMs = 10_000;

interface NotifierOptions {
  /** Shows a notification in place of the one before. Resolves to whether it is shown. `onGone` is called when the user has closed or opened it. */
  readonly show: (news: News, onGone: () => void) => Promise<boolean>;
  readonly setTimer: (callback: () => void, ms: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
  readonly now: () => number;
}

/**
 * Shows news at most once every ten seconds. A notification that replaces another one, or follows one that was not shown, contains its news. One that was
 * not shown is tried again after ten seconds, unless `clear` was called.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  #pending: News = noNews;
  #shown: News = noNews;
  #shownAt = Number.NEGATIVE_INFINITY;
  #timer: unknown;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  add(news: News): void {
    if (isEmpty(news)) return;
    this.#pending = mergeNews(this.#pending, news);
    const { now, setTimer } = this.#options;
    const wait = this.#shownAt + intervalMs - now();
    if (wait <= 0) this.#show();
    else this.#timer ??= setTimer(() => this.#show(), wait);
  }

  /** Forgets what is not shown yet, and what is: the user has seen it, or has turned notifications off. */
  clear(): void {
    this.#options.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#pending = noNews;
    this.#shown = noNews;
  }

  #show(): void {
    this.#options.clearTimer(this.#timer);
    this.#timer = undefined;
    const news = mergeNews(this.#shown, this.#pending);
    this.#pending = noNews;
    this.#shown = news;
    this.#shownAt = this.#options.now();
    const onGone = () => {
      if (this.#shown === news) this.#shown = noNews;
    };
    void this.#options.show(news, onGone).then((isShown) => {
      if (isShown || this.#shown !== news) return;
      // The next one has it, except an outage that may have ended. Without other news it is tried again: the worker may not have been active yet.
      this.#shown = noNews;
      this.#pending = mergeNews({ ...news, link: null }, this.#pending);
      if (!isEmpty(this.#pending)) this.#timer ??= this.#options.setTimer(() => this.#show(), intervalMs);
    });
  }
}
