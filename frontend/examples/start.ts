import { RelayClient } from 'cecelia-client';

const client = new RelayClient({ url: 'http://localhost:5221/ws' }); // or '/ws', of the page's own host
client.on('task:progress', ({ data }) => console.log(data.taskId, data.progress));
client.onState((state) => console.log(state.status));
client.connect();
