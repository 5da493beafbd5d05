// Builds dist/: the panel under a name that changes with its content, and the launcher that knows that name.
import { createHash } from "node:crypto";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const shared = { bundle: true, minify: true, target: "es2021", charset: "utf8", legalComments: "none", write: false };

const [panel] = (await build({ ...shared, entryPoints: ["src/panel.ts"], format: "esm" })).outputFiles;
const name = `panel-${createHash("sha256").update(panel.contents).digest("hex").slice(0, 12)}.js`;
const define = { PANEL: JSON.stringify(name) };
const [launcher] = (await build({ ...shared, entryPoints: ["src/launcher.ts"], format: "iife", define })).outputFiles;

await rm("dist", { recursive: true, force: true });
await mkdir("dist");
await writeFile(`dist/${name}`, panel.contents);
await writeFile("dist/botwijzer.js", launcher.contents);
for (const file of ["demo.css", "icon.svg"]) await cp(file, `dist/${file}`);
