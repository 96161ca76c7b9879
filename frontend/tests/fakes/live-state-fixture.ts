import { LiveState, type LiveStateOptions } from '../../src/state/live-state';
import { FakeConnection } from './fake-connection';
import { at } from './made-messages';

/** Views of one fake connection, with animation frames and a clock that the test controls. */
export class LiveStateFixture {
  readonly connection = new FakeConnection();
  /** Callbacks that wait for the next animation frame. */
  readonly frames: (() => void)[] = [];
  /** The page's clock, in Unix milliseconds. */
  now = Date.parse(at(0));

  /** Runs the next animation frame, if one was requested. */
  frame(): void {
    for (const run of this.frames.splice(0)) run();
  }

  viewOf(options: LiveStateOptions = {}): LiveState {
    const schedule = (callback: () => void) => {
      this.frames.push(callback);
      return () => void this.frames.splice(this.frames.indexOf(callback), 1);
    };
    return new LiveState(this.connection, { schedule, now: () => this.now, ...options });
  }
}
