// panva's oidc-provider as it comes, with one client and one person who has always just signed in.
// Takes its options as JSON in PEER; prints its address when it listens.
import http from 'node:http';

const options = JSON.parse(process.env.PEER);
const Real = Date;
globalThis.Date = class extends Real {
  constructor(...given) {
    if (given.length) super(...given);
    else super(Real.now() + options.shift);
  }
  static now() {
    return Real.now() + options.shift;
  }
};

// What it has to say about production is no news to a test.
console.info = console.warn = () => {};
const { default: Provider } = await import('oidc-provider');

const { promise, resolve } = Promise.withResolvers
  ? Promise.withResolvers()
  : (() => { let resolve; const promise = new Promise((done) => { resolve = done; }); return { promise, resolve }; })();
let answer = (_request, response) => { response.statusCode = 503; response.end(); };
const server = http.createServer((request, response) => answer(request, response));
server.listen(0, '127.0.0.1', resolve);
await promise;
const url = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(url, {
  clients: [options.client],
  pkce: { required: () => true },
  claims: {
    openid: ['sub'],
    profile: ['name', 'preferred_username', 'picture'],
    email: ['email', 'email_verified'],
    groups: ['groups'],
  },
  scopes: ['openid', 'profile', 'email', 'groups'],
  cookies: { keys: ['test'] },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = form;
      },
    },
  },
  // It guards itself against addresses on loopback; here there are no others.
  fetch: (url, { dispatcher: _guard, ...rest }) => fetch(url, rest),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...options.person }) }),
});

async function interact(request, response) {
  const { prompt, params, grantId, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: options.subject } });
    return;
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const result = { consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

const callback = provider.callback();
answer = (request, response) => {
  if (!request.url.startsWith('/interaction/')) return callback(request, response);
  return interact(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
};
provider.on('server_error', (_ctx, error) => console.error(error));
provider.on('backchannel.error', (_ctx, error) => console.error(error));
console.log(url);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
