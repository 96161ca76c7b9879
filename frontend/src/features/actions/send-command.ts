import { CommandError, type RelayConnection } from 'cecelia-client';
import { formatValue } from '../../format/format-value';
import type { ActionCommand } from './actions';
import { isSettled, nextVerdict, type Verdict, type VerdictSignal } from './command-verdict';

/** How long to wait for the reply of Brain, in milliseconds, from the acknowledgement. */
export const replyMs = 10_000;

/**
 * Sends a command and reports each verdict, also one that a late reply changes. Resolves with the first settled verdict; never rejects.
 */
export function sendCommand(
  connection: Pick<RelayConnection, 'command'>,
  { name, data, projectId }: ActionCommand,
  onVerdict: (verdict: Verdict) => void = () => undefined,
): Promise<Verdict> {
  return new Promise((resolve) => {
    let verdict: Verdict = { status: 'sending' };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const signal = (next: VerdictSignal) => {
      const before = verdict;
      verdict = nextVerdict(verdict, next);
      if (verdict === before) return;
      onVerdict(verdict);
      if (verdict.status === 'received') timer = setTimeout(() => signal({ type: 'silence' }), replyMs);
      if (!isSettled(verdict)) return;
      clearTimeout(timer);
      resolve(verdict);
    };
    onVerdict(verdict);
    connection
      .command(name, data, {
        ...(projectId !== undefined && { projectId }),
        onReply: ({ event, data }) => signal(replyOf(event, data)),
      })
      .then(
        ({ receivers }) => signal({ type: 'ack', receivers }),
        (error: unknown) =>
          signal({
            type: 'failure',
            reason: error instanceof CommandError ? error.reason : 'internal_error',
            message: error instanceof Error ? error.message : String(error),
          }),
      );
  });
}

function replyOf(event: string, data: object): VerdictSignal {
  const fields: Readonly<Record<string, unknown>> = { ...data };
  const [reason, message, execution] = [fields.error, fields.message, fields.execution_id].map(formatValue);
  return {
    type: 'reply',
    isError: event === 'error',
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(execution !== undefined && { execution }),
  };
}
