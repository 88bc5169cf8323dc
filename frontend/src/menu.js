// Folded groups of the menu close by Escape and by a click elsewhere, as people expect of menus.
// Without this script they open and close by their own button.
const open = () => document.querySelectorAll('.nav details[open]');

document.addEventListener('click', event => {
  for (const fold of open()) if (!fold.contains(event.target)) fold.open = false;
});
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  for (const fold of open()) {
    fold.open = false;
    fold.querySelector('summary').focus();
  }
});
