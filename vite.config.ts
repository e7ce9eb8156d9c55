// How the app is built: one page, no inline scripts (the policy in signalling/http.ts forbids them), and a service
// worker that holds the whole shell, so that it opens without any network. The app registers the worker itself.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

const signallingServer = "http://127.0.0.1:8080";

/** CodeMirror's own history, which nothing asks for, writes to a class of its own as it is loaded, and is kept for that. */
const HISTORY_KEPT = "HistoryState.empty = /*@__PURE__*/new HistoryState(none, none);";

const withoutHistory = {
  name: "without-history",
  transform(code: string, id: string): string | undefined {
    if (!/@codemirror\/commands\/dist\/index\.js$/.test(id)) return undefined;
    if (!code.includes(HISTORY_KEPT)) throw new Error("Expected @codemirror/commands as it was when pinned");
    return code.replace(HISTORY_KEPT, "");
  },
};

export default defineConfig({
  // Every address in the page is relative, so that the app may lie below any path (BASE_PATH, or a proxy's).
  base: "./",
  plugins: [
    react(),
    withoutHistory,
    VitePWA({
      strategies: "generateSW",
      // A new version waits until the person says so: a reload under unsaved text would be ours to answer for.
      registerType: "prompt",
      injectRegister: false,
      manifest: {
        name: "Chirograph",
        short_name: "Chirograph",
        description: "Write together in the browser, without trusting a server or each other.",
        lang: "en",
        start_url: "./",
        scope: "./",
        display: "standalone",
        background_color: "#faf7f0",
        theme_color: "#faf7f0",
        icons: [
          { src: "icon.svg", sizes: "any", type: "image/svg+xml", purpose: "any" },
          { src: "icon-192.png", sizes: "192x192", type: "image/png", purpose: "any" },
          { src: "icon-512.png", sizes: "512x512", type: "image/png", purpose: "any" },
          { src: "icon-maskable-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
        ],
      },
      workbox: {
        inlineWorkboxRuntime: true,
        globPatterns: ["**/*.{js,css,html,svg,woff2}"],
        navigateFallback: "index.html",
        // What the server answers by itself, below whatever path.
        navigateFallbackDenylist: [
          /\/(signal|healthz|readyz|metrics|config\.json|doctor|doctor\.json)([?#].*)?$/,
        ],
        cleanupOutdatedCaches: true,
      },
    }),
  ],
  build: {
    outDir: "dist/app",
    emptyOutDir: true,
    target: "es2022",
    // Every browser we support preloads modules by itself; the polyfill would be one more script.
    modulePreload: { polyfill: false },
    // What comes before the caret is bounded by test/e2e/privacy, compressed as it travels; Vite warns at 500 kB as written.
    chunkSizeWarningLimit: 900,
    // A small asset inlined as a data: address is a font or an image the policy would block.
    assetsInlineLimit: 0,
    // Constants of a file stay constants: as a `var`, a table is looked up and checked at every use (a SHA-256 of 100
    // bytes then takes 1.13 µs, not 0.72).
    rolldownOptions: {
      output: { topLevelVar: false },
      // Nothing in the core does anything by being imported, so what only a part loaded later uses goes there, although the
      // core names it (src/crdt/history).
      treeshake: { moduleSideEffects: [{ test: /\/src\/crdt\//, sideEffects: false }] },
    },
  },
  worker: { format: "es" },
  // The bundle without Node polyfills; named here so that the development server gives it a default export.
  optimizeDeps: { include: ["simple-peer/simplepeer.min.js"] },
  server: {
    proxy: {
      "/signal": { target: signallingServer, ws: true },
      "/config.json": signallingServer,
    },
  },
});
