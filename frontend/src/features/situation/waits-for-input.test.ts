import { expect, test } from 'vitest';
import { executionWaits } from './waits-for-input';

const waits = (status: string) => executionWaits({ id: 'e1', status, timestamp: '2026-02-06T08:30:00Z', received: '2026-02-06T08:30:00Z' });

test.each(['waiting_for_input', 'Awaiting_Approval', 'input_required', 'needs_input', 'waiting_for_user', 'user_input_requested'])(
  '%s waits',
  (status) => expect(waits(status)).toBe(true),
);

test.each(['running', 'waiting', 'input_received', 'approval_granted', 'reading_input'])('%s does not say that it waits', (status) =>
  expect(waits(status)).toBe(false),
);
