// What pages gain where there is script; each of them works without. Listeners are delegated, so
// that what is swapped in later is served too. No text in here: texts stand in the page.
const root = document.documentElement;

function wake(scope) {
  for (const button of scope.querySelectorAll('[data-copy][hidden], [data-reveal][hidden]')) button.hidden = false;
  // One box on the page says it for all its forms.
  for (const box of scope.querySelectorAll('[data-same]')) box.closest('.field').hidden = true;
  if (navigator.share) for (const button of scope.querySelectorAll('[data-share][hidden]')) button.hidden = false;
}

async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand('copy'); // plain http has no clipboard API
  }
  const label = button.querySelector('span');
  const before = label.textContent;
  label.textContent = button.dataset.done;
  button.setAttribute('aria-live', 'polite');
  setTimeout(() => { label.textContent = before; }, 2000);
}

function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === 'password';
  field.type = shown ? 'text' : 'password';
  button.setAttribute('aria-pressed', String(shown));
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-copy], [data-reveal], [data-share]');
  if (button?.dataset.copy) copy(button);
  else if (button?.dataset.reveal) reveal(button);
  else if (button?.dataset.share) navigator.share({ title: button.dataset.title, url: button.dataset.share }).catch(() => {});
  const more = document.querySelector('details.more[open]');
  if (more && !more.contains(event.target)) more.open = false;
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  const more = document.querySelector('details.more[open]');
  if (more) { more.open = false; more.querySelector('summary').focus(); }
});

document.addEventListener('focusin', (event) => {
  if (event.target.matches('[data-select]')) event.target.select();
});

// A second press sends nothing; a password that was shown is not remembered as text.
document.addEventListener('submit', (event) => {
  const form = event.target;
  for (const box of form.querySelectorAll('[data-same]')) box.checked = document.getElementById(box.dataset.same).checked;
  for (const field of form.querySelectorAll('[data-reveal][aria-pressed="true"]')) reveal(field);
  if (!form.matches('[data-once]')) return;
  if (form.ariaBusy === 'true') event.preventDefault();
  form.ariaBusy = 'true';
});
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[aria-busy]')) form.ariaBusy = null;
});

// The colours change at once; the server is told, and remembers.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.matches('.theme') || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  root.dataset.theme = theme;
  for (const button of document.querySelectorAll('.theme button')) {
    button.setAttribute('aria-pressed', String(button.value === theme));
  }
  const body = new URLSearchParams(new FormData(form, event.submitter));
  fetch(form.action, { method: 'POST', body, redirect: 'manual' }).catch(() => {});
});

// A page that waits for something looks again by itself.
async function look() {
  const old = document.querySelector('[data-refresh]');
  if (!old) return;
  let wait = Number(old.dataset.refresh) * 1000;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = next.querySelector('[data-refresh]');
    if (answer.redirected) return location.replace(answer.url);
    if (!fresh) return location.reload();
    if (fresh.innerHTML !== old.innerHTML) old.innerHTML = fresh.innerHTML;
  } catch { wait *= 3; }
  setTimeout(look, wait);
}

wake(document);
document.querySelector('[data-focus]')?.focus();
const waiting = document.querySelector('[data-refresh]');
if (waiting) setTimeout(look, Number(waiting.dataset.refresh) * 1000);
