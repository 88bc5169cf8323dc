// A field that decides what other fields show asks the server for the form again when it changes.
const form = document.querySelector('[data-form]');
const summary = document.querySelector('#faults');

async function refresh(steering) {
  const sent = new FormData(form);
  sent.set('refresh', '1');
  const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(sent) });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fields = page.querySelector('[data-fields]');
  if (!fields) return;
  const { id, name, value } = steering;
  form.querySelector('[data-fields]').replaceWith(document.adoptNode(fields));
  const again = id ? document.getElementById(id) : form.querySelector(`[name="${name}"][value="${CSS.escape(value)}"]`);
  again?.focus();
}

form?.querySelector('[data-refresh]')?.setAttribute('hidden', '');
form?.addEventListener('change', event => {
  if (event.target.matches('[data-steers]')) refresh(event.target);
});
// Sending twice would only answer the first result again; the button says that it was heard.
form?.addEventListener('submit', () => form.setAttribute('aria-busy', 'true'));
summary?.focus();
