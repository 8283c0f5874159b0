activity-none = Nothing has happened yet.
activity-search = Search activity
activity-all = Everything
actor-guest = a guest
actor-console = the console
actor-system = Latchkey itself
# Lines of the audit log: activity-<kind>, filled with the line's facts.
activity-setup-done = Latchkey was set up
activity-signed-in = { $user } signed in
activity-sign-in-refused = A sign-in as { $user } was refused
activity-signed-out = { $user } signed out
activity-sessions-ended = { $user } was signed out everywhere
activity-invite-created = The invite { $invite } was made
activity-invite-changed = The invite { $invite } was changed
activity-invite-revoked = The invite { $invite } was revoked
activity-invite-deleted = The invite { $invite } was deleted
activity-signup-reserved = { $user } began to sign up
activity-signup-completed = { $user } signed up
activity-signup-partial = { $user } signed up; an account is still missing
activity-signup-undone = The sign-up of { $user } did not work; the use was given back
activity-signup-step-failed = The account of { $user } on { $backend } could not be made yet
activity-user-created = { $user } was added
activity-user-adopted = The account { $account } on { $backend } belongs to { $user } now
activity-user-changed = { $user } was changed
activity-user-enabled = { $user } was enabled
activity-user-disabled = { $user } was disabled
activity-user-expired = The time of { $user } is over
activity-user-deleted = { $user } was deleted
activity-password-changed = { $user } changed the password
activity-password-reset = The password of { $user } was reset
activity-profile-captured = The profile { $profile } was captured
activity-profile-changed = The profile { $profile } was changed
activity-profile-deleted = The profile { $profile } was deleted
activity-profile-applied = The profile { $profile } was applied to { $user }
activity-backend-added = The backend { $backend } was connected
activity-backend-changed = The backend { $backend } was changed
activity-backend-removed = The backend { $backend } was disconnected
activity-backend-down = { $backend } stopped answering
activity-backend-back = { $backend } answers again
activity-backend-replaced = Another server answers as { $backend }
activity-login-page-offered = A button that leads here was put on the sign-in page of { $backend }
activity-login-page-withdrawn = The button that leads here was taken off the sign-in page of { $backend }
activity-reset-watch-set = Reset files of { $backend } are looked for in { $directory }
activity-reset-watch-removed = Reset files of { $backend } are not looked for any more
activity-reset-watch-down = Reset files of { $backend } cannot be seen: { $why ->
    [folder-missing] the folder is not there
    [unreadable] the folder cannot be read
    [not-supported] its plugin knows no reset files
    [backend-down] its plugin does not work
   *[other] { $why }
}
activity-reset-watch-back = Reset files of { $backend } are seen again
activity-reset-requested = { $login } asked { $backend } for a new password: { $outcome ->
    [owed] a mail is on its way
    [unknown-user] nobody of that name is known here
    [no-address] there is no address to write to
    [unconfirmed] the address is not confirmed
    [expired] the request was over when it was found
    [wrong-zone] the request was over at once, so the clock or time zone of one of the two machines is wrong
    [privileged] this account is never reset by mail
    [shut-out] this person may not sign in here
   *[other] { $outcome }
}
activity-reset-used-there = { $login } used the PIN at { $backend }
activity-reset-file-odd = The reset file { $file } of { $backend } { $remark }
activity-reset-file-fine = The reset file { $file } of { $backend } is in order now, or gone
activity-mail-method-added = The mail method { $method } was set up
activity-mail-method-changed = The mail method { $method } was changed
activity-mail-method-removed = The mail method { $method } was removed
activity-message-failed = { $whom ->
    [guest] The mail “{ $message }” to a guest could not be sent: { $why }
   *[user] The mail “{ $message }” to { $user } could not be sent: { $why }
 }
activity-reset-mailed = { $user } was sent a mail to set a new password
activity-mail-template-changed = The text of the mail “{ $template }” was changed
activity-mail-template-restored = The text of the mail “{ $template }” is the built-in one again
activity-mail-template-refused = What was written for the mail “{ $template }” was refused
activity-plugin-loaded = The plugin { $plugin } was loaded
activity-plugin-refused = The plugin { $plugin } was refused
activity-plugin-ill = The plugin { $plugin } failed too often
activity-plugin-consented = The plugin { $plugin } was given what it asks for
activity-settings-changed = Settings were changed
activity-settings-refused = Changed settings were refused
activity-admin-created = { $user } was made an admin
activity-login-link-made = A sign-in link for { $user } was made
activity-reset-asked = { $user } asked for a new password and is sent a link
activity-reset-refused = { $user } asked for a new password and is sent nothing: { $cause ->
    [no-address] no address is known
    [unconfirmed] the address is not confirmed
    [shut-out] they may not come in
    [privileged] the account may do too much there to be reset by mail
    [unsupported] nothing they have can be set from here
   *[no-public-url] it is not set under which address Latchkey is reached
}
activity-reset-link-made = A link to a new password was made for { $user }
activity-address-changed = { $user } changed the address
activity-address-confirmed = { $user } confirmed the address
activity-invite-sent = The invite { $invite } was sent by mail
# The same kinds to choose from: kind-<kind>.
kind-setup-done = Set-up
kind-signed-in = Sign-ins
kind-sign-in-refused = Refused sign-ins
kind-signed-out = Sign-outs
kind-sessions-ended = Sessions ended
kind-invite-created = Invites made
kind-invite-changed = Invites changed
kind-invite-revoked = Invites revoked
kind-invite-deleted = Invites deleted
kind-signup-reserved = Sign-ups begun
kind-signup-completed = Sign-ups
kind-signup-partial = Sign-ups with something missing
kind-signup-undone = Sign-ups that did not work
kind-signup-step-failed = Accounts that failed
kind-user-created = People added
kind-user-adopted = Accounts adopted
kind-user-changed = People changed
kind-user-enabled = People enabled
kind-user-disabled = People disabled
kind-user-expired = People whose time was over
kind-user-deleted = People deleted
kind-password-changed = Passwords changed
kind-password-reset = Passwords reset
kind-profile-captured = Profiles captured
kind-profile-changed = Profiles changed
kind-profile-deleted = Profiles deleted
kind-profile-applied = Profiles applied
kind-backend-added = Backends connected
kind-backend-changed = Backends changed
kind-backend-removed = Backends disconnected
kind-backend-down = Backends down
kind-backend-back = Backends back
kind-backend-replaced = Backends replaced
kind-login-page-offered = Buttons put on sign-in pages
kind-login-page-withdrawn = Buttons taken off sign-in pages
kind-reset-watch-set = Reset folders set
kind-reset-watch-removed = Reset folders removed
kind-reset-watch-down = Reset folders that cannot be seen
kind-reset-watch-back = Reset folders seen again
kind-reset-requested = New passwords asked for at a backend
kind-reset-used-there = PINs used at a backend
kind-reset-file-odd = Odd reset files
kind-reset-file-fine = Reset files in order again
kind-mail-method-added = Ways to send mail added
kind-mail-method-changed = Ways to send mail changed
kind-mail-method-removed = Ways to send mail removed
kind-message-failed = Mails that failed
kind-reset-mailed = Reset mails
kind-mail-template-changed = Texts of mails changed
kind-mail-template-restored = Texts of mails set back
kind-mail-template-refused = Texts of mails refused
kind-plugin-loaded = Plugins loaded
kind-plugin-refused = Plugins refused
kind-plugin-ill = Plugins ill
kind-plugin-consented = Plugins consented
kind-settings-changed = Settings changed
kind-settings-refused = Settings refused
kind-admin-created = Admins made
kind-login-link-made = Sign-in links
kind-reset-asked = New passwords asked for
kind-reset-refused = New passwords asked for in vain
kind-reset-link-made = Reset links
kind-address-changed = Addresses changed
kind-address-confirmed = Addresses confirmed
kind-invite-sent = Invites sent
activity-provider-added = The way to sign in { $provider } was added
activity-provider-changed = The way to sign in { $provider } was changed
activity-provider-removed = The way to sign in { $provider } was removed
activity-identity-linked = { $user } can sign in with { $provider }
activity-identity-unlinked = { $user } cannot sign in with { $provider } any more
activity-membership-ended = { $provider } says that { $user } does not belong there any more
activity-role-changed = The role of { $user } is { $role } now
activity-registered = { $user } registered
activity-approval-asked = { $user } asks to come in
activity-approved = { $user } may come in
activity-refused = { $user } may not come in
activity-login-token-made = A login token was made for { $user }
activity-login-token-revoked = The login token of { $user } was revoked
activity-api-token-made = { $user } made the API token { $token }
activity-api-token-revoked = The API token { $token } of { $user } was revoked
activity-factor-added = { $user } added { $factor }
activity-factor-removed = { $factor } of { $user } was removed
activity-second-factor-refused = A second factor for { $user } was refused
activity-recovery-code-used = { $user } used a recovery code
activity-signing-key-rotated = The key that signs access tokens was changed
activity-invite-right-changed = The right of { $user } to invite was changed
