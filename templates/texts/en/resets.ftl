login-forgot = Forgot your password?

# The page that asks who you are.
forgot-title = Forgot your password?
forgot-lead = Type your user name or your e-mail address. You get a mail with a link to choose a new password.
forgot-login = User name or e-mail address
forgot-submit = Send me the mail
forgot-back = Back to signing in
forgot-no-mail-title = Please ask for help
forgot-no-mail = No mail can be sent from here yet. Ask whoever runs this place: they can make a link for you with which you choose a new password.

# The answer, the same for everybody.
sent-title = Look at your mail
sent-lead = If we know you, a mail is on its way. It has a link in it; press it and choose a new password.
sent-wait = It can take a few minutes to come.
sent-spam = Nothing there? Look in the folder for spam, too.
sent-sender = The mail comes from { $sender }.
sent-address = It goes to the address that is known here as yours.
sent-ask = Still nothing? Then ask whoever invited you: they can make a link for you.
sent-again = Try another name

# The page behind the link.
reset-title = Choose a new password
reset-lead = It is for { $name }.
reset-until = This page works once, until { $date }.
reset-password-help = Once is enough: look at it with the eye if you like.
reset-submit = Save the new password
reset-ends = You are then signed out everywhere, on every device, and sign in with the new one.
reset-used-title = The PIN from that mail was used already
reset-used = Somebody typed it in at { $place }, and has a new password there. If that was you, you need not do anything here. If it was not, choose a new password now and tell whoever runs this place.
reset-done-everywhere = Your new password is saved
reset-done-everywhere-lead = Sign in with it from now on, { $name }.
reset-done-somewhere = It did not work everywhere
reset-done-somewhere-lead = Here is where your new password holds, { $name }, and where it does not.
reset-done-nowhere = Your password stays the old one
reset-done-nowhere-lead = The new one could not be saved anywhere.
reset-done-unclear = We do not know whether it was saved
reset-done-unclear-lead = It was handed over, and no answer came. Try to sign in with the new password first. If that does not work, the old one still holds, { $name }: ask for a new link then.
reset-done-help = Where it says that it did not work: try it later with a new link, or ask for help.
reset-place-changed = The new password holds here.
reset-place-failed = The old password stays for now. { $why }
reset-place-impossible = Passwords cannot be changed here from outside. Ask whoever runs it.
reset-place-refused = This account may do too much to be changed by a link. Ask whoever runs it.
reset-place-unclear = It is not certain that the new one holds. Try it first, then the old one.
reset-done-help-again = The link still works. Try again in a few minutes, or ask for help.
reset-try-again = Try again
reset-sign-in = Sign in
reset-open = Open { $name }
reset-again = Ask for a new link

# A link that is no good.
problem-gone-reset = This link does not work any more
problem-gone-reset-help = It may have been used already, or its time is over, or a newer one was sent. Ask for a new one; it takes a minute.
problem-gone-confirm = This link does not work any more
problem-gone-confirm-help = It may have been used already, or its time is over. Sign in and look at your address; you can have a new link sent there.
problem-gone-login = This link does not work any more
problem-gone-login-help = It may have been used already, or its time is over. Ask whoever gave it to you for a new one.
gone-to-account = To my account

# Why a link may not be made.
problem-other-admin = This is another admin
problem-other-admin-help = Only the first admin can do this to another admin.

problem-stale-sign-in = Sign in again first
problem-stale-sign-in-help = This is only for whoever signed in in the last ten minutes. Sign in again, then do it once more.

problem-no-public-url = Not without a public address
problem-no-public-url-help = Links in mails begin with it. Set the public address first.

# Confirming an address.
confirm-address-title = Is this your address?
confirm-address-lead = { $name } wants to get mail at this address. Was that you?
confirm-address-why = Only then can your password be reset by mail.
confirm-address-submit = Yes, this is mine
confirm-address-not = If you do not know what this is about, close this page. Nothing happens then.
confirmed-title = Thank you
confirmed-lead = { $address } is confirmed. Mail goes there from now on.
confirmed-go-on = Go on

# The address on the account page.
address-title = Your e-mail address
address-confirmed = Confirmed
address-waiting = Not confirmed yet
address-none = You gave none. With one, you can choose a new password yourself if you forget yours.
address-waiting-help = A mail with a link was sent there. Press the link, then everything is in place. Look in the folder for spam, too.
address-pending = You asked to change it to { $address }. A mail with a link was sent there. Until you press the link, mail goes to the old one.
address-no-mail = No mail can be sent from here yet, so the address cannot be confirmed for now.
address-resend = Send the mail again
address-resent = The mail to confirm your address is on its way.
address-new = New address
address-first = E-mail address
address-change = Change it
address-add = Add it
address-stale = You signed in a while ago. To change the address, sign in again first, so that nobody else does it who finds your device open.
address-sign-in-again = Sign in again
address-change-help = We send a mail there first, to see that it is yours.
address-changed = Look at your mail: a link to confirm the address is on its way to { $address }.
address-remove = Remove the address
address-removed = Your address is removed.

# The same on the admin's page of a person.
person-address = E-mail address
person-address-help = An address that you type counts as confirmed. Empty: none.
person-address-save = Save the address
person-address-saved = The address of { $name } is saved.
person-address-waiting = not confirmed
person-reset-link = Make a reset link
person-reset-link-question = Make a link for { $name } to choose a new password?
person-reset-link-once = Whoever has the link can choose a new password for them, once. Hand it over yourself.
person-reset-link-old = Links made or mailed to them before stop working.
person-reset-link-keeps = Their password stays as it is until they have chosen a new one.
person-reset-link-mail = Send it to { $address } as well
person-reset-link-title = The link for { $name }
person-reset-link-shown = This page shows the link only this time. Copy it, or let them point their phone at the picture.
person-reset-link-until = It works once, until { $date }.
person-reset-link-mailed = It is also on its way to { $address }.
person-reset-link-name = The link to choose a new password
person-reset-link-alt = The link as a QR code
person-reset-link-share = Your link to a new password
person-reset-link-back = Back to { $name }

# Invites by mail.
invite-send-title = Send it by mail
invite-send-to = E-mail address
invite-send = Send the invite
invite-sent = The invite is on its way to { $to }.
invite-send-no-mail = To send invites by mail, set up a way to send mail first.
invite-send-set-up = Set up mail
invites-email = E-mail address of who it is for
invites-email-help = It is filled in for them when they sign up.
invites-send-now = Send them the invite by mail
