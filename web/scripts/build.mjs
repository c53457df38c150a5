// Builds dist/report.html: one file, with the place for the document where the comment is.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, existsSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const comment = ['<!--', 'radtype-report', '-->'].join('');
const packages = new Set();

/** One entry as a classic script, with its style. */
async function bundle(entry) {
  const [result] = [
    await build({
      root,
      configFile: false,
      logLevel: 'warn',
      resolve: { alias: { zarrita: join(root, 'src/viewer/no_zarr.ts') } },
      define: { 'process.env.NODE_ENV': '"production"' },
      build: {
        write: false,
        target: 'es2021',
        minify: 'esbuild',
        cssMinify: true,
        modulePreload: false,
        lib: { entry: join(root, entry), formats: ['iife'], name: 'radtypePage', fileName: 'page' },
        rollupOptions: { output: { inlineDynamicImports: true } },
      },
    }),
  ].flat(2);
  let code = '';
  let style = '';
  for (const item of result.output) {
    if (item.type === 'chunk') {
      code += item.code;
      for (const id of Object.keys(item.modules)) {
        const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id);
        if (found) packages.add(found[1]);
      }
    } else if (item.fileName.endsWith('.css')) style += item.source;
  }
  return { code: code.trim(), style: style.trim() };
}

const hash = (text) => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;

function licenceTexts() {
  const kept = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const found = [...packages].sort().map((name) => {
    const folder = join(root, 'node_modules', name);
    const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry) && statSync(join(folder, entry)).isFile());
    const licence = about.license ?? kept[`node_modules/${name}`]?.license ?? 'unknown';
    if (/\bA?GPL/i.test(licence) && !/ OR /i.test(licence)) throw new Error(`${name} is under ${licence}, which this page must not hold`);
    const own = join(root, 'licences', `${name.replace('/', '__')}.txt`);
    const text = file ? readFileSync(join(folder, file), 'utf8') : existsSync(own) ? readFileSync(own, 'utf8') : null;
    if (text === null) throw new Error(`${name} has no licence file: add its text as licences/${name.replace('/', '__')}.txt`);
    return `${name} ${about.version} (${licence})\n\n${text.trim()}`;
  });
  return found.join('\n\n' + '-'.repeat(72) + '\n\n');
}

const [page, viewer] = [await bundle('src/main.ts'), await bundle('src/viewer/viewer.ts')];
if (/<\/script|<!--/i.test(page.code)) throw new Error('the page’s script would end its own element');

const policy = [
  "default-src 'none'",
  `script-src ${hash(page.code)} ${hash(viewer.code)}`,
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
const licences = licenceTexts();
if (/<\/script|<!--/i.test(licences)) throw new Error('a licence text would end its own element');
const parts = {
  policy,
  style: page.style,
  comment,
  licences,
  viewer: gzipSync(Buffer.from(viewer.code, 'utf8'), { level: 9 }).toString('base64'),
  main: page.code,
};
const html = readFileSync(join(root, 'src/report.html'), 'utf8').replace(/\{\{(\w+)\}\}/g, (_, key) => parts[key]);
if (html.split(comment).length !== 2) throw new Error(`dist/report.html must hold ${comment} exactly once`);

mkdirSync(join(root, 'dist'), { recursive: true });
writeFileSync(join(root, 'dist/report.html'), html);
const kb = (n) => `${(n / 1000).toFixed(0)} kB`;
console.log(`dist/report.html ${kb(Buffer.byteLength(html))}: page ${kb(page.code.length)}, viewer ${kb(viewer.code.length)} (${kb(parts.viewer.length)} compressed), ${packages.size} packages`);
if (html.length > 3e6) throw new Error('dist/report.html is larger than 3 MB');
