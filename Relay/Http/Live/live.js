// The page at "/": one socket, one table, at most 200 rows, drawn once a frame however fast events come.
'use strict';

const maxRows = 200;
const byId = (id) => document.getElementById(id);
const rows = byId('events');
let pending = [];
let count = 0;
let lastCount = 0;
let paused = false;
let attempt = 0;

function show(state, text) {
  byId('state').className = state;
  byId('state-text').textContent = text;
}

function connect() {
  const address = new URL('ws', document.baseURI);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address);
  socket.onopen = () => { attempt = 0; show('live', 'live'); };
  socket.onmessage = (message) => {
    count++;
    pending.push(message.data);
    if (pending.length > maxRows) pending.shift();
    if (pending.length === 1 || count % maxRows === 0) requestAnimationFrame(draw);
  };
  socket.onclose = (close) => {
    // Full jitter: clients that were disconnected together do not reconnect together.
    const wait = Math.random() * Math.min(15000, 1000 * 2 ** attempt++);
    show('lost', `connection lost (${close.code}${close.reason ? ', ' + close.reason : ''}); trying again in ${Math.ceil(wait / 1000)} s`);
    setTimeout(connect, wait);
  };
}

function cell(row, text, className) {
  const td = row.insertCell();
  td.textContent = text ?? '';
  if (className) td.className = className;
  return td;
}

function draw() {
  if (paused) return;
  for (const text of pending) {
    const { event, data, timestamp } = JSON.parse(text);
    const { taskId, task_id, execution_id, status, progress, ...rest } = data;
    const row = rows.insertRow(0);
    const at = new Date(timestamp);
    cell(row, `${at.toLocaleTimeString([], { hour12: false })}.${String(at.getMilliseconds()).padStart(3, '0')}`);
    cell(row, event);
    cell(row, taskId ?? task_id ?? execution_id);
    cell(row, status, status);
    const bar = cell(row, '');
    if (typeof progress === 'number') {
      const meter = document.createElement('progress');
      meter.max = 100;
      meter.value = progress;
      bar.append(meter, ` ${progress} %`);
    }
    cell(row, Object.keys(rest).length ? JSON.stringify(rest) : '');
    if (event === 'executor:status') {
      byId('active').textContent = data.activeCount ?? '–';
      byId('slots').textContent = data.availableSlots ?? '–';
    }
  }
  pending = [];
  while (rows.rows.length > maxRows) rows.deleteRow(-1);
  byId('empty').hidden = count > 0;
  byId('count').textContent = count.toLocaleString();
}

byId('pause').onclick = () => {
  paused = !paused;
  byId('pause').setAttribute('aria-pressed', paused);
  byId('pause').textContent = paused ? 'Resume' : 'Pause';
  if (!paused) draw();
};

setInterval(() => {
  byId('rate').textContent = (count - lastCount).toLocaleString();
  byId('count').textContent = count.toLocaleString();
  lastCount = count;
}, 1000);

connect();
