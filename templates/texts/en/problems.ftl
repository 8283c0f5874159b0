# What went wrong, for whoever sees the page: a title and what to do. problem-<code>.
error-reference = If you ask for help, give this reference:
problem-gone = This invite does not work
problem-gone-help = It may have been used already, or its time is over. Ask whoever sent it for a new one.
problem-not-found = There is nothing here
problem-not-found-help = The address may be mistyped, or what was here is gone.
problem-forbidden = This is not for you
problem-forbidden-help = Your account may not see this page.
problem-sign-in = Please sign in
problem-sign-in-help = This page is for people who are signed in.
problem-too-many = Too many tries
problem-too-many-help = Please wait a little, then try again.
problem-too-large = That was too much
problem-too-large-help = What was sent is larger than this page takes.
problem-method = That does not work here
problem-method-help = The page was asked in a way it does not know. Go back and try again.
problem-media-type = That does not work here
problem-media-type-help = The page was sent something that it cannot read.
problem-bad-request = That was not understood
problem-bad-request-help = Go back and try again.
problem-invalid = Something is not right yet
problem-invalid-help = Go back and look at the fields again.
problem-cross-site = That came from another site
problem-cross-site-help = For your safety it was not done. Open this page itself and try again.
problem-wrong-host = Not at this address
problem-wrong-host-help = Latchkey does not know itself by this name. If you run it, add the name to public_url or other_urls in the settings.
problem-timeout = That took too long
problem-timeout-help = Please try again in a moment.
problem-unavailable = Not right now
problem-unavailable-help = Something Latchkey needs does not answer. Please try again in a moment.
problem-conflict = It has changed meanwhile
problem-conflict-help = Go back, look at it again and decide anew.
problem-name-taken = That name is taken
problem-name-taken-help = Please choose another one.
problem-wrong-credential = The name or the password is wrong
problem-wrong-credential-help = Check both and try again.
problem-pending = Almost there
problem-pending-help = Somebody has to agree first.
problem-disabled = This account is switched off
problem-disabled-help = Ask whoever invited you.
problem-expired = This account's time is over
problem-expired-help = Ask whoever invited you.
problem-too-many-sessions = Signed in too often
problem-too-many-sessions-help = Sign out somewhere else first.
problem-second-factor = One more step
problem-second-factor-help = A second factor is needed.
problem-setup-done = Set-up is done already
problem-setup-done-help = Sign in instead.
problem-setup-code = The setup code is wrong
problem-setup-code-help = It stands in the terminal or log where Latchkey was started.
problem-internal = Something went wrong here
problem-internal-help = It was written down and is not your fault. Please try again.

ended-disabled = This account is switched off
ended-disabled-help = You cannot sign in at the moment.
ended-expired = This account's time is over
ended-expired-help = It was made for a limited time.
ended-pending = Almost there
ended-pending-help = Somebody has to agree before you can sign in.
ended-since = Since { $date }.
ended-other = Sign in as somebody else
confirm-what = What will happen

# Below a field: field-<code>.
field-empty = Please fill this in.
field-required = Please fill this in.
field-too-long = This is too long: { $max } characters at most.
field-character = This has a character that does not work: { $character }
field-not-an-address = This does not look like an e-mail address.
field-taken = Somebody has this already. Please choose another one.
field-unknown = There is no such thing here.
field-choice = Please choose one.
field-url = This is not an address. It begins with https:// or http://.
field-number = Please give a whole number.
field-range = Please give a number from { $min } to { $max }.
field-id = Small letters, digits and hyphens, beginning with a letter.
field-setup-code = This is not the setup code.
field-current-password = This is not your password.
field-locked = This is set elsewhere and cannot be changed here.
field-zone = There is no such time zone.
field-date-format = This is not a date format.
field-backend = The backend does not take this: { $detail }

# Why somebody who is known may not: forbidden-<code>.
forbidden-pending = Somebody has to agree before you can sign in.
forbidden-disabled = This account is switched off.
forbidden-expired = This account's time is over.
forbidden-too-many-sessions = You are signed in at too many places. Sign out somewhere first.
forbidden-last-admin = This is the last admin. Make somebody else an admin first.
forbidden-oneself = You cannot do that to yourself.
forbidden-setup-done = Set-up is done already.
forbidden-setup-needed = Latchkey is not set up yet.

# Rules, said before typing.
password-rule-length = At least { $n } characters. Longer is better than stranger.
password-rule-max = At most { $n } characters.
password-rule-common = No common password, and not your own name.
password-rule-forbidden = Not these characters: { $characters }

# What was wrong with a password.
password-too-short = This password is too short: { $n } characters at least.
password-too-long = This password is too long: { $n } characters at most.
password-common = This password is known to too many. Please choose another one.
password-context = This password is too close to your name or to this place.
password-forbidden = This password has characters that do not work there: { $characters }
password-same = This is the password you have already.

# What a plugin or its backend could not do. fault-<kind>, to a guest or member.
fault-invalid-input = It did not accept what was typed.
fault-wrong-credential = The name or the password is wrong.
fault-not-found = It is not there any more.
fault-conflict = This name is taken there.
fault-forbidden = It does not allow that.
fault-credential-rejected = Latchkey may not do that there any more. The admin has been told.
fault-unsupported = It cannot do that.
fault-rate-limited = It is asked too often. This is tried again by itself.
fault-unavailable = It does not answer right now. This is tried again by itself.
fault-timed-out = It took too long. This is tried again by itself.
fault-outcome-unknown = It is not clear yet whether it worked. Latchkey is looking.
fault-bad-reply = It gave an answer that Latchkey does not understand.
fault-misconfigured = It is not set up rightly. The admin has been told.
fault-internal = Something went wrong. The admin has been told.

# The same to the admin.
admin-fault-invalid-input = The backend did not accept a value.
admin-fault-wrong-credential = The name or the password is wrong.
admin-fault-not-found = The backend does not know it.
admin-fault-conflict = The name is taken on the backend.
admin-fault-forbidden = The backend refuses it, although the credential is good.
admin-fault-credential-rejected = The backend does not accept the stored credential any more. Give it a new one.
admin-fault-unsupported = This version of the backend cannot do it.
admin-fault-rate-limited = The backend asks to slow down.
admin-fault-unavailable = The backend does not answer.
admin-fault-timed-out = The backend took too long.
admin-fault-outcome-unknown = It is not clear whether the backend did it. Latchkey looks before it tries again.
admin-fault-bad-reply = The backend answered something that the plugin does not understand.
admin-fault-misconfigured = A setting makes it impossible.
admin-fault-internal = The plugin failed.
