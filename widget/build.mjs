// Builds dist/: the panel under a name that changes with its content, the launcher that knows that name, and
// licences.txt with the licence of every package that is in them.
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const shared = { bundle: true, minify: true, target: "es2021", charset: "utf8", legalComments: "none", write: false };

const built = await build({ ...shared, entryPoints: ["src/panel.ts"], format: "esm", metafile: true });
const [panel] = built.outputFiles;
const name = `panel-${createHash("sha256").update(panel.contents).digest("hex").slice(0, 12)}.js`;
const define = { PANEL: JSON.stringify(name) };
const [launcher] = (await build({ ...shared, entryPoints: ["src/launcher.ts"], format: "iife", define })).outputFiles;

await rm("dist", { recursive: true, force: true });
await mkdir("dist");
await writeFile(`dist/${name}`, panel.contents);
await writeFile("dist/botwijzer.js", launcher.contents);
await writeFile("dist/licences.txt", await licences(Object.keys(built.metafile.inputs)));
for (const file of ["demo.css", "icon.svg"]) await cp(file, `dist/${file}`);

/** The licences of the packages that these files are from. */
async function licences(files) {
  const packages = files.map((file) => /^node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(file)?.[0]).filter(Boolean);
  const texts = [...new Set(packages)].sort().map(async (folder) => {
    const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
    const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
    return `${name} ${version} (${license})\n\n${file ? await readFile(`${folder}/${file}`, "utf8") : ""}`;
  });
  return (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n`);
}
