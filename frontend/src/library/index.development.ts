import '../services/development-hint';

// As `index.ts`, with a hint in the console if the first attempt to connect fails. Bundlers take it in development.
export * from './index';
