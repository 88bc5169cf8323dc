// Keys of the work list: j and k move, Enter opens, c claims and opens, ? shows the sheet.
const rows = [...document.querySelectorAll('[data-inbox] tbody tr')];
const sheet = document.querySelector('#shortcuts');
const button = document.querySelector('[data-shortcuts]');
let current = -1;

function select(index) {
  if (rows.length === 0) return;
  current = Math.max(0, Math.min(rows.length - 1, index));
  rows.forEach((row, place) => row.toggleAttribute('data-current', place === current));
  const link = rows[current].querySelector('[data-open]');
  link.focus({ preventScroll: true });
  rows[current].scrollIntoView({ block: 'nearest' });
}

function claim() {
  const row = rows[current];
  const open = row?.querySelector('[data-claim]');
  if (open) open.click();
  else row?.querySelector('[data-open]').click();
}

const actions = {
  j: () => select(current + 1),
  k: () => select(current - 1),
  c: claim,
  '?': () => sheet.showModal(),
};

addEventListener('keydown', event => {
  const typing = event.target.closest('input, textarea, select, dialog');
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

// A row reached with Tab or the mouse becomes the current one.
rows.forEach((row, index) => row.addEventListener('focusin', () => { current = index; }));
button.hidden = false;
button.addEventListener('click', () => sheet.showModal());
