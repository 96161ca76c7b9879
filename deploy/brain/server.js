import { createServer } from 'node:http';
import { parseTaskRequest, RequestRefusedError } from './catalogue.js';

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */

const BODY_BYTES = 16_384;

/**
 * Creates the HTTP server: `POST /tasks` creates a task, `GET /tasks` and `GET /tasks/ID` return tasks, `GET /healthz` returns the health. Not listening yet.
 * @param {object} options
 * @param {ReturnType<typeof import('./tick.js').createTick>} options.tick
 * @param {import('./taskEvents.js').TaskEvents} options.events
 */
export function createHttp({ tick, events }) {
  /** @param {Request} request @param {Response} response */
  async function answer(request, response) {
    const path = (request.url ?? '/').split('?')[0];
    if (path === '/healthz') {
      allow(request, 'GET');
      return send(response, 200, { status: 'ok', redis: events.isConnected, events: events.counts() });
    }
    if (path === '/tasks' && request.method === 'POST') {
      const task = tick.create(parseTaskRequest(await readJson(request)));
      return send(response, 201, task, { Location: `/tasks/${task.id}` });
    }
    if (path === '/tasks') {
      allow(request, 'GET, POST');
      return send(response, 200, { tasks: tick.list() });
    }
    const id = /^\/tasks\/([\w-]+)$/.exec(path)?.[1];
    const task = id && tick.find(id);
    if (!task) throw new RequestRefusedError('not_found', 'not found; the paths are /tasks, /tasks/ID and /healthz', 404);
    allow(request, 'GET');
    send(response, 200, task);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (!(error instanceof RequestRefusedError)) console.error(error);
      const { status, reason, message } =
        error instanceof RequestRefusedError ? error : { status: 500, reason: 'internal_error', message: 'internal error in Brain' };
      // The unread rest of a body would be parsed as the next request.
      send(
        response,
        status,
        { error: reason, message },
        { ...(status === 503 && { 'Retry-After': '5' }), ...(!request.complete && { Connection: 'close' }) },
      );
    });
  });
  server.headersTimeout = 5000;
  server.requestTimeout = 10_000;
  server.maxConnections = 100;
  return server;
}

/** @param {Request} request @param {string} methods */
function allow(request, methods) {
  if (!methods.split(', ').includes(request.method ?? ''))
    throw new RequestRefusedError('method_not_allowed', `only ${methods} is allowed`, 405);
}

/** @param {Request} request @returns {Promise<unknown>} */
async function readJson(request) {
  // Without a CORS preflight, a page of another site can post only other content types.
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new RequestRefusedError('not_json', 'Content-Type must be application/json', 415);
  let bytes = 0;
  /** @type {Buffer[]} */
  const parts = [];
  for await (const part of request) {
    bytes += part.length;
    if (bytes > BODY_BYTES) throw new RequestRefusedError('too_large', `the body is larger than ${BODY_BYTES} bytes`, 413);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw new RequestRefusedError('not_json', 'the body is not JSON');
  }
}

/** @param {Response} response @param {number} status @param {unknown} body @param {Record<string, string>} [headers] */
function send(response, status, body, headers = {}) {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(`${JSON.stringify(body)}\n`);
}
