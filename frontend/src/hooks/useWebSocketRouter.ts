import { useEffect, useInsertionEffect, useRef } from 'react';
import type { CeceliaEvent } from '../types/messages';
import type { InboundMessage, KnownName, MessageOf, OtherEvent, RelayConnection } from '../services/relay-connection';
import { routeSessionEvent } from '../stores/session-routes';
import { useConnectStore } from '../stores/useConnectStore';
import { useSessionStore } from '../stores/useSessionStore';
import { useWorkflowRunStore } from '../stores/useWorkflowRunStore';
import { useConnection } from './useRelay';

/** A handler of a message; `'ignore'` declares that the message is known and not handled. */
export type Route<Message> = ((message: Message) => void) | 'ignore';

/** One route for each name and one for all other events, so that no event is dropped by accident. */
export type Routes<Names extends KnownName> = { readonly [Name in Names]: Route<MessageOf<Name>> } & {
  /** Events whose name has no route. */
  readonly other: Route<CeceliaEvent | OtherEvent>;
};

/** Passes the messages of `useConnectStore`'s connection to `useSessionStore` and `useWorkflowRunStore` (`routeSessionEvent` has the table). */
export function useWebSocketRouter(): void;
/**
 * Passes each message to the route of its name, in the order in which they are received, without gaps. By default every event name in the contracts must have
 * a route; with names as the type parameter, only those. Messages of the relay itself (`relay:…`) are passed only to routes of their own: `useWebSocket` has
 * the state of the connection. `connection` replaces that of `useRelay`; `null`: there is none yet.
 */
// NoInfer: the given routes must not determine which routes are required.
export function useWebSocketRouter<Names extends KnownName = CeceliaEvent['event']>(
  routes: Routes<NoInfer<Names>>,
  connection?: RelayConnection | null,
): void;
export function useWebSocketRouter(routes?: Routes<never>, connection?: RelayConnection | null): void {
  const latest = useRef(routes);
  // Before any effect, so that no message reaches the routes of an earlier rendering.
  useInsertionEffect(() => {
    latest.current = routes;
  });
  const stored = useConnectStore((store) => store.connection);
  const used = useConnection(routes === undefined ? stored : connection);
  useEffect(() => used?.subscribe((message) => (latest.current ? route(latest.current, message) : routeToStores(message))), [used]);
}

function routeToStores(message: InboundMessage): void {
  routeSessionEvent(message, useSessionStore.getState(), useWorkflowRunStore.getState());
}

function route(routes: Routes<never>, message: InboundMessage): void {
  const known = Object.hasOwn(routes, message.event);
  if (!known && message.event.startsWith('relay:')) return;
  // The type of the routes ensures that the message is that of its route.
  const to = (routes as Readonly<Record<string, Route<InboundMessage>>>)[known ? message.event : 'other'];
  if (to !== undefined && to !== 'ignore') to(message);
}
