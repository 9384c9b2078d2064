import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// `npm run dev` serves the sources and hands everything else to a running server.
const server = process.env['UNSPOOL_URL'] ?? 'http://127.0.0.1:8080';
const handedOn = { target: server, changeOrigin: true, ws: true };

export default defineConfig({
  plugins: [svelte()],
  server: {
    proxy: { '/api': handedOn, '/healthz': handedOn, '/docs': handedOn, '/openapi.json': handedOn },
  },
  build: {
    target: 'es2022',
    // Under the content security policy nothing may be inlined: not the assets, not a polyfill.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
