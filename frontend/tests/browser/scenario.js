/**
 * Publishes the content of the screenshots: events of each system and some refused ones. The tasks of Cecelia come from the relay's `demo` command.
 * @param {import('ioredis').Redis} redis
 */
export async function publishScenario(redis) {
  const events = 'cecelia:events';
  const publish = (event) => redis.publish(events, JSON.stringify(event));
  const node = (id, status, more = {}) =>
    publish({ event: 'node_state_change', execution_id: 'e1', node_id: id, data: { status, ...more } });

  // Workflow: a workflow whose nodes declare their dependencies.
  await publish({
    event: 'execution:started',
    execution_id: 'e1',
    project_id: 'website',
    data: { message: 'Writing the release notes', progress: 5 },
  });
  await node('plan', 'running', { title: 'Plan' });
  await node('plan', 'completed');
  await node('facts', 'running', { title: 'Gather the facts', depends_on: ['plan'] });
  await node('style', 'running', { title: 'Learn the style', depends_on: ['plan'] });
  await stream(
    'facts',
    'The relay subscribes once and forwards each event to all clients. It keeps a journal, so that a client that reconnects receives the events it missed.',
  );
  await publish({
    event: 'token_usage',
    execution_id: 'e1',
    node_id: 'facts',
    data: { prompt_tokens: 812, completion_tokens: 164, total_tokens: 976 },
  });
  await node('facts', 'completed');
  await stream('style', 'Short sentences and standard terms. '.repeat(12));
  await node('style', 'completed');
  await publish({ event: 'error', execution_id: 'e1', node_id: 'images', data: { message: 'the model did not answer in 30 s' } });
  await node('images', 'failed', { title: 'Draw the images', depends_on: ['plan'] });
  await node('draft', 'running', { title: 'Draft', depends_on: ['facts', 'style'] });
  await node('review', 'pending', { title: 'Review', depends_on: ['draft', 'images'] });
  await publish({ event: 'token_usage', execution_id: 'e1', data: { prompt_tokens: 2210, completion_tokens: 640, total_tokens: 2850 } });
  for (const [level, message] of [
    ['info', 'planning'],
    ['warning', 'images: slow answer'],
    ['error', 'images: no answer'],
  ]) {
    await publish({ event: 'log', execution_id: 'e1', node_id: 'images', data: { level, message, execution_id: 'e1' } });
  }
  await publish({ event: 'execution:progress', execution_id: 'e1', data: { status: 'running', progress: 55, message: 'drafting' } });

  // An execution without declared dependencies: the graph shows the observed order.
  await publish({ event: 'execution:started', execution_id: 'e2', data: {} });
  const of2 = (event) => publish({ execution_id: 'e2', ...event, data: { execution_id: 'e2', ...event.data } });
  await of2({ event: 'node_state_change', node_id: 'fetch', data: { status: 'completed' } });
  await of2({ event: 'node:parallel_start', data: { node_ids: ['parse', 'embed'] } });
  await of2({ event: 'node_state_change', node_id: 'merge', data: { status: 'running' } });
  // Execution.
  await publish({ type: 'status', execution_id: 'e3', status: 'completed', progress: 100, result: { files: 12 }, execution_time: 42.5 });
  await publish({ type: 'status', execution_id: 'e4', status: 'failed', progress: 40, error: 'out of memory', execution_time: 7 });

  // TaskTree: a board with agents and a custom status.
  await publish({
    type: 'task_created',
    project_id: 'board',
    data: { id: 'b1', title: 'Rewrite the onboarding page', status: 'in_review', agent_id: 'ada' },
  });
  await publish({ type: 'agent_spawned', project_id: 'board', data: { agent_id: 'ada', name: 'Ada', status: 'working' } });
  await publish({
    type: 'agent_messages',
    project_id: 'board',
    data: { agent_id: 'ada', from: 'ada', to: 'bob', content: { text: 'The copy is ready' } },
  });
  await publish({ type: 'agent_spawned', project_id: 'board', data: { agent_id: 'bob', name: 'Bob', status: 'idle' } });
  // Cecelia, with a long title and a long error.
  await publish({
    event: 'task:created',
    project_id: 'website',
    source: 'tick',
    data: { taskId: 'long', title: 'Reindex every page of the documentation in all of its eleven languages' },
  });
  await publish({ event: 'task:started', project_id: 'website', source: 'executor-1', data: { taskId: 'long' } });
  await publish({
    event: 'task:failed',
    project_id: 'website',
    source: 'executor-1',
    data: { taskId: 'long', error: 'ENOSPC: no space left on device, write (/var/lib/index/segments/00042.bin)' },
  });

  for (const refused of [
    'not json',
    '[1,2]',
    '',
    '{"event":"a","type":"b","data":{}}',
    '{"event":"task:progress","data":{"taskId":"t1","progress":140}}',
    '{"event":"x","timestamp":"yesterday","data":{}}',
    '{"status":"running"}',
  ]) {
    await redis.publish(events, refused);
  }

  async function stream(id, text) {
    for (const token of text.split(/(?<= )/)) await publish({ event: 'token_stream', execution_id: 'e1', node_id: id, data: { token } });
  }
}

/** Continues an execution while its page is open: log lines, and output at about 200 tokens per second.
 * @param {import('ioredis').Redis} redis
 */
export async function continueExecution(redis) {
  const publish = (event) => redis.publish('cecelia:events', JSON.stringify({ execution_id: 'e1', ...event }));
  const lines = [
    ['draft', 'info', 'drafting from 2 sources'],
    ['images', 'warning', 'slow answer, 12.4 s'],
    ['images', 'error', 'the model did not answer in 30 s'],
    ['draft', 'info', 'continuing without images'],
  ];
  for (const [node_id, level, message] of lines) await publish({ event: 'log', node_id, data: { level, message } });
  for (const token of releaseNotes.split(/(?<=\s)/)) {
    await publish({ event: 'token_stream', node_id: 'draft', data: { token } });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const releaseNotes = `The relay now keeps the current state. A page that opens, or reconnects after an hour, shows the same data as all others at once.

Lost events are reported. After a reconnect a page receives the events that it missed, in order. If some are no longer available, it shows how many.

Executions are displayed as a graph of nodes with dependencies, durations and token usage. The output of a node streams as it is produced.

Executions can be paused, resumed and given input. The page shows how many Brain instances received a command, and reports a command without receivers.
`;
