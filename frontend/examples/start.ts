import { RelayClient } from 'cecelia-client';

const client = new RelayClient({ url: 'ws' }); // beside the page; wss: where the page came by HTTPS
client.on('task:progress', ({ data }) => console.log(data.taskId, data.progress));
client.onState((state) => console.log(state.status));
client.connect();
