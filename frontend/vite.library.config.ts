import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

/** The entries that have a variant for development, with a hint if the first attempt to connect fails. */
const connecting = ['index', 'state', 'react', 'workflow', 'vue'];
const entries = [...connecting, ...connecting.map((name) => `${name}.development`), 'shared-worker', 'react-query'];

/** The package `cecelia-client`: a module for each entry, and what they share beside them. What a page minifies, it minifies itself. */
export default defineConfig({
  plugins: [vue()],
  publicDir: false,
  build: {
    outDir: 'dist/library',
    emptyOutDir: true,
    target: 'es2022',
    minify: false,
    sourcemap: true,
    lib: {
      entry: Object.fromEntries(entries.map((name) => [`library/${name}`, `src/library/${name}.ts`])),
      formats: ['es'],
    },
    rollupOptions: {
      external: /^(react|react-dom|vue|zustand|@tanstack\/react-query)(\/|$)/,
      // One module for each of ours, so that a page takes no more than it asks for.
      output: { preserveModules: true, preserveModulesRoot: 'src', entryFileNames: '[name].js' },
    },
  },
});
