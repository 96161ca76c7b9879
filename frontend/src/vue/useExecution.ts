import { computed, type ComputedRef, getCurrentScope, type MaybeRefOrGetter, onScopeDispose, shallowRef, toValue, watch } from 'vue';
import type { NodeEntity } from '../types/messages';
import { type ConnectionState, isConnected } from '../services/connection-state';
import type { RelayConnection } from '../services/relay-connection';
import { executionNodes, executionStatus, type ExecutionStatus } from '../state/execution-status';
import { pageViews, type RelayView, viewOf, type ViewOptions } from '../state/shared-views';

export interface ExecutionOptions extends Omit<ViewOptions, 'filter'> {
  /** A connection to use. It is connected if necessary, and not closed. Default: a connection with the events of this execution only. */
  readonly connection?: RelayConnection;
}

/** An execution in Execution's terms, each member a ref; `null`: unknown. */
export type ExecutionRefs = {
  readonly [Member in Exclude<keyof ExecutionStatus, 'execution_id'>]: ComputedRef<ExecutionStatus[Member]>;
} & {
  readonly nodes: ComputedRef<readonly NodeEntity[]>;
  readonly isConnected: ComputedRef<boolean>;
  readonly connectionState: ComputedRef<ConnectionState>;
};

/** The values of all refs at one moment. */
interface Values {
  readonly status: ExecutionStatus;
  readonly nodes: readonly NodeEntity[];
  readonly state: ConnectionState;
}

/**
 * Follows an execution, or another one when the id changes, until the component or scope ends. Refs change at most once per animation frame. Call it in a
 * component's setup or in an effect scope.
 */
export function useExecution(executionId: MaybeRefOrGetter<string>, { connection, ...options }: ExecutionOptions = {}): ExecutionRefs {
  const relayOf = (id: string): RelayView => (connection ? viewOf(connection) : pageViews.get({ ...options, filter: { execution: id } }));
  const read = (id: string, relay: RelayView): Values => ({
    status: executionStatus(relay.view, id),
    nodes: executionNodes(relay.view, id),
    state: relay.connection.state,
  });
  const first = toValue(executionId);
  const values = shallowRef(read(first, relayOf(first)));

  const follow = (id: string): (() => void) => {
    const relay = relayOf(id);
    const update = () => (values.value = read(id, relay));
    let version = relay.view.version('executions') + relay.view.version('nodes');
    const stops = [
      relay.hold(),
      relay.connection.onState(update),
      relay.view.subscribe(() => {
        const now = relay.view.version('executions') + relay.view.version('nodes');
        if (now === version) return;
        version = now;
        update();
      }),
    ];
    update();
    return () => {
      for (const stop of stops) stop();
    };
  };
  // Server-side rendering does not follow changes.
  if (typeof window !== 'undefined') {
    const stop = watch(
      () => toValue(executionId),
      (id, _, onCleanup) => onCleanup(follow(id)),
      { immediate: true },
    );
    if (getCurrentScope()) onScopeDispose(stop);
  }

  return {
    status: computed(() => values.value.status.status),
    progress: computed(() => values.value.status.progress),
    message: computed(() => values.value.status.message),
    result: computed(() => values.value.status.result),
    error: computed(() => values.value.status.error),
    execution_time: computed(() => values.value.status.execution_time),
    uncertain: computed(() => values.value.status.uncertain),
    nodes: computed(() => values.value.nodes),
    isConnected: computed(() => isConnected(values.value.state)),
    connectionState: computed(() => values.value.state),
  };
}
