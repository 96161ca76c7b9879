import { CommandError } from 'cecelia-client';
import { expect, test } from 'vitest';
import { commandAckText, commandErrorText } from './command-text';

test('command results state whether the command was delivered', () => {
  expect(commandAckText({ id: 'x', receivers: 2 })).toBe('Delivered to 2 Brain instances.');
  expect(commandErrorText(new CommandError('no_receiver', 'no Brain'))).toBe('No Brain is subscribed. The command was not delivered.');
  expect(commandErrorText(new CommandError('later_reason', 'The message of the relay'))).toBe('The message of the relay');
});
