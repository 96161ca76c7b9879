import type { TaskEntity } from 'cecelia-client';
import type { FeedEntry } from 'cecelia-client/state';
import { describe, expect, it } from 'vitest';
import { eventPath } from './event-path';

const at = (second: number) => `2026-02-06T08:30:0${second}.000Z`;
const ms = (second: number) => Date.parse(at(second));
const task = (second: number): TaskEntity => ({ id: 't1', timestamp: at(second), received: at(second + 1) });

function entry(second: number, more: Partial<FeedEntry> = {}, undated = false): FeedEntry {
  const event = { event: 'task:started' as const, timestamp: at(second), data: { taskId: 't1' }, ...(undated && { undated }) };
  return { number: 1, event, received: ms(second + 2), accepted: null, recovered: false, fromHistory: false, lag: null, ...more };
}

describe('eventPath', () => {
  it('takes the receive time from the position of the event, otherwise from the relay’s state of the same event', () => {
    expect(eventPath(task(1), true, entry(1, { accepted: ms(2) }))).toMatchObject({ published: ms(1), relayed: ms(2), shown: ms(3) });
    expect(eventPath(task(1), true, entry(1))).toMatchObject({ relayed: ms(2) });
    expect(eventPath(task(3), true, entry(1))).toMatchObject({ relayed: null });
    expect(eventPath(task(1), false, entry(1))).toMatchObject({ relayed: null });
  });

  it('has no publication time without a publisher timestamp', () => {
    expect(eventPath(task(1), false, entry(1, { accepted: ms(1) }, true))).toMatchObject({ published: null, relayed: ms(1) });
    expect(eventPath({ ...task(1), undated: true }, true, undefined)).toMatchObject({ published: null, relayed: ms(2), shown: null });
  });
});
