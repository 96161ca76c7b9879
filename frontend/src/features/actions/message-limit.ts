import type { RelayConnection, Unsubscribe } from 'cecelia-client';

const limits = new WeakMap<object, number>();

/** Remembers how many messages the relay accepts from this page in a second, from each `relay:hello`. */
export function watchMessageLimit(connection: Pick<RelayConnection, 'on'>): Unsubscribe {
  return connection.on('relay:hello', ({ data }) => void limits.set(connection, data.limits.messagesPerSecond));
}

/** Returns the limit of the connection; 0: none; `undefined`: unknown. */
export function messagesPerSecondOf(connection: object): number | undefined {
  return limits.get(connection);
}
