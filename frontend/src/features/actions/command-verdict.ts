/**
 * The verdict of one command. There is one at a time: the reply of Brain replaces the acknowledgement of the relay.
 *
 *   sending ──ack──▶ received ──reply──▶ done | refused
 *      │                 └──silence──▶ unanswered ──reply──▶ done | refused
 *      └──failure──▶ impossible | refused | unknown
 */
export type Verdict =
  | { readonly status: 'sending' }
  /** Published. `receivers` is the number of Brains; `null`: unknown. */
  | { readonly status: 'received'; readonly receivers: number | null }
  /** `execution`: the execution that the reply names. */
  | { readonly status: 'done'; readonly execution: string | undefined }
  | {
      readonly status: 'refused';
      readonly by: 'brain' | 'relay';
      readonly reason: string | undefined;
      readonly message: string | undefined;
    }
  | { readonly status: 'unanswered' }
  /** It did not reach any Brain. */
  | { readonly status: 'impossible'; readonly reason: string; readonly message: string }
  /** It may have reached a Brain. */
  | { readonly status: 'unknown'; readonly reason: string; readonly message: string };

export type VerdictSignal =
  | { readonly type: 'ack'; readonly receivers: number | null }
  | { readonly type: 'reply'; readonly isError: boolean; readonly reason?: string; readonly message?: string; readonly execution?: string }
  | { readonly type: 'failure'; readonly reason: string; readonly message: string }
  | { readonly type: 'silence' };

const impossible: ReadonlySet<string> = new Set([
  'not_connected',
  'too_many_pending',
  'event_stream',
  'no_receiver',
  'command_not_allowed',
  'commands_disabled',
]);
const unknown: ReadonlySet<string> = new Set(['timeout', 'connection_lost', 'redis_unavailable']);

/** Returns the verdict after a signal. A signal that no longer matters returns the same object. */
export function nextVerdict(verdict: Verdict, signal: VerdictSignal): Verdict {
  switch (signal.type) {
    case 'ack':
      return verdict.status === 'sending' ? { status: 'received', receivers: signal.receivers } : verdict;
    case 'silence':
      return verdict.status === 'received' ? { status: 'unanswered' } : verdict;
    case 'failure':
      return verdict.status === 'sending' ? failed(signal.reason, signal.message) : verdict;
    case 'reply':
      return replied(verdict, signal);
  }
}

function failed(reason: string, message: string): Verdict {
  if (impossible.has(reason)) return { status: 'impossible', reason, message };
  if (unknown.has(reason)) return { status: 'unknown', reason, message };
  return { status: 'refused', by: 'relay', reason, message };
}

function replied(verdict: Verdict, { isError, reason, message, execution }: Extract<VerdictSignal, { type: 'reply' }>): Verdict {
  // The first reply decides. With several Brains all but one refuse, because they do not have the task: the success of one replaces their refusals.
  const isRefusal = verdict.status === 'refused' && verdict.by === 'brain';
  if (verdict.status === 'done' || (isRefusal && isError)) return verdict;
  return isError ? { status: 'refused', by: 'brain', reason, message } : { status: 'done', execution };
}

/** Returns true if the verdict is final as far as the user is concerned: nothing more is waited for. */
export function isSettled({ status }: Verdict): boolean {
  return status !== 'sending' && status !== 'received';
}
