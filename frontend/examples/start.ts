import { RelayClient } from 'cecelia-client';

const client = new RelayClient({ url: 'ws' }); // relative to the page; wss: if the page was loaded over HTTPS
client.on('task:progress', ({ data }) => console.log(data.taskId, data.progress));
client.onState((state) => console.log(state.status));
client.connect();
