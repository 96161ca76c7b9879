import { parseJson } from 'cecelia-client';
import { authorization } from '../access/token-store';

/** An error response of the relay. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    /** The HTTP status. */
    readonly status: number,
    /** The error code of the relay, such as `unknown_task`; empty if the response has none. */
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Fetches JSON from the relay that serves the page, with the token of this page.
 * @throws ApiError on an error response, TypeError if the relay is unreachable or the body is not JSON.
 */
export function getJson(path: string, signal?: AbortSignal): Promise<unknown> {
  return request(path, signal ? { signal } : {});
}

/** Sends a DELETE to the relay that serves the page, with the token of this page, and returns the response. @throws as `getJson`. */
export function deleteJson(path: string): Promise<unknown> {
  return request(path, { method: 'DELETE' });
}

async function request(path: string, options: RequestInit): Promise<unknown> {
  const response = await fetch(new URL(path, document.baseURI), {
    ...options,
    headers: { accept: 'application/json', ...authorization() },
  });
  const body: unknown = await response
    .text()
    .then(parseJson)
    .catch((error: unknown) => {
      if (response.ok) throw new TypeError('The response of the relay is not valid JSON', { cause: error });
      return undefined;
    });
  if (response.ok) return body;
  const { error, message } = isObject(body) ? body : {};
  throw new ApiError(
    response.status,
    typeof error === 'string' ? error : '',
    typeof message === 'string' ? message : `The relay returned HTTP ${response.status}`,
  );
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
