import type { RelayConnection } from './relay-connection';

/**
 * Help for developers. A package's `development` entries load `development-hint.ts`, which sets it; other entries do not, so nothing of it is part of a page
 * in production.
 */
export const development: {
  /** Called when a connection is opened. */
  onConnect?: (connection: RelayConnection, address: string) => void;
} = {};
