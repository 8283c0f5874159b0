// Passkeys: a form asks the browser, puts its answer into a field and is sent like any other. The forms
// stay hidden without script, and where the browser has no passkeys. Bytes travel as base64url.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

function asked({ publicKey }) {
  publicKey.challenge = bytes(publicKey.challenge);
  if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
  for (const list of [publicKey.allowCredentials, publicKey.excludeCredentials]) {
    for (const one of list ?? []) one.id = bytes(one.id);
  }
  return { publicKey };
}

function told(credential) {
  const response = {};
  for (const part of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
}

async function answer(form) {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const begun = await fetch(form.dataset.passkey, { method: 'POST', headers, body: '{}' });
  if (begun.status === 403 || begun.status === 410) return location.reload();
  if (!begun.ok) throw new Error(String(begun.status));
  const options = asked(await begun.json());
  const credential = 'makes' in form.dataset
    ? await navigator.credentials.create(options)
    : await navigator.credentials.get(options);
  if ('keeps' in form.dataset && document.querySelector('[name=keep]:checked')) {
    const keep = document.createElement('input');
    Object.assign(keep, { type: 'hidden', name: 'keep', value: 'on' });
    form.append(keep);
  }
  form.elements.credential.value = JSON.stringify(told(credential));
  form.submit();
}

if (window.PublicKeyCredential) {
  for (const hidden of document.querySelectorAll('[data-passkey], [data-with-passkey]')) hidden.hidden = false;
}

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('[data-passkey]')) return;
  event.preventDefault();
  if (form.ariaBusy === 'true') return;
  form.ariaBusy = 'true';
  const failed = form.querySelector('[data-passkey-failed]');
  failed.hidden = true;
  try {
    await answer(form);
  } catch {
    failed.hidden = false;
  }
  form.ariaBusy = null;
});
