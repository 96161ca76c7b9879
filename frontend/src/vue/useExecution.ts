import { computed, type ComputedRef, getCurrentScope, type MaybeRefOrGetter, onScopeDispose, shallowRef, toValue, watch } from 'vue';
import type { NodeEntity } from '../types/messages';
import { type ConnectionState, isConnected } from '../services/connection-state';
import type { RelayConnection } from '../services/relay-connection';
import { executionNodes, executionStatus, type ExecutionStatus } from '../state/execution-status';
import { pageViews, type RelayView, viewOf, type ViewOptions } from '../state/shared-views';

export interface ExecutionOptions extends Omit<ViewOptions, 'filter'> {
  /** A connection of one's own, which is connected if that was not done, and not closed. Default: one that gets this execution's events alone. */
  readonly connection?: RelayConnection;
}

/** An execution in System C's words, each a ref; `null`: not known. */
export type ExecutionRefs = {
  readonly [Member in Exclude<keyof ExecutionStatus, 'execution_id'>]: ComputedRef<ExecutionStatus[Member]>;
} & {
  readonly nodes: ComputedRef<readonly NodeEntity[]>;
  readonly isConnected: ComputedRef<boolean>;
  readonly connectionState: ComputedRef<ConnectionState>;
};

/** What is shown at one moment. */
interface Shown {
  readonly status: ExecutionStatus;
  readonly nodes: readonly NodeEntity[];
  readonly state: ConnectionState;
}

/**
 * Follows an execution, and another one when the id has changed, until the component or scope ends. Changes come at most once for each animation frame. To be
 * called in a component's setup, or in an effect scope.
 */
export function useExecution(executionId: MaybeRefOrGetter<string>, { connection, ...options }: ExecutionOptions = {}): ExecutionRefs {
  const relayOf = (id: string): RelayView => (connection ? viewOf(connection) : pageViews.get({ ...options, filter: { execution: id } }));
  const look = (id: string, relay: RelayView): Shown => ({
    status: executionStatus(relay.view, id),
    nodes: executionNodes(relay.view, id),
    state: relay.connection.state,
  });
  const first = toValue(executionId);
  const shown = shallowRef(look(first, relayOf(first)));

  const follow = (id: string): (() => void) => {
    const relay = relayOf(id);
    const update = () => (shown.value = look(id, relay));
    let seen = relay.view.version('executions') + relay.view.version('nodes');
    const stops = [
      relay.hold(),
      relay.connection.onState(update),
      relay.view.subscribe(() => {
        const now = relay.view.version('executions') + relay.view.version('nodes');
        if (now === seen) return;
        seen = now;
        update();
      }),
    ];
    update();
    return () => {
      for (const stop of stops) stop();
    };
  };
  // A server that renders the page has nobody to show changes to.
  if (typeof window !== 'undefined') {
    const stop = watch(
      () => toValue(executionId),
      (id, _, onCleanup) => onCleanup(follow(id)),
      { immediate: true },
    );
    if (getCurrentScope()) onScopeDispose(stop);
  }

  return {
    status: computed(() => shown.value.status.status),
    progress: computed(() => shown.value.status.progress),
    message: computed(() => shown.value.status.message),
    result: computed(() => shown.value.status.result),
    error: computed(() => shown.value.status.error),
    execution_time: computed(() => shown.value.status.execution_time),
    uncertain: computed(() => shown.value.status.uncertain),
    nodes: computed(() => shown.value.nodes),
    isConnected: computed(() => isConnected(shown.value.state)),
    connectionState: computed(() => shown.value.state),
  };
}
