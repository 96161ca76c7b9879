import { useEffect, useInsertionEffect, useRef } from 'react';
import type { CeceliaEvent } from '../types/messages';
import type { InboundMessage, KnownName, MessageOf, OtherEvent, RelayConnection } from '../services/relay-connection';
import { useConnection } from './useRelay';

/** A handler of a message, or the word for: it is known, and nothing is to be done. */
export type Route<Message> = ((message: Message) => void) | 'ignore';

/** One route for each name, and one for all other events: none is forgotten, and none vanishes in silence. */
export type Routes<Names extends KnownName> = { readonly [Name in Names]: Route<MessageOf<Name>> } & {
  /** Events whose name has no route. */
  readonly other: Route<CeceliaEvent | OtherEvent>;
};

/**
 * Hands each message to the route of its name, in the order in which they come, none left out. By default every event name that the relay knows must have a
 * route; with names as the type's parameter, those. Messages of the relay's own (`relay:…`) come only where they are named: how the connection stands is told
 * by `useWebSocket`. `connection` is another than that of `useRelay`; `null`: there is none yet.
 */
// NoInfer: the routes that are there must not decide which ones have to be.
export function useWebSocketRouter<Names extends KnownName = CeceliaEvent['event']>(
  routes: Routes<NoInfer<Names>>,
  connection?: RelayConnection | null,
): void {
  const latest = useRef<Routes<never>>(routes);
  // Before any effect, so that no message meets the routes of an earlier rendering.
  useInsertionEffect(() => {
    latest.current = routes;
  });
  const used = useConnection(connection);
  useEffect(() => used?.subscribe((message) => route(latest.current, message)), [used]);
}

function route(routes: Routes<never>, message: InboundMessage): void {
  const known = Object.hasOwn(routes, message.event);
  if (!known && message.event.startsWith('relay:')) return;
  // The type of the routes has seen to it that the message is that of its route.
  const to = (routes as Readonly<Record<string, Route<InboundMessage>>>)[known ? message.event : 'other'];
  if (to !== undefined && to !== 'ignore') to(message);
}
