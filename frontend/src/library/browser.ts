// The module that the relay serves at `/client.js`: the connection and the state, for pages without a bundler.
export * from './index';
export * from './state';
