// Draws a process instance on its diagram: what was done, where it stands, which way it took.
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import './viewer.css';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

const host = document.querySelector('[data-diagram]');
// The scale from which names can be read without leaning forward.
const READABLE = 0.8;
const dark = matchMedia('(prefers-color-scheme: dark)');
const COLOURS = {
  light: { defaultFillColor: '#ffffff', defaultStrokeColor: '#3c4858', defaultLabelColor: '#18212d' },
  dark: { defaultFillColor: '#161b23', defaultStrokeColor: '#a5b0be', defaultLabelColor: '#e6ebf2' },
};

async function load() {
  const [xml, path] = await Promise.all([
    fetch(host.dataset.diagram).then(answer => answer.text()),
    host.dataset.path ? fetch(host.dataset.path).then(answer => answer.json()) : null,
  ]);
  let viewer;
  try {
    viewer = await draw(xml, path);
  } catch {
    // A drawing without a layout, or with one that nobody can read: the page's lists still tell.
    host.textContent = host.dataset.missing;
    host.classList.add('empty');
    host.dataset.ready = 'true';
    return;
  }
  dark.addEventListener('change', async () => {
    viewer.destroy();
    viewer = await draw(xml, path);
  });
  document.querySelectorAll('[data-element]').forEach(button => {
    button.addEventListener('click', () => point(viewer, button));
  });
  document.querySelectorAll('[data-zoom]').forEach(button => {
    button.hidden = button.dataset.zoom === 'now' && !path?.active.length;
    button.addEventListener('click', () => show(viewer, button.dataset.zoom, path));
  });
  host.dataset.ready = 'true';
}

async function draw(xml, path) {
  const viewer = new NavigatedViewer({
    container: host,
    bpmnRenderer: dark.matches ? COLOURS.dark : COLOURS.light,
  });
  await viewer.importXML(localised(xml));
  const canvas = viewer.get('canvas');
  if (path) colour(viewer, path);
  if (host.dataset.marks) mark(viewer, JSON.parse(host.dataset.marks));
  show(viewer, path?.active.length ? 'now' : 'whole', path);
  return viewer;
}

// Brings the whole diagram or the open elements into view, or changes the scale around the middle.
function show(viewer, what, path) {
  const canvas = viewer.get('canvas');
  if (what === 'closer' || what === 'farther') {
    canvas.zoom(canvas.zoom() * (what === 'closer' ? 1.25 : 0.8));
    return;
  }
  canvas.zoom('fit-viewport', 'auto');
  if (what === 'whole' || canvas.zoom() > READABLE) return;
  const registry = viewer.get('elementRegistry');
  const open = path.active.map(id => registry.get(id)).filter(element => element && !isScope(element));
  if (open.length === 0) return;
  const middle = { x: open[0].x + open[0].width / 2, y: open[0].y + open[0].height / 2 };
  const view = canvas.viewbox().outer;
  const size = { width: view.width / READABLE, height: view.height / READABLE };
  canvas.viewbox({ x: middle.x - size.width / 2, y: middle.y - size.height / 2, ...size });
}

function isScope(element) {
  return element.children?.length > 0;
}

function colour(viewer, path) {
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  const mark = (ids, name) => ids.filter(id => registry.get(id)).forEach(id => canvas.addMarker(id, name));
  mark(path.cancelled, 'was-dropped');
  mark(Object.keys(path.completed).filter(id => !isScope(registry.get(id) ?? {})), 'was-done');
  mark(Object.keys(path.completed).filter(id => isScope(registry.get(id) ?? {})), 'was-done-scope');
  mark(path.flows, 'was-taken');
  const scopes = path.active.filter(id => isScope(registry.get(id) ?? {}));
  mark(scopes, 'is-open-scope');
  mark(path.active.filter(id => !scopes.includes(id)), 'is-open');
  for (const [id, times] of Object.entries(path.completed)) {
    if (times > 1) badge(viewer, id, `${times}×`, 'badge-done', { top: -11, right: 16 });
  }
  for (const [id, words] of Object.entries(path.due)) {
    badge(viewer, id, words, 'badge-due', { bottom: -2, left: -6 });
  }
  for (const [id, tokens] of count(path.active.filter(open => !scopes.includes(open)))) {
    badge(viewer, id, String(tokens), 'badge-open', { top: -10, left: -8 });
  }
}

// Elements with findings, by severity; the list beside the drawing says the same in words.
function mark(viewer, found) {
  for (const [id, severity] of Object.entries(found)) {
    if (!viewer.get('elementRegistry').get(id)) continue;
    viewer.get('canvas').addMarker(id, `has-${severity}`);
  }
}

function badge(viewer, id, text, name, position) {
  if (!viewer.get('elementRegistry').get(id)) return;
  const html = document.createElement('span');
  html.className = `badge ${name}`;
  html.textContent = text;
  viewer.get('overlays').add(id, 'count', { position, html });
}

function count(ids) {
  const found = new Map();
  ids.forEach(id => found.set(id, (found.get(id) ?? 0) + 1));
  return found;
}

function point(viewer, button) {
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  const id = button.dataset.element;
  document.querySelectorAll('[data-element]').forEach(other => other.setAttribute('aria-pressed', String(other === button)));
  registry.getAll().forEach(element => canvas.removeMarker(element.id, 'is-pointed'));
  if (!registry.get(id)) return;
  canvas.addMarker(id, 'is-pointed');
  canvas.scrollToElement(id, 60);
}

// A diagram carries its Chinese names as properties `name:zh`; the drawing shows `name`.
function localised(xml) {
  const language = host.dataset.language;
  if (!language || language === 'en') return xml;
  const read = new DOMParser().parseFromString(xml, 'text/xml');
  for (const property of read.getElementsByTagNameNS('*', 'property')) {
    if (property.getAttribute('name') !== `name:${language}`) continue;
    property.parentElement.parentElement.parentElement.setAttribute('name', property.getAttribute('value'));
  }
  return new XMLSerializer().serializeToString(read);
}

if (host) load();
