/**
 * What the pictures show: each system's events, and some that are refused. Tasks of System A come from the relay's own `demo`.
 * @param {import('ioredis').Redis} redis
 */
export async function playScenario(redis) {
  const events = 'cecelia:events';
  const tell = (event) => redis.publish(events, JSON.stringify(event));
  const node = (id, status, more = {}) => tell({ event: 'node_state_change', execution_id: 'e1', node_id: id, data: { status, ...more } });

  // System D: a workflow whose nodes say what they depend on.
  await tell({
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
    'The relay subscribes once and forwards to every client that asks. It keeps a journal, so that whoever comes back gets what was missed.',
  );
  await tell({
    event: 'token_usage',
    execution_id: 'e1',
    node_id: 'facts',
    data: { prompt_tokens: 812, completion_tokens: 164, total_tokens: 976 },
  });
  await node('facts', 'completed');
  await stream('style', 'Plain words and short sentences. '.repeat(12));
  await node('style', 'completed');
  await tell({ event: 'error', execution_id: 'e1', node_id: 'images', data: { message: 'the model did not answer in 30 s' } });
  await node('images', 'failed', { title: 'Draw the images', depends_on: ['plan'] });
  await node('draft', 'running', { title: 'Draft', depends_on: ['facts', 'style'] });
  await node('review', 'pending', { title: 'Review', depends_on: ['draft', 'images'] });
  await tell({ event: 'token_usage', execution_id: 'e1', data: { prompt_tokens: 2210, completion_tokens: 640, total_tokens: 2850 } });
  for (const [level, message] of [
    ['info', 'planning'],
    ['warning', 'images: slow answer'],
    ['error', 'images: no answer'],
  ]) {
    await tell({ event: 'log', execution_id: 'e1', node_id: 'images', data: { level, message, execution_id: 'e1' } });
  }
  await tell({ event: 'execution:progress', execution_id: 'e1', data: { status: 'running', progress: 55, message: 'drafting' } });

  // One that tells of no edges: the page draws the order in which its nodes came.
  await tell({ event: 'execution:started', execution_id: 'e2', data: {} });
  const of2 = (event) => tell({ execution_id: 'e2', ...event, data: { execution_id: 'e2', ...event.data } });
  await of2({ event: 'node_state_change', node_id: 'fetch', data: { status: 'completed' } });
  await of2({ event: 'node:parallel_start', data: { node_ids: ['parse', 'embed'] } });
  await of2({ event: 'node_state_change', node_id: 'merge', data: { status: 'running' } });
  // System C.
  await tell({ type: 'status', execution_id: 'e3', status: 'completed', progress: 100, result: { files: 12 }, execution_time: 42.5 });
  await tell({ type: 'status', execution_id: 'e4', status: 'failed', progress: 40, error: 'out of memory', execution_time: 7 });

  // System B: a board, its agents, and a status of its own.
  await tell({
    type: 'task_created',
    project_id: 'board',
    data: { id: 'b1', title: 'Rewrite the onboarding page', status: 'in_review', agent_id: 'ada' },
  });
  await tell({ type: 'agent_spawned', project_id: 'board', data: { agent_id: 'ada', name: 'Ada', status: 'working' } });
  await tell({
    type: 'agent_messages',
    project_id: 'board',
    data: { agent_id: 'ada', from: 'ada', to: 'bob', content: { text: 'The copy is ready' } },
  });
  await tell({ type: 'agent_spawned', project_id: 'board', data: { agent_id: 'bob', name: 'Bob', status: 'idle' } });
  // System A, with a long title and a long error.
  await tell({
    event: 'task:created',
    project_id: 'website',
    source: 'tick',
    data: { taskId: 'long', title: 'Reindex every page of the documentation in all of its eleven languages' },
  });
  await tell({ event: 'task:started', project_id: 'website', source: 'executor-1', data: { taskId: 'long' } });
  await tell({
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
    for (const token of text.split(/(?<= )/)) await tell({ event: 'token_stream', execution_id: 'e1', node_id: id, data: { token } });
  }
}

/** What a run goes on with while somebody looks: lines of its log, and text at about 200 tokens a second.
 * @param {import('ioredis').Redis} redis
 */
export async function streamOn(redis) {
  const tell = (event) => redis.publish('cecelia:events', JSON.stringify({ execution_id: 'e1', ...event }));
  const lines = [
    ['draft', 'info', 'drafting from 2 sources'],
    ['images', 'warning', 'slow answer, 12.4 s'],
    ['images', 'error', 'the model did not answer in 30 s'],
    ['draft', 'info', 'continuing without images'],
  ];
  for (const [node_id, level, message] of lines) await tell({ event: 'log', node_id, data: { level, message } });
  for (const token of releaseNotes.split(/(?<=\s)/)) {
    await tell({ event: 'token_stream', node_id: 'draft', data: { token } });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const releaseNotes = `The relay now keeps what is true at this moment, and tells everybody who comes: a page that opens, or comes back after an hour, shows the same as all others at once.

Nothing is lost in silence any more. What happened while a page was away is sent when it is back, in the order in which it happened; where something can no longer be had, the page says how many events are missing, and why.

Runs are drawn as a graph, with what each step waits for, how long it took and what it used. The text of a step appears as it is written, at two hundred tokens a second and more.

A run can be paused, resumed and spoken to from here. The page says how many have taken the command, and says so too where nobody did.
`;
