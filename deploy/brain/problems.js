/**
 * Why Redis did not, or may not, receive an event. The first nine are reasons of the relay (PROTOCOL.md, "Refused events"). Such an event was refused and used
 * no number.
 * @typedef {'not_json' | 'not_an_object' | 'bad_data' | 'bad_field' | 'bad_timestamp' | 'bad_name' | 'no_data' | 'too_large' | 'too_deep'
 *   | 'closed' | 'dropped_step' | 'dropped_event' | 'unsent' | 'redis_lost' | 'redis_refused' | 'not_kept'} ProblemReason
 */

/**
 * @typedef {object} Problem
 * @property {ProblemReason} reason
 * @property {string} detail For people; at most 300 characters.
 * @property {string} [event] Name of the event, if the problem concerns one.
 * @property {number} [seq] Its number, which is used; absent if it had none.
 */

const WARNING_MS = 10_000;
const DETAIL_LENGTH = 300;

/**
 * Counts problems by reason and reports them: each one to `onProblem`, otherwise to `console.warn`, at most once in 10 s for each reason. Never throws.
 * @param {unknown} onProblem
 */
export function createProblems(onProblem) {
  /** @type {Partial<Record<ProblemReason, number>>} */
  const counts = {};
  /** @type {Map<ProblemReason, { at: number, count: number }>} */
  const warned = new Map();
  let isReporting = false;

  /** @param {Problem} problem */
  function report(problem) {
    if (typeof onProblem !== 'function') return warn(problem);
    // A callback that itself publishes and causes a problem is not called for that problem.
    if (isReporting) return;
    isReporting = true;
    try {
      const outcome = onProblem(problem);
      if (typeof outcome?.then === 'function') Promise.resolve(outcome).catch(() => {});
    } finally {
      isReporting = false;
    }
  }

  /** @param {Problem} problem */
  function warn({ reason, detail }) {
    const count = counts[reason] ?? 0;
    const last = warned.get(reason);
    if (last && performance.now() - last.at < WARNING_MS) return;
    warned.set(reason, { at: performance.now(), count });
    console.warn(`events: ${reason} (${count - (last?.count ?? 0)} times): ${detail}`);
  }

  return {
    counts: () => ({ ...counts }),

    /**
     * @param {ProblemReason} reason
     * @param {unknown} detail
     * @param {{ event?: string, seq?: number }} [about]
     */
    note(reason, detail, about) {
      counts[reason] = (counts[reason] ?? 0) + 1;
      try {
        report({ reason, detail: textOf(detail), ...about });
      } catch {
        // A failing callback must not affect the publisher; the problem is still counted.
      }
    },
  };
}

/** @param {unknown} detail */
function textOf(detail) {
  const previous = /** @type {{ previousErrors?: Error[] }} */ (detail)?.previousErrors;
  // The error of an aborted EXEC has no cause; the errors before it do.
  const cause = previous?.length ? previous[0] : detail;
  return String(cause instanceof Error ? cause.message : cause).slice(0, DETAIL_LENGTH);
}
