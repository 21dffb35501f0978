// Bundles the scripts and styles of the pages: node build.mjs FOLDER
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
  metafile: true,
  plugins: [withoutFonts],
};
const pages = await build({
  ...shared,
  entryPoints: { graphiql: "graphiql.jsx", console: "console.js" },
  format: "esm",
  jsx: "automatic",
});
const workers = await build({
  ...shared,
  entryPoints: {
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
  },
  format: "iife",
});

// The licenses of the packages whose code is in the bundles.
const packages = new Set();
for (const { metafile } of [pages, workers])
  for (const input of Object.keys(metafile.inputs)) {
    const found = input.match(/^(?:.*node_modules\/)(@[^/]+\/[^/]+|[^/]+)/);
    if (found) packages.add(found[0]);
  }
const licenses = [];
for (const folder of [...packages].sort()) {
  const { name, version, license } = JSON.parse(
    await readFile(join(folder, "package.json"), "utf8"),
  );
  const texts = [`${name} ${version} (${license})`];
  for (const file of (await readdir(folder)).sort())
    if (/^(licen[cs]e|notice)|\.license\.txt$/i.test(file))
      texts.push(await readFile(join(folder, file), "utf8"));
  licenses.push(texts.join("\n\n"));
}
await writeFile(join(process.argv[2], "licenses.txt"), licenses.join("\n\n---\n\n"));
