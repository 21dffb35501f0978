// Bundles the scripts and styles of the pages: node build.mjs FOLDER
import { readFile } from "node:fs/promises";
import { build } from "esbuild";

// The fonts are data: URLs, which the pages do not allow. The system has others.
const withoutFonts = {
  name: "without-fonts",
  setup({ onLoad }) {
    onLoad({ filter: /graphiql.*style\.css$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(
        /@font-face\s*\{[^}]*url\(data:font[^}]*\}/g,
        "",
      ),
      loader: "css",
    }));
  },
};

const shared = {
  bundle: true,
  minify: true,
  outdir: process.argv[2],
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".ttf": "file" },
  assetNames: "[name]",
  plugins: [withoutFonts],
};
await build({
  ...shared,
  entryPoints: { graphiql: "graphiql.jsx", console: "console.js" },
  format: "esm",
  jsx: "automatic",
});
await build({
  ...shared,
  entryPoints: {
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
  },
  format: "iife",
});
