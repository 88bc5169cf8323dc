// Builds every src/*.js into ../web/static/dist with a manifest that web/assets.py reads.
import fs from 'node:fs';
import { defineConfig } from 'vite';

// domify, which bpmn-js uses, parses `style="..."` attributes; the page's policy refuses those.
// The attribute is renamed before parsing and applied through the style object, which is allowed.
// The build stops if the code that is replaced here ever changes.
const styleWithoutAttributes = {
  name: 'style-without-attributes',
  enforce: 'pre',
  transform(code, id) {
    if (!/node_modules\/domify\/index\.js$/.test(id)) return null;
    const exported = 'export default function domify(';
    if (!code.includes(exported)) this.error(`domify changed: '${exported}' is gone in ${id}`);
    return `${code.replace(exported, 'function parse(')}
export default function domify(html, document) {
  const node = parse(html.replace(/\\sstyle=(["'])/g, ' data-style=$1'), document);
  const apply = element => {
    const style = element.getAttribute && element.getAttribute('data-style');
    if (style === null || style === undefined) return;
    element.removeAttribute('data-style');
    element.style.cssText = style;
  };
  apply(node);
  if (node.querySelectorAll) node.querySelectorAll('[data-style]').forEach(apply);
  return node;
}`;
  },
};

// The licences of everything that went into the bundle, beside it, as they ask for.
const notices = {
  name: 'notices',
  generateBundle(_, bundle) {
    const used = Object.values(bundle).flatMap(chunk => chunk.moduleIds ?? []);
    const packages = new Set(used.map(id => id.match(/(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1]));
    packages.delete(undefined);
    const texts = [...packages].sort().map(folder => {
      const { name, version, license } = JSON.parse(fs.readFileSync(`${folder}/package.json`, 'utf8'));
      const file = fs.readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry));
      const text = file ? fs.readFileSync(`${folder}/${file}`, 'utf8').trim() : `Licence: ${license}`;
      return `${name} ${version}\n\n${text}\n`;
    });
    this.emitFile({ type: 'asset', fileName: 'NOTICES.txt', source: texts.join(`\n${'-'.repeat(72)}\n\n`) });
  },
};

const pages = fs.readdirSync('src').filter(name => name.endsWith('.js'));

export default defineConfig({
  base: '/static/dist/',
  publicDir: false,
  plugins: [styleWithoutAttributes, notices],
  build: {
    outDir: '../web/static/dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: Object.fromEntries(pages.map(name => [name.replace('.js', ''), `src/${name}`])) },
  },
});
