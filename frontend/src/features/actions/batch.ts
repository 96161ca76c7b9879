import type { RelayConnection } from 'cecelia-client';
import { type Action, type ActionTarget, commandOf } from './actions';
import type { Verdict } from './command-verdict';
import { messagesPerSecondOf } from './message-limit';
import { sendCommand } from './send-command';

/** Maximum number of commands of one batch. */
export const batchLimit = 100;
/** The relay accepts 10 commands of a connection in a second, unless configured otherwise, and there are other messages. */
const commandsPerSecond = 8;
/** How often a command is sent again that the relay refused only because of the rate, and the pause before, in milliseconds. */
const attempts = 5;
const retryMs = 1000;

/** The verdicts of a command for several targets. */
export interface Batch {
  readonly action: Action;
  readonly count: number;
  /** Verdicts by target, in the order of sending. Changes in place. */
  readonly verdicts: ReadonlyMap<ActionTarget, Verdict>;
  /** Number of targets to which nothing was sent because the batch was stopped. */
  readonly unsent: number;
  readonly isRunning: boolean;
}

/**
 * Sends a command to up to 100 targets, at the rate that the relay allows, and calls `onChange` with each change. Sending ends early if `signal` is aborted;
 * commands that were sent are still waited for.
 */
export async function runBatch(
  connection: RelayConnection,
  action: Action,
  targets: readonly ActionTarget[],
  text: string | undefined,
  signal: AbortSignal,
  onChange: (batch: Batch) => void,
): Promise<void> {
  const all = targets.slice(0, batchLimit);
  const verdicts = new Map<ActionTarget, Verdict>();
  const report = (isRunning: boolean, unsent = 0) => onChange({ action, count: all.length, verdicts, unsent, isRunning });
  let isRunning = true;
  const sendTo = async (target: ActionTarget) => {
    for (let attempt = 1; ; attempt++) {
      const verdict = await sendCommand(connection, commandOf(action, target, text), (next) => {
        verdicts.set(target, next);
        report(isRunning);
      });
      if (!isOverRate(verdict) || attempt === attempts || signal.aborted) return;
      verdicts.set(target, { status: 'sending' });
      await delay(retryMs);
    }
  };
  report(true);
  const sent: Promise<void>[] = [];
  for (const target of all) {
    if (sent.length > 0) await delay(1000 / rateOf(connection));
    if (signal.aborted) break;
    sent.push(sendTo(target));
  }
  await Promise.all(sent);
  isRunning = false;
  report(false, all.length - sent.length);
}

function isOverRate(verdict: Verdict): boolean {
  return verdict.status === 'refused' && verdict.by === 'relay' && ['too_many_commands', 'commands_full'].includes(verdict.reason ?? '');
}

/** Commands in a second. Leaves half of what the relay accepts to other messages of the page. */
function rateOf(connection: RelayConnection): number {
  const limit = messagesPerSecondOf(connection);
  return limit === undefined || limit === 0 ? commandsPerSecond : Math.min(commandsPerSecond, Math.max(0.5, limit / 2));
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
