import { ApiError } from './relay-api';

/** Describes a failed request as a sentence. */
export function loadErrorText(error: Error): string {
  if (!(error instanceof ApiError)) return error instanceof TypeError ? 'the relay is not reachable.' : `${error.message}.`;
  if (error.status === 404) return 'the relay does not offer it at this address. With CECELIA_ADMIN_PORT it is at that port.';
  return `${error.message.replace(/[.]$/, '')}.`;
}
