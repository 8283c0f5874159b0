# Ways to sign in, as the admin sets them.
nav-signin = Sign-in
signin-lead = How people come in. The order here is the order of the sign-in page; a password is tried in this order, too.
signin-add = Add a way to sign in
signin-add-lead = Anything that speaks OpenID Connect: Google, Authentik, Keycloak, Authelia, Pocket ID and many others. Backends that can sign people in are in the list by themselves.
signin-one = Sign-in with { $name }
signin-none = Nothing but passwords of Latchkey's own
signin-none-help = Add an issuer, or a backend that signs people in.
signin-people = { $n ->
    [0] nobody yet
    [one] one person
   *[other] { $n } people
  }
signin-up = Up
signin-down = Down
signin-up-name = Move { $name } up
signin-down-name = Move { $name } down
signin-moved = The order is changed.
signin-kind-oidc = OpenID Connect
signin-kind-password = Password
signin-kind-redirect = Sign-in on its own page
signin-kind-unknown = Does not answer yet
signin-state-untried = Not tried
signin-state-worked = Works
signin-state-failed = Does not work
# Who may come in: a word for the form, and a sentence for the list.
signin-rule = New people
signin-rule-help = What happens when somebody new signs in there. Who is known here comes in by every rule, except with a group they have left or a list they are not on.
signin-rule-known = Nobody new: only who signed up here, was adopted or linked it
signin-rule-open = Everybody who can sign in there
signin-rule-group = Only people of a group, or with another claim
signin-rule-list = Only people on a list
signin-rule-approval = Everybody whom an admin approves
signin-says-known = Lets in people who are known here.
signin-says-open = Lets in everybody who can sign in there.
signin-says-group = Lets in people with { $value } in { $claim }.
signin-says-list = Lets in { $n ->
    [one] one person on a list
   *[other] { $n } people on a list
  }.
signin-says-approval = Lets in people whom an admin approves.
signin-claim = Claim
signin-value = Value of the claim
signin-emails = E-mail addresses, one per line
signin-emails-help = An address counts where the issuer says that it is verified.
signin-usernames = User names there, one per line
signin-admin-claim = Claim that makes an admin
signin-admin-claim-help = Who has this value becomes an admin; who has lost it is none any more. It is looked at at each sign-in. Empty: this way to sign in says nothing about roles.
signin-admin-value = Value that makes an admin
signin-id = Short name
signin-id-help = Small letters, digits and hyphens. It is part of the callback address and cannot be changed later.
signin-label = Words on the button
signin-label-help = Empty: the issuer's host, or the backend's name.
signin-issuer = Issuer
signin-issuer-help = The address whose /.well-known/openid-configuration can be read. It begins with https://; http:// works on this machine only.
signin-client-id = Client ID
signin-client-id-help = What the issuer calls Latchkey.
signin-client-secret = Client secret
signin-client-secret-help = Empty where the issuer gave none.
signin-client-secret-kept = One is kept. Leave this empty to keep it; type it again where the issuer changes.
signin-scopes = Scopes
signin-scopes-help = What is asked for, with blanks between. openid always is.
signin-more = More settings
signin-who = Who may come in
signin-settings = Settings
signin-callback = Callback address
signin-callback-help = Register exactly this address at the issuer as the redirect URI.
signin-callback-new = Register this at the issuer, with the short name in the place of ID.
signin-save-new = Add it
signin-saved = { $name } is saved.
signin-added = { $name } is added. Try it before your people do.
signin-presets = What others call it
signin-preset-google = Google Cloud console, Clients: a web application. Its address is the same for everybody, so choose a list or approval.
signin-preset-authentik = Applications, Providers: OAuth2/OpenID. The slug of the application is in the address.
signin-preset-keycloak = Clients: OpenID Connect with client authentication on. The realm is in the address.
signin-preset-authelia = identity_providers.oidc.clients in its configuration file. The address is Authelia's own.
signin-preset-pocket-id = Administration, OIDC clients. The address is Pocket ID's own.
signin-locked = Set by { $source }. Change it there; it applies at once. Rules can be tried here.
signin-set-by = set by { $source }
signin-test = Try it
signin-tested = Last try
signin-stage-discovery = Found
signin-stage-keys = Keys
signin-stage-authorization = Where people are sent
signin-stage-client-auth = How Latchkey proves who it is
signin-stage-sign-out = Can be signed out from here
signin-stage-sign-out-told = Tells when somebody signs out there
signin-stage-backend = The backend
signin-stage-ways = How it signs people in
signin-try-rules = Try the rules
signin-try-rules-help = Trying changes nothing. It shows what these rules would mean for everybody below, by what was said about them last.
signin-try-claims = Try them on somebody else
signin-claims = Claims as JSON
signin-claims-help = What a token says, like { "{" } "groups": ["family"], "email": "zoe@example.org", "email_verified": true { "}" }
signin-dry-run = What these rules would mean
signin-dry-run-lead = Nothing was changed.
signin-shut-out = { $n ->
    [one] One person could not come in this way any more.
   *[other] { $n } people could not come in this way any more.
  }
signin-pasted-stranger = Somebody new with these claims
signin-pasted-known = Somebody known with these claims
signin-pasted-silent = stays what they are
signin-person = Person
signin-before = Now
signin-after = Then
signin-admission-welcome = Comes in
signin-admission-ask = Waits for approval
signin-admission-refused = Stays out
signin-becomes-admin = becomes an admin
signin-no-admin-any-more = is no admin any more
signin-known-people = Who uses it
signin-nobody-yet = Nobody has come in this way yet.
signin-used = last used
signin-never-used = never used
signin-last-claims = What was said last
signin-delete = Remove this way to sign in
signin-delete-help = Whoever came in this way is signed out.
signin-delete-rules = Remove these rules
signin-delete-rules-help = The backend stays, and lets in who is known.
signin-delete-question = Remove { $name }?
signin-delete-ends = { $n ->
    [0] Nobody is signed in by it now.
    [one] One session that began with it ends.
   *[other] { $n } sessions that began with it end.
  }
signin-delete-keeps = Whose identities they were is kept: whoever is linked comes in again once it is added under the same short name.
signin-delete-forget = Forget the identities, too
signin-delete-rules-then = The backend then lets in who is known, and nobody else.
signin-deleted = { $name } is removed.
# The house's own rules.
signin-house = Accounts of Latchkey's own
signin-registration = May strangers make an account?
signin-registration-help = An account with a password that only Latchkey knows.
signin-registration-off = No
signin-registration-approval = Yes, once an admin approves
signin-registration-open = Yes
signin-local = Accept Latchkey's own passwords
signin-local-help = If not, an admin still comes in by the command latchkey admin login-link.
signin-second = Admins need a second factor
signin-second-help = An admin without one can do nothing but set one up.
signin-house-saved = Saved. It applies at once.
field-in-the-open = Sign-ins would travel in the clear. Use https://; http:// works on this machine only.
field-not-a-scope = This is no scope. Write each by itself.
field-not-of-this-rule = This rule does not look at it.
field-not-of-a-backend = A backend has no issuer.
field-nobody-listed = Nobody is on the list.
field-not-one-address = This is no e-mail address: { $address }. Write each in full.
field-not-json = This is no JSON object.
field-last-way-in = You would shut yourself out: link another way to sign in first.
