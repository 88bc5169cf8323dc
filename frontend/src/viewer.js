// Draws a process instance on its diagram: what was done, where it stands, which way it took.
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import './viewer.css';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

const host = document.querySelector('[data-diagram]');
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
  let viewer = await draw(xml, path);
  dark.addEventListener('change', async () => {
    viewer.destroy();
    viewer = await draw(xml, path);
  });
  document.querySelectorAll('[data-element]').forEach(button => {
    button.addEventListener('click', () => point(viewer, button));
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
  canvas.zoom('fit-viewport', 'auto');
  if (path) colour(viewer, path);
  return viewer;
}

function colour(viewer, path) {
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  const mark = (ids, name) => ids.filter(id => registry.get(id)).forEach(id => canvas.addMarker(id, name));
  mark(path.cancelled, 'was-dropped');
  mark(Object.keys(path.completed), 'was-done');
  mark(path.flows, 'was-taken');
  mark(path.active, 'is-open');
  for (const [id, times] of Object.entries(path.completed)) {
    if (times > 1) badge(viewer, id, `${times}×`, 'badge-done', { top: -11, right: 16 });
  }
  for (const [id, tokens] of count(path.active)) {
    badge(viewer, id, String(tokens), 'badge-open', { bottom: 12, left: -10 });
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
